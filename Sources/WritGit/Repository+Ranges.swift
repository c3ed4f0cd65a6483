extension Repository {
  /// The commits of the first-parent line of `head` that `base` does not have, newest first: what `git log --first-parent base..head`
  /// lists. A nil base has none.
  ///
  /// In a shallow clone the line ends where the clone does.
  public func firstParents(
    from head: GitObjectID, notIn base: GitObjectID?
  ) throws(GitError) -> [GitObjectID] {
    let line = try firstParents(from: head)
    guard let base else { return line }
    // Nearly always; and no descendant of `base` is one of its ancestors.
    if let position = line.firstIndex(of: base) { return Array(line[..<position]) }
    let known = try history(of: base)
    return Array(line.prefix { !known.contains($0) })
  }

  /// The commit and everything it comes from, as far as this clone has it. By libgit2's walk a commit with a malformed
  /// author would end every question about a range in which it lies.
  private func history(of commit: GitObjectID) throws(GitError) -> Set<GitObjectID> {
    var found: Set<GitObjectID> = [commit]
    var open = [commit]
    while let id = open.popLast() {
      if isBoundary(id) { continue }
      for parent in try CommitRecord(pointer, id, whole: false).parents where found.insert(parent).inserted {
        open.append(parent)
      }
    }
    return found
  }
}
