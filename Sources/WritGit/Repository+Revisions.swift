internal import CLibgit2

/// `A..B` made commits.
public struct RevisionRange: Hashable, Sendable {
  /// Nil for a single revision.
  public var base: GitObjectID?
  public var head: GitObjectID

  public init(base: GitObjectID?, head: GitObjectID) {
    self.base = base
    self.head = head
  }
}

extension Repository {
  /// The commit that a revision names (gitrevisions(7)): a branch, a tag, `HEAD~3`, the beginning of an id.
  ///
  /// - Throws: ``GitError/unbornBranch(_:)``, ``GitError/unknownRevision(_:)``, ``GitError/ambiguousRevision(_:)``,
  ///   ``GitError/notACommit(_:)``.
  public func resolve(_ revision: String) throws(GitError) -> GitObjectID {
    guard !revision.isEmpty, !revision.utf8.contains(0) else { throw .unknownRevision(revision) }
    var found: OpaquePointer?
    let code = git_revparse_single(&found, pointer, revision)
    guard code == 0, let found else {
      switch code {
      case GIT_ENOTFOUND.rawValue, GIT_EINVALIDSPEC.rawValue, GIT_EUNBORNBRANCH.rawValue:
        if let branch = unbornBranch, [branch, "@"].contains(revision) || revision.hasPrefix("HEAD") {
          throw .unbornBranch(branch)
        }
        throw .unknownRevision(revision)
      case GIT_EAMBIGUOUS.rawValue: throw .ambiguousRevision(revision)
      // A spec that asks for a type the object is not, e.g. `v1^{tree}^{commit}`.
      case GIT_EPEEL.rawValue: throw .notACommit(revision)
      default:
        let failure = Libgit2.failure(code, "resolve revision")
        if let commit = unparsedCommit(revision) { return commit }
        throw failure
      }
    }
    let object = ObjectHandle(owning: found)
    // A tag says what it stands for. A commit is compared with its id when it is read.
    if git_object_type(object.pointer) == GIT_OBJECT_TAG, let oid = git_object_id(object.pointer) {
      try StoredObject.check(pointer, GitObjectID(oid.pointee))
    }
    var peeled: OpaquePointer?
    guard git_object_peel(&peeled, object.pointer, GIT_OBJECT_COMMIT) == 0, let peeled else {
      throw .notACommit(revision)
    }
    let commit = ObjectHandle(owning: peeled)
    guard let oid = git_object_id(commit.pointer) else { throw .notACommit(revision) }
    return GitObjectID(oid.pointee)
  }

  /// Beside a commit that libgit2 refuses to parse (see ``CommitRecord``): a ref or a full id, and its first parents by `~N`
  /// and `^`.
  private func unparsedCommit(_ revision: String) -> GitObjectID? {
    let name = String(revision.prefix { $0 != "~" && $0 != "^" })
    var id = GitObjectID(hex: name) ?? namedByReference(name)
    var rest = revision.dropFirst(name.count)
    while let mark = rest.popFirst() {
      let digits = rest.prefix { $0.isASCII && $0.isNumber }
      rest = rest.dropFirst(digits.count)
      // `^2` leaves the line of first parents.
      guard mark == "~" || (mark == "^" && ["", "1"].contains(digits)), var count = digits.isEmpty ? 1 : Int(digits)
      else { return nil }
      while count > 0, let from = id {
        id = try? firstParent(of: from)
        count -= 1
      }
    }
    return id.flatMap { (try? CommitRecord(pointer, $0, whole: false)) == nil ? nil : $0 }
  }

  private func namedByReference(_ name: String) -> GitObjectID? {
    var found: OpaquePointer?
    guard git_reference_dwim(&found, pointer, name) == 0, let found else { return nil }
    let reference = ReferenceHandle(owning: found)
    var id = git_oid()
    guard git_reference_name_to_id(&id, pointer, git_reference_name(reference.pointer)) == 0 else { return nil }
    return GitObjectID(id)
  }

  /// A range or a single revision: `A..B`, `A..`, `..B` (a side left out is HEAD), and `A...B`, which begins where the two
  /// parted.
  public func resolve(range text: String) throws(GitError) -> RevisionRange {
    guard let dots = Self.dots(in: text) else { return RevisionRange(base: nil, head: try resolve(text)) }
    let left = text[..<dots.lowerBound]
    let right = text[dots.upperBound...]
    let base = try resolve(left.isEmpty ? "HEAD" : String(left))
    let head = try resolve(right.isEmpty ? "HEAD" : String(right))
    guard text[dots].count == 3 else { return RevisionRange(base: base, head: head) }
    var (one, two, common) = (base.oid, head.oid, git_oid())
    let code = git_merge_base(&common, pointer, &one, &two)
    if code == GIT_ENOTFOUND.rawValue { throw .noMergeBase(text) }
    try Libgit2.check(code, "find merge base")
    return RevisionRange(base: GitObjectID(common), head: head)
  }

  /// Two or three dots together; no name of a ref may hold them (git-check-ref-format(1)).
  private static func dots(in text: String) -> Range<String.Index>? {
    var index = text.startIndex
    while index < text.endIndex {
      if text[index...].hasPrefix("..") {
        let length = text[index...].hasPrefix("...") ? 3 : 2
        return index..<text.index(index, offsetBy: length)
      }
      index = text.index(after: index)
    }
    return nil
  }

  /// The branch checked out; nil when HEAD is detached.
  public var currentBranch: String? {
    var found: OpaquePointer?
    guard git_reference_lookup(&found, pointer, "HEAD") == 0, let found else { return nil }
    let head = ReferenceHandle(owning: found)
    guard let target = git_reference_symbolic_target(head.pointer) else { return nil }
    let name = String(cString: target)
    return name.hasPrefix("refs/heads/") ? String(name.dropFirst("refs/heads/".count)) : name
  }

  private var unbornBranch: String? {
    git_repository_head_unborn(pointer) == 1 ? currentBranch : nil
  }
}
