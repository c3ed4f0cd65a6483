internal import CLibgit2
internal import Glibc

/// One file in which two trees differ.
public struct TreeChange: Hashable, Sendable {
  /// Relative to the repository's root.
  public var path: String
  /// Nil when the file is gone.
  public var blob: GitObjectID?
}

/// Compares the files below a folder from one commit to the next, opening only what differs.
///
/// It keeps the trees that it saw last, each of one folder, so that going along a history reads every tree once. libgit2 keeps no
/// tree over 4 KiB, and a folder with one file for each person has a larger one.
public final class TreeComparison {
  private let repository: Repository
  private let folder: String
  private let wanted: (String) -> Bool
  private var known: [String: RawTree] = [:]
  /// Entries looked at in this comparison.
  private var count = 0

  /// - Parameter wanted: says of a path whether the file counts.
  public init(_ repository: Repository, folder: String, where wanted: @escaping (String) -> Bool) {
    self.repository = repository
    self.folder = Repository.components(of: folder).joined(separator: "/")
    self.wanted = wanted
  }

  /// What differs; all files where `old` is nil. Links, submodules and names that are no UTF-8 count as not there.
  ///
  /// - Throws: ``GitError/tooManyEntries(_:)``, ``GitError/missingObject(_:)``.
  public func changes(from old: GitObjectID?, to new: GitObjectID?) throws(GitError) -> [TreeChange] {
    if old == new { return [] }
    count = 0
    var changes: [TreeChange] = []
    try compare(old, new, folder, 0, &changes)
    return changes
  }

  private func compare(
    _ old: GitObjectID?, _ new: GitObjectID?, _ path: String, _ depth: Int, _ changes: inout [TreeChange]
  ) throws(GitError) {
    let before = try old.map { id throws(GitError) in try tree(id, path) }
    let after = try new.map { id throws(GitError) in try tree(id, path) }
    known[path] = after
    count += after?.entries.count ?? before?.entries.count ?? 0
    guard count <= Repository.entryLimit, depth <= Repository.depthLimit else { throw .tooManyEntries(path) }
    let (left, right) = (before?.entries ?? [], after?.entries ?? [])
    // What both begin and end with is the same in both: of two versions of a large folder, nearly all.
    var (low, leftEnd, rightEnd) = (0, left.count, right.count)
    if let before, let after {
      while low < min(leftEnd, rightEnd), before.isEqual(left[low], after, right[low]) { low += 1 }
      while low < min(leftEnd, rightEnd), before.isEqual(left[leftEnd - 1], after, right[rightEnd - 1]) {
        leftEnd -= 1
        rightEnd -= 1
      }
    }
    var names: [[UInt8]: RawTree.Entry] = [:]
    for entry in left[low..<leftEnd] { if let before { names[before.name(entry)] = entry } }
    for entry in right[low..<rightEnd] {
      guard let after else { break }
      let name = after.name(entry)
      let was = names.removeValue(forKey: name)
      if let before, let was, before.isEqual(was, after, entry) { continue }
      try differ(name, was.flatMap { before?.content($0) }, after.content(entry), path, depth, &changes)
    }
    for (name, entry) in names { try differ(name, before?.content(entry), nil, path, depth, &changes) }
  }

  private func differ(
    _ name: [UInt8], _ old: RawTree.Content?, _ new: RawTree.Content?, _ folder: String, _ depth: Int,
    _ changes: inout [TreeChange]
  ) throws(GitError) {
    guard let name = String(validating: name, as: UTF8.self) else { return }
    let path = folder.isEmpty ? name : folder + "/" + name
    if case .tree(let before)? = old {
      if case .tree(let after)? = new { return try compare(before, after, path, depth + 1, &changes) }
      try compare(before, nil, path, depth + 1, &changes)
    }
    if case .tree(let after)? = new { try compare(nil, after, path, depth + 1, &changes) }
    guard wanted(path) else { return }
    if case .blob(let after)? = new {
      changes.append(TreeChange(path: path, blob: after))
    } else if case .blob? = old {
      changes.append(TreeChange(path: path, blob: nil))
    }
  }

  private func tree(_ id: GitObjectID, _ path: String) throws(GitError) -> RawTree {
    if let known = known[path], known.id == id { return known }
    return try RawTree(repository, id)
  }
}

/// The bytes of a tree object (`mode name NUL id`, again and again), and where its entries are.
private final class RawTree {
  struct Entry {
    var start: Int32
    /// The name begins here and ends one byte before the id, which is the last 20.
    var name: Int32
    var end: Int32
    var mode: UInt32
  }

  enum Content {
    case tree(GitObjectID)
    case blob(GitObjectID)
    case other
  }

  let id: GitObjectID
  private let object: StoredObject
  private(set) var entries: [Entry] = []
  /// Bytes of one tree that are read at all.
  private static let limit = 256 << 20

  init(_ repository: Repository, _ id: GitObjectID) throws(GitError) {
    self.id = id
    object = try StoredObject(repository.pointer, id, GIT_OBJECT_TREE, limit: Self.limit)
    // Valid as long as the object, which nothing replaces.
    bytes = object.bytes
    guard let entries = Self.entries(bytes) else {
      throw .library(operation: "read tree", code: -1, message: "\(id.hex) is no tree")
    }
    self.entries = entries
  }

  private let bytes: UnsafeRawBufferPointer

  /// Nil for bytes that are no tree.
  private static func entries(_ bytes: UnsafeRawBufferPointer) -> [Entry]? {
    var entries: [Entry] = []
    entries.reserveCapacity(bytes.count / 32)
    var position = 0
    while position < bytes.count {
      let start = position
      var mode: UInt32 = 0
      while position < bytes.count, bytes[position] != 0x20 {
        let digit = bytes[position]
        guard (UInt8(ascii: "0")...UInt8(ascii: "7")).contains(digit), position - start < 7 else { return nil }
        mode = mode << 3 | UInt32(digit - UInt8(ascii: "0"))
        position += 1
      }
      position += 1
      let name = position
      while position < bytes.count, bytes[position] != 0 { position += 1 }
      let end = position + 21
      guard end <= bytes.count, position > name else { return nil }
      entries.append(Entry(start: Int32(start), name: Int32(name), end: Int32(end), mode: mode))
      position = end
    }
    return entries
  }

  func name(_ entry: Entry) -> [UInt8] { Array(bytes[Int(entry.name)..<Int(entry.end) - 21]) }

  func content(_ entry: Entry) -> Content {
    let id = GitObjectID(bytes.loadUnaligned(fromByteOffset: Int(entry.end) - 20, as: git_oid.self))
    return switch entry.mode & 0o170000 {
    case 0o040000: .tree(id)
    case 0o120000, 0o160000: .other
    default: .blob(id)
    }
  }

  /// The same name, kind and object.
  func isEqual(_ own: Entry, _ other: RawTree, _ entry: Entry) -> Bool {
    guard own.end - own.start == entry.end - entry.start, let left = bytes.baseAddress,
      let right = other.bytes.baseAddress
    else { return false }
    return memcmp(left + Int(own.start), right + Int(entry.start), Int(own.end - own.start)) == 0
  }
}
