internal import CLibgit2
internal import WritSystem

extension Repository {
  /// - Throws: ``GitError/missingObject(_:)`` beyond the end of a shallow clone.
  public func commit(_ id: GitObjectID) throws(GitError) -> GitCommit {
    let record = try CommitRecord(pointer, id, whole: true)
    return GitCommit(
      id: id, tree: record.tree, parents: record.parents, author: mapped(record.author),
      committer: mapped(record.committer), message: record.message)
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
    return try CommitRecord(pointer, id, whole: false).parents.first
  }

  /// The commit's signature and the bytes it signs; nil when it carries none.
  public func signature(of id: GitObjectID) throws(GitError) -> (signature: [UInt8], signed: [UInt8])? {
    try StoredObject.check(pointer, id)
    var oid = id.oid
    var signature = BufferHandle()
    var signed = BufferHandle()
    let code = git_commit_extract_signature(&signature.buffer, &signed.buffer, pointer, &oid, nil)
    if code == GIT_ENOTFOUND.rawValue { return nil }
    try Libgit2.check(code, "read signature")
    return (signature.bytes, signed.bytes)
  }

  /// Every commit that `head` reaches and `base` does not, in no order; nil for more than `limit`.
  ///
  /// - Throws: ``GitError/missingObject(_:)`` beyond the end of a shallow clone.
  public func commits(of head: GitObjectID, without base: GitObjectID?, limit: Int) throws(GitError) -> [GitObjectID]? {
    let walk = try WalkHandle(pointer)
    var (one, other) = (head.oid, (base ?? head).oid)
    try Libgit2.check(git_revwalk_push(walk.pointer, &one), "walk commits")
    if base != nil { try Libgit2.check(git_revwalk_hide(walk.pointer, &other), "walk commits") }
    var found: [GitObjectID] = []
    var next = git_oid()
    while true {
      let code = git_revwalk_next(&next, walk.pointer)
      if code == GIT_ITEROVER.rawValue { return found }
      try Libgit2.check(code, "walk commits")
      if found.count == limit { return nil }
      try StoredObject.check(pointer, GitObjectID(next))
      found.append(GitObjectID(next))
    }
  }

  private func mapped(_ written: GitSignature) -> GitSignature {
    guard let mailmap else { return written }
    var name: UnsafePointer<CChar>?
    var email: UnsafePointer<CChar>?
    return written.name.withCString { writtenName in
      written.email.withCString { writtenEmail in
        let code = git_mailmap_resolve(&name, &email, mailmap.handle.pointer, writtenName, writtenEmail)
        // What is resolved may be the very text that was asked about, so it is copied before that is gone.
        if code == 0, let name, let email {
          return GitSignature(
            name: String(cString: name), email: String(cString: email), time: written.time,
            written: .init(name: written.name, email: written.email))
        }
        return written
      }
    }
  }

  /// Bytes of the mailmap that are read; what a longer one says is ignored, since libgit2 sorts it in quadratic time.
  public static let mailmapLimit = 1 << 20

  /// `.mailmap` of HEAD, a plain file: the working tree's may be a link, or a pipe that never ends. Names are for reading
  /// only, so a mailmap that cannot be read leaves them as written.
  func loadMailmap() -> Mailmap? {
    guard let head = try? resolve("HEAD"), let blob = try? blob(at: head, path: ".mailmap"),
      let bytes = try? contents(of: blob, limit: Self.mailmapLimit)
    else { return nil }
    var found: OpaquePointer?
    let code = bytes.withUnsafeBufferPointer { buffer in
      buffer.withMemoryRebound(to: CChar.self) { git_mailmap_from_buffer(&found, $0.baseAddress, $0.count) }
    }
    guard code == 0, let found else { return nil }
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
