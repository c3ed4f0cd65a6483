internal import Glibc
public import WritPolicy

/// The time zones of this machine, from the compiled files in `/usr/share/zoneinfo`.
///
/// The files are read as RFC 9636 describes them rather than through `TZ` and localtime(3): the C library keeps one zone
/// for the whole process, and changing the environment is not safe beside other threads.
public struct SystemZones: ZoneCatalogue {
  /// Where the zones are; Debian's package tzdata puts them here.
  public static let folder = "/usr/share/zoneinfo"
  /// The largest file of tzdata is below 4 KiB.
  static let largestFile = 1 << 20

  public init() {}

  /// Nil for a name that is not made of `[A-Za-z0-9_+-]` components, names no file below ``folder``, is another name of
  /// this machine's own zone (`localtime`), or whose file counts leap seconds.
  public func rules(named name: String) -> (any ZoneRules)? {
    contents(named: name).flatMap { CompiledZone($0) }
  }

  /// The compiled file of such a name, for whoever wants to know whether a zone's rules are still what they were.
  public func contents(named name: String) -> [UInt8]? {
    guard Self.isZoneName(name) else { return nil }
    return Self.read("\(Self.folder)/\(name)")
  }

  static func isZoneName(_ name: String) -> Bool {
    guard (1...64).contains(name.utf8.count), name != "localtime", name != "posixrules" else { return false }
    return name.split(separator: "/", omittingEmptySubsequences: false).allSatisfy { part in
      !part.isEmpty
        && part.utf8.allSatisfy {
          switch $0 {
          case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "+"), UInt8(ascii: "-"):
            true
          default: false
          }
        }
    }
  }

  /// Links are followed, since many zones are links, but only to somewhere in the folder.
  private static func read(_ path: String) -> [UInt8]? {
    guard let resolved = realpath(path, nil) else { return nil }
    defer { free(resolved) }
    let target = String(cString: resolved)
    guard target.hasPrefix(folder + "/") else { return nil }
    return try? FileContents.read(target, limit: largestFile)
  }
}
