internal import CLibgit2

/// What lies below a folder of a commit.
public struct TreeListing: Hashable, Sendable {
  public struct File: Hashable, Sendable {
    /// Relative to the repository's root.
    public var path: String
    public var blob: GitObjectID

    public init(path: String, blob: GitObjectID) {
      self.path = path
      self.blob = blob
    }
  }

  /// In the order of their bytes.
  public var files: [File] = []
  public var skipped: [SkippedEntry] = []
}

/// Something below the policy folder that is not read as policy.
public struct SkippedEntry: Hashable, Sendable {
  public enum Kind: Hashable, Sendable {
    case symbolicLink
    case submodule
    /// A device, a socket or a FIFO.
    case special
    /// Its name is no UTF-8; the path shown has replacement characters.
    case unreadableName
  }

  public var path: String
  public var kind: Kind

  public init(path: String, kind: Kind) {
    self.path = path
    self.kind = kind
  }
}

extension Repository {
  /// Entries below the policy folder that a listing takes at most.
  public static let entryLimit = 200_000
  /// Levels of folders below the policy folder that a listing goes down at most.
  public static let depthLimit = 64

  /// The id of the folder's tree at a commit; nil when the commit has no such folder. `.` or an empty path is the root.
  ///
  /// Two commits with equal ids have the same files there.
  public func tree(at commit: GitObjectID, folder: String) throws(GitError) -> GitObjectID? {
    try tree(in: CommitRecord(pointer, commit, whole: false).tree, folder: folder)
  }

  func tree(in root: GitObjectID, folder: String) throws(GitError) -> GitObjectID? {
    try entry(root, Self.components(of: folder), wanting: GIT_FILEMODE_TREE)
  }

  /// The id of a plain file at a commit; nil when there is none.
  public func blob(at commit: GitObjectID, path: String) throws(GitError) -> GitObjectID? {
    let components = Self.components(of: path)
    guard !components.isEmpty else { return nil }
    return try entry(
      CommitRecord(pointer, commit, whole: false).tree, components, wanting: GIT_FILEMODE_BLOB)
  }

  /// Goes down component by component. A symbolic link is never followed: it is no folder.
  private func entry(
    _ root: GitObjectID, _ components: [String], wanting kind: git_filemode_t
  ) throws(GitError) -> GitObjectID? {
    var current = root
    for (index, component) in components.enumerated() {
      let tree = try TreeHandle(pointer, current)
      guard let entry = git_tree_entry_byname(tree.pointer, component), let oid = git_tree_entry_id(entry) else {
        return nil
      }
      let mode = git_tree_entry_filemode(entry)
      let isLast = index == components.count - 1
      if isLast, kind == GIT_FILEMODE_BLOB {
        return mode == GIT_FILEMODE_BLOB || mode == GIT_FILEMODE_BLOB_EXECUTABLE ? GitObjectID(oid.pointee) : nil
      }
      guard mode == GIT_FILEMODE_TREE else { throw .notAFolder(components[...index].joined(separator: "/")) }
      current = GitObjectID(oid.pointee)
    }
    return current
  }

  /// Every file below a tree whose path `wanted` takes; paths begin with `folder`.
  ///
  /// - Throws: ``GitError/tooManyEntries(_:)``, ``GitError/missingObject(_:)``.
  public func files(
    below tree: GitObjectID, folder: String, where wanted: (String) -> Bool = { _ in true }
  ) throws(GitError) -> TreeListing {
    var listing = TreeListing()
    var count = 0
    try list(tree, Self.components(of: folder).joined(separator: "/"), 0, wanted, &count, &listing)
    listing.files.sort { $0.path.utf8.lexicographicallyPrecedes($1.path.utf8) }
    return listing
  }

  private func list(
    _ id: GitObjectID, _ folder: String, _ depth: Int, _ wanted: (String) -> Bool, _ count: inout Int,
    _ listing: inout TreeListing
  ) throws(GitError) {
    let tree = try TreeHandle(pointer, id)
    let entries = git_tree_entrycount(tree.pointer)
    count += entries
    guard count <= Self.entryLimit, depth <= Self.depthLimit else { throw .tooManyEntries(folder) }
    for index in 0..<entries {
      guard let entry = git_tree_entry_byindex(tree.pointer, index), let oid = git_tree_entry_id(entry),
        let written = git_tree_entry_name(entry)
      else { continue }
      let isReadable = String(validatingCString: written) != nil
      let name = String(cString: written)
      let path = folder.isEmpty ? name : folder + "/" + name
      if !isReadable {
        listing.skipped.append(SkippedEntry(path: path, kind: .unreadableName))
        continue
      }
      switch git_tree_entry_filemode(entry) {
      case GIT_FILEMODE_TREE:
        try list(GitObjectID(oid.pointee), path, depth + 1, wanted, &count, &listing)
      case GIT_FILEMODE_COMMIT:
        listing.skipped.append(SkippedEntry(path: path, kind: .submodule))
      case GIT_FILEMODE_LINK:
        listing.skipped.append(SkippedEntry(path: path, kind: .symbolicLink))
      default:
        if wanted(path) { listing.files.append(TreeListing.File(path: path, blob: GitObjectID(oid.pointee))) }
      }
    }
  }

  /// The blob's bytes as stored: no filter, no conversion of line ends.
  ///
  /// - Throws: ``GitError/tooLarge(_:bytes:limit:)``, ``GitError/missingObject(_:)``.
  public func contents(of blob: GitObjectID, limit: Int) throws(GitError) -> [UInt8] {
    let object = try StoredObject(pointer, blob, GIT_OBJECT_BLOB, limit: limit)
    return Array(object.bytes)
  }

  /// Whether an object is in this clone; nothing is read or fetched.
  public func has(_ id: GitObjectID) throws(GitError) -> Bool {
    let store = try ObjectStore(pointer)
    var oid = id.oid
    return git_odb_exists(store.pointer, &oid) == 1
  }

  /// The id that bytes would have as a blob; nothing is written.
  public static func blobID(of bytes: [UInt8]) -> GitObjectID {
    _ = Libgit2.ready
    var oid = git_oid()
    // Fails only for an object type that does not exist.
    _ = git_odb_hash(&oid, bytes, bytes.count, GIT_OBJECT_BLOB)
    return GitObjectID(oid)
  }

  static func components(of path: String) -> [String] {
    path.split(separator: "/").map(String.init).filter { $0 != "." }
  }
}

/// Whether a path's ending makes it policy (design §2).
public func isPolicyFile(_ path: String) -> Bool { path.hasSuffix(".yaml") || path.hasSuffix(".yml") }
