internal import CLibgit2
internal import WritSystem

extension Repository {
  /// - Throws: ``GitError/missingObject(_:)`` beyond the end of a shallow clone.
  public func commit(_ id: GitObjectID) throws(GitError) -> GitCommit {
    let handle = try CommitHandle(pointer, id)
    let commit = handle.pointer
    let parents = (0..<git_commit_parentcount(commit)).compactMap { git_commit_parent_id(commit, $0) }
    guard let tree = git_commit_tree_id(commit) else { throw .missingObject(id) }
    return GitCommit(
      id: id, tree: GitObjectID(tree.pointee), parents: parents.map { GitObjectID($0.pointee) },
      author: signature(git_commit_author(commit)), committer: signature(git_commit_committer(commit)),
      message: git_commit_message(commit).map { String(cString: $0) } ?? "")
  }

  /// The commits that a clone's history was cut at: their parents were not fetched.
  public func isBoundary(_ id: GitObjectID) -> Bool { shallowBoundary.contains(id) }

  /// `head` and its first parents, newest first, down to the root or the end of a shallow clone.
  ///
  /// - Throws: ``GitError/missingObject(_:)`` when a parent is lost that no shallow clone explains.
  public func firstParents(from head: GitObjectID) throws(GitError) -> [GitObjectID] {
    var line: [GitObjectID] = []
    var next: GitObjectID? = head
    while let id = next {
      line.append(id)
      next = isBoundary(id) ? nil : try firstParent(of: id)
    }
    return line
  }

  /// Nil for a root, and at the end of a shallow clone.
  public func firstParent(of id: GitObjectID) throws(GitError) -> GitObjectID? {
    if isBoundary(id) { return nil }
    let commit = try CommitHandle(pointer, id)
    return git_commit_parent_id(commit.pointer, 0).map { GitObjectID($0.pointee) }
  }

  /// The commit's signature and the bytes it signs; nil when it carries none.
  public func signature(of id: GitObjectID) throws(GitError) -> (signature: [UInt8], signed: [UInt8])? {
    var oid = id.oid
    var signature = BufferHandle()
    var signed = BufferHandle()
    let code = git_commit_extract_signature(&signature.buffer, &signed.buffer, pointer, &oid, nil)
    if code == GIT_ENOTFOUND.rawValue {
      // The same code says "no such commit".
      _ = try CommitHandle(pointer, id)
      return nil
    }
    try Libgit2.check(code, "read signature")
    return (signature.bytes, signed.bytes)
  }

  private func signature(_ written: UnsafePointer<git_signature>?) -> GitSignature {
    guard let written else { return GitSignature(name: "", email: "", time: 0) }
    let signature = GitSignature(
      name: written.pointee.name.map { String(cString: $0) } ?? "",
      email: written.pointee.email.map { String(cString: $0) } ?? "", time: written.pointee.when.time)
    guard let mailmap else { return signature }
    var name: UnsafePointer<CChar>?
    var email: UnsafePointer<CChar>?
    guard git_mailmap_resolve(&name, &email, mailmap.handle.pointer, written.pointee.name, written.pointee.email) == 0
    else { return signature }
    return GitSignature(
      name: name.map { String(cString: $0) } ?? "", email: email.map { String(cString: $0) } ?? "",
      time: signature.time)
  }

  /// Names are for reading only, so a mailmap that cannot be read leaves them as written.
  func loadMailmap() -> Mailmap? {
    var found: OpaquePointer?
    guard git_mailmap_from_repository(&found, pointer) == 0, let found else { return nil }
    return Mailmap(MailmapHandle(owning: found))
  }

  /// libgit2 1.5 says that a clone is shallow, not where; the file holds one id a line (gitformat-pack, shallow).
  func readShallowBoundary() -> Set<GitObjectID> {
    guard isShallow, let bytes = try? FileContents.read(commonDirectory + "/shallow", limit: 16 << 20) else {
      return []
    }
    return Set(
      String(decoding: bytes, as: UTF8.self).split(separator: "\n").compactMap { GitObjectID(hex: String($0)) })
  }
}

/// Keeps the handle in a place that may be empty.
final class Mailmap {
  let handle: MailmapHandle
  init(_ handle: consuming MailmapHandle) { self.handle = handle }
}
