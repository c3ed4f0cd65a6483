internal import WritSystem

/// Every uid and gid that writ ever gave on this host, so that none comes back as somebody else's.
///
/// `useradd` gives the uid of a deleted account to the next one, who then owns the leaver's files.
struct IDRecord: Sendable {
  enum Kind: String, Sendable { case account, group }

  static let path = "/var/lib/writ/ids"

  private var ids: [Kind: [String: UInt32]] = [:]
  private var names: [Kind: [UInt32: String]] = [:]
  private(set) var changed = false

  /// - Throws: ``HostError`` for a record that cannot be read: without it no id is known to be free.
  init(_ root: HostRoot) throws(HostError) {
    guard let bytes = try root.contents(Self.path) else { return }
    for (number, line) in bytes.split(separator: 10, omittingEmptySubsequences: false).enumerated() {
      if line.isEmpty || line.first == UInt8(ascii: "#") { continue }
      let words = String(decoding: line, as: UTF8.self).split(separator: " ")
      guard words.count == 3, let kind = Kind(rawValue: String(words[1])), let id = UInt32(words[2]) else {
        throw .illFormed(path: root.path(Self.path), line: number + 1, reason: "not `NAME account|group ID`")
      }
      ids[kind, default: [:]][String(words[0])] = id
      names[kind, default: [:]][id] = String(words[0])
    }
    changed = false
  }

  func id(of name: String, _ kind: Kind) -> UInt32? { ids[kind]?[name] }

  /// Every uid ever given here.
  var accountIDs: Set<UInt32> { Set(ids[.account, default: [:]].values) }

  /// Who was given the id first.
  func holder(of id: UInt32, _ kind: Kind) -> String? { names[kind]?[id] }

  mutating func insert(_ name: String, _ kind: Kind, _ id: UInt32) {
    guard ids[kind]?[name] != id else { return }
    ids[kind, default: [:]][name] = id
    if names[kind]?[id] == nil { names[kind, default: [:]][id] = name }
    changed = true
  }

  var bytes: [UInt8] {
    var lines: [String] = []
    for (kind, entries) in ids { for (name, id) in entries { lines.append("\(name) \(kind.rawValue) \(id)") } }
    let header =
      "# Ids that writ gave on this host. Never shorten this file: an id in it is never given to another name.\n"
    return Array((header + lines.sorted().map { $0 + "\n" }.joined()).utf8)
  }

  mutating func write(_ root: HostRoot) throws(HostError) {
    guard changed else { return }
    try root.makeFolder("/var/lib/writ")
    do {
      try FileContents.replace(root.path(Self.path), with: bytes, mode: 0o644, owner: 0, group: 0)
    } catch { throw .system(error) }
    changed = false
  }
}
