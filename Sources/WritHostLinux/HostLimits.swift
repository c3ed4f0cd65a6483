internal import Glibc
internal import WritSystem

/// What the host lets any policy do to it: `/etc/writ/limits`, root's own, never written by writ (design §6).
///
/// Lines `key: value value`; `#` begins a comment. A key that is absent has its default:
///
/// | key | default | meaning |
/// | --- | --- | --- |
/// | `trees` | `/opt /srv /data` | folders below which trees may lie |
/// | `homes` | `/home` | folders in which home folders are made |
/// | `ids` | `1000-` | uids and gids that policy may give |
/// | `group-ids` | `50000-59999` | gids that the host gives to derived groups |
/// | `run-as` | none | accounts outside `ids` that commands may run as |
/// | `root-groups` | none | groups that amount to root and may be given all the same |
/// | `keep-login` | `root` | groups that `AllowGroups` never shuts out |
struct HostLimits: Sendable, Equatable {
  var trees = ["/opt", "/srv", "/data"]
  var homes = ["/home"]
  var ids: ClosedRange<UInt32> = 1000...(UInt32.max - 2)
  var groupIDs: ClosedRange<UInt32> = 50000...59999
  var runAs: Set<String> = []
  var rootGroups: Set<String> = []
  var keepLogin = ["root"]

  static let path = "/etc/writ/limits"

  /// Groups whose members can make themselves root or read what only root may, on Debian and its relatives.
  static let groupsThatEqualRoot: Set<String> = [
    "adm", "admin", "disk", "docker", "incus", "incus-admin", "kmem", "kvm", "libvirt", "lxd", "mem", "podman", "root",
    "shadow", "staff", "sudo", "tty", "wheel",
  ]

  /// - Throws: ``HostError`` when the file is there and cannot be relied on; no file means the defaults.
  static func read(_ root: HostRoot) throws(HostError) -> HostLimits {
    guard let bytes = try root.contents(path), let status = root.status(path) else { return HostLimits() }
    guard status.st_uid == 0, status.permissions & 0o022 == 0 else {
      throw .illFormed(path: path, line: nil, reason: "must belong to root and be writable by nobody else")
    }
    return try HostLimits(parsing: bytes)
  }

  init() {}

  init(parsing bytes: [UInt8]) throws(HostError) {
    var seen: Set<String> = []
    for (number, line) in bytes.split(separator: 10, omittingEmptySubsequences: false).enumerated() {
      let text = String(decoding: line.prefix { $0 != UInt8(ascii: "#") }, as: UTF8.self)
      let words = text.split { $0 == " " || $0 == "\t" }.map(String.init)
      guard let key = words.first else { continue }
      func fault(_ reason: String) -> HostError { .illFormed(path: Self.path, line: number + 1, reason: reason) }
      guard key.hasSuffix(":") else { throw fault("not `key: value`") }
      guard seen.insert(key).inserted else { throw fault("\(key.visible) is given twice") }
      let values = Array(words.dropFirst())
      switch key {
      case "trees:", "homes:":
        guard values.allSatisfy({ $0.hasPrefix("/") && $0.count > 1 && !$0.hasSuffix("/") && !$0.contains("..") })
        else {
          throw fault("folders are absolute, without `..` and without a final slash")
        }
        if key == "trees:" { trees = values } else { homes = values }
      case "ids:", "group-ids:":
        guard values.count == 1, let range = Self.range(values[0]) else {
          throw fault("not a range such as 1000-60000")
        }
        if key == "ids:" { ids = range } else { groupIDs = range }
      case "run-as:": runAs = Set(values)
      case "root-groups:": rootGroups = Set(values)
      case "keep-login:": keepLogin = values
      default: throw fault("unknown key \(key.visible)")
      }
    }
  }

  private static func range(_ text: String) -> ClosedRange<UInt32>? {
    let halves = text.split(separator: "-", omittingEmptySubsequences: false)
    guard halves.count == 2, let low = UInt32(halves[0]),
      let high = halves[1].isEmpty ? UInt32.max - 2 : UInt32(halves[1]), low > 0, low <= high, high <= UInt32.max - 2
    else { return nil }
    return low...high
  }

  /// Whether `path` lies below (never at) one of `folders`.
  static func lies(_ path: String, below folders: [String]) -> Bool {
    folders.contains { path.hasPrefix($0 + "/") } && !path.split(separator: "/").contains { $0 == ".." || $0 == "." }
  }
}
