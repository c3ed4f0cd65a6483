internal import CWritSys
internal import Glibc
internal import WritDigest

/// One name in a snapshot, as its list has it.
struct SnapshotRecord: Hashable, Sendable {
  enum Kind: String, Sendable { case folder, file, link }

  /// Below the tree's root, as it is; empty for the root.
  var path: [UInt8]
  var kind: Kind
  var uid: UInt32
  var gid: UInt32
  /// Twelve bits; of files without setuid and setgid, which no snapshot keeps.
  var mode: UInt16
  /// ACLs in the kernel's layout; empty where there are none.
  var access: [UInt8] = []
  var defaults: [UInt8] = []
  /// mtime, nanoseconds since 1970.
  var modified: Int64
  /// ctime of the live file when it was read; 0 where it may have been changed within the same tick of the clock.
  var changed: Int64 = 0
  var size: UInt64 = 0
  /// Of files.
  var digest: Digest?
  /// Of symbolic links.
  var target: [UInt8] = []
  /// An earlier name of the same inode; empty for the first one.
  var first: [UInt8] = []

  init(_ path: [UInt8], _ kind: Kind, _ observed: TreeObservation) {
    self.init(path, kind, observed.status)
    access = Array(observed.access)
    defaults = Array(observed.defaults)
  }

  init(_ path: [UInt8], _ kind: Kind, _ status: writ_inode) {
    self.path = path
    self.kind = kind
    uid = status.uid
    gid = status.gid
    mode = kind == .file ? status.bits & 0o1777 : kind == .link ? 0o777 : status.bits
    modified = status.modified
    if kind == .file {
      size = status.size
      changed = status.changed
    }
  }

  /// Whether a copy of the one may stand for the other, contents apart.
  func looks(like other: SnapshotRecord) -> Bool {
    kind == other.kind && uid == other.uid && gid == other.gid && mode == other.mode && access == other.access
      && modified == other.modified && size == other.size
  }

  /// In the order in which a walk comes by: of one folder first everything that is none, then its folders from the last to the
  /// first.
  func comes(before path: [UInt8], isFolder: Bool) -> Bool {
    let slash = UInt8(ascii: "/")
    let own = self.path.split(separator: slash)
    let other = path.split(separator: slash)
    var place = 0
    while place < own.count, place < other.count, own[place] == other[place] { place += 1 }
    let ownFolder = place < own.count - 1 || kind == .folder
    let otherFolder = place < other.count - 1 || isFolder
    guard place < own.count, place < other.count else {
      if own.count == other.count { return !ownFolder && otherFolder }
      return own.count < other.count
    }
    if ownFolder != otherFolder { return !ownFolder }
    return ownFolder
      ? other[place].lexicographicallyPrecedes(own[place]) : own[place].lexicographicallyPrecedes(other[place])
  }
}

// MARK: One line of JSON

extension SnapshotRecord {
  var json: JSONValue {
    var members: [String: JSONValue] = [
      "path": .string(Self.escaped(path)), "kind": .string(kind.rawValue), "uid": .integer(Int(uid)),
      "gid": .integer(Int(gid)), "mode": .string(octal(mode)), "mtime": .string(String(modified)),
    ]
    if !access.isEmpty { members["acl"] = .string(Self.hex(access)) }
    if !defaults.isEmpty { members["default_acl"] = .string(Self.hex(defaults)) }
    if kind == .file {
      members["size"] = .string(String(size))
      members["ctime"] = .string(String(changed))
      members["sha256"] = digest.map { .string($0.hex) }
    }
    if kind == .link { members["target"] = .string(Self.escaped(target)) }
    if !first.isEmpty { members["first"] = .string(Self.escaped(first)) }
    return .object(members)
  }

  /// Nil for what no snapshot's list holds.
  init?(_ json: JSONValue) {
    guard let members = json.object, let path = members["path"]?.string.flatMap(Self.unescaped),
      let kind = members["kind"]?.string.flatMap(Kind.init(rawValue:)),
      let uid = members["uid"]?.integer.flatMap(UInt32.init(exactly:)),
      let gid = members["gid"]?.integer.flatMap(UInt32.init(exactly:)),
      let mode = members["mode"]?.string.flatMap({ UInt16($0, radix: 8) }), mode <= 0o7777,
      let modified = members["mtime"]?.string.flatMap({ Int64($0) }), Self.isPlain(path)
    else { return nil }
    self.path = path
    self.kind = kind
    self.uid = uid
    self.gid = gid
    self.mode = mode
    self.modified = modified
    for (key, place) in [("acl", \SnapshotRecord.access), ("default_acl", \.defaults)] {
      guard let text = members[key] else { continue }
      guard let bytes = text.string.flatMap(Self.bytes(hex:)) else { return nil }
      self[keyPath: place] = bytes
    }
    if kind == .file {
      guard let size = members["size"]?.string.flatMap({ UInt64($0) }),
        let changed = members["ctime"]?.string.flatMap({ Int64($0) }),
        let digest = members["sha256"]?.string.flatMap({ Digest(hex: $0) })
      else { return nil }
      self.size = size
      self.changed = changed
      self.digest = digest
    }
    if kind == .link {
      guard let target = members["target"]?.string.flatMap(Self.unescaped) else { return nil }
      self.target = target
    }
    if let first = members["first"] {
      guard kind == .file, let bytes = first.string.flatMap(Self.unescaped), !bytes.isEmpty, Self.isPlain(bytes) else {
        return nil
      }
      self.first = bytes
    }
  }

  /// A path that stays below its root.
  private static func isPlain(_ path: [UInt8]) -> Bool {
    path.isEmpty
      || path.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
        .allSatisfy { !$0.isEmpty && !$0.elementsEqual([0x2e]) && !$0.elementsEqual([0x2e, 0x2e]) && !$0.contains(0) }
  }

  /// A name may hold any byte but the slash and NUL: whatever is no printable ASCII is `%` and two digits.
  static func escaped(_ bytes: [UInt8]) -> String {
    var out = ""
    for byte in bytes {
      if (0x21...0x7e).contains(byte), byte != UInt8(ascii: "%") {
        out.unicodeScalars.append(Unicode.Scalar(byte))
      } else {
        out += "%" + hex([byte])
      }
    }
    return out
  }

  static func unescaped(_ text: String) -> [UInt8]? {
    var out: [UInt8] = []
    var rest = Array(text.utf8)[...]
    while let byte = rest.popFirst() {
      guard byte == UInt8(ascii: "%") else {
        out.append(byte)
        continue
      }
      guard rest.count >= 2, let value = bytes(hex: String(decoding: rest.prefix(2), as: UTF8.self)) else { return nil }
      out += value
      rest = rest.dropFirst(2)
    }
    return out
  }

  private static func hex(_ bytes: [UInt8]) -> String {
    let digits = Array("0123456789abcdef".utf8)
    return String(decoding: bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
  }

  private static func bytes(hex: String) -> [UInt8]? {
    let digits = Array(hex.utf8)
    guard digits.count % 2 == 0 else { return nil }
    var out: [UInt8] = []
    for index in stride(from: 0, to: digits.count, by: 2) {
      guard let high = Character(Unicode.Scalar(digits[index])).hexDigitValue,
        let low = Character(Unicode.Scalar(digits[index + 1])).hexDigitValue
      else { return nil }
      out.append(UInt8(high << 4 | low))
    }
    return out
  }
}
