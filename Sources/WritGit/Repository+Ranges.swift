internal import CLibgit2

extension Repository {
  /// The commits of the first-parent line of `head` that `base` does not have, newest first: what `git log --first-parent base..head`
  /// lists. A nil base has none.
  ///
  /// In a shallow clone the line ends where the clone does.
  public func firstParents(
    from head: GitObjectID, notIn base: GitObjectID?
  ) throws(GitError) -> [GitObjectID] {
    var range: Set<GitObjectID>?
    if let base { range = try self.range(from: base, to: head) }
    var line: [GitObjectID] = []
    var next: GitObjectID? = head
    while let id = next, id != base, range?.contains(id) ?? true {
      line.append(id)
      next = try firstParent(of: id)
    }
    return line
  }

  /// Everything that `head` has and `base` does not; nil where a shallow clone lacks what would tell.
  private func range(from base: GitObjectID, to head: GitObjectID) throws(GitError) -> Set<GitObjectID>? {
    var made: OpaquePointer?
    try Libgit2.check(git_revwalk_new(&made, pointer), "walk commits")
    guard let walk = made else { return nil }
    defer { git_revwalk_free(walk) }
    var (old, new) = (base.oid, head.oid)
    var found: Set<GitObjectID> = []
    var code = git_revwalk_push(walk, &new)
    if code == 0 { code = git_revwalk_hide(walk, &old) }
    while code == 0 {
      var oid = git_oid()
      code = git_revwalk_next(&oid, walk)
      if code == 0 { found.insert(GitObjectID(oid)) }
    }
    if code == GIT_ITEROVER.rawValue { return found }
    if isShallow { return nil }
    throw Libgit2.failure(code, "walk commits")
  }
}
