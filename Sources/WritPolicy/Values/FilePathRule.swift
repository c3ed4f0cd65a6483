/// Which absolute paths a policy may name.
enum FilePathRule {
  enum Purpose {
    /// A folder that writ keeps, perhaps with `{account}` in its path.
    case tree
    /// A program.
    case command
    /// A service account's home folder.
    case home
  }

  struct Problem: Hashable {
    var label: String
    var help: String
  }

  /// Longer paths are refused by the kernel (PATH_MAX, 4096 with the final NUL), and what lies below a tree needs room.
  static let longest = 1024

  /// Folders that belong to the system with everything in them.
  private static let systemTrees: Set<Substring> = [
    "etc", "usr", "bin", "sbin", "boot", "dev", "proc", "sys", "run", "root", "lost+found", "initrd",
  ]
  /// Folders that belong to the system, though others put their own into them.
  private static let systemFolders: Set<String> = [
    "/home", "/var", "/tmp", "/opt", "/srv", "/mnt", "/media", "/var/lib", "/var/log", "/var/spool", "/var/cache",
    "/var/tmp", "/var/mail", "/var/run", "/var/lock", "/var/backups", "/var/www", "/var/local",
  ]
  /// Folders of which every entry may be somebody's.
  private static let openFolders: Set<String> = ["/home", "/opt", "/srv", "/mnt", "/media"]

  /// Nil when the path is fine.
  static func problem(of path: String, for purpose: Purpose) -> Problem? {
    guard path.utf8.first == UInt8(ascii: "/") else {
      return Problem(label: "not an absolute path", help: "begin with `/`")
    }
    guard path.utf8.count <= longest else {
      return Problem(label: "longer than \(longest) bytes", help: "choose a shorter path")
    }
    if path == "/" { return Problem(label: "the whole host", help: "name a folder of its own") }
    let parts = path.dropFirst().split(separator: "/", omittingEmptySubsequences: false)
    if parts.contains("") {
      return Problem(label: "has an empty component", help: "write it without `//` and without a slash at the end")
    }
    if parts.contains(".") || parts.contains("..") {
      return Problem(label: "not a normal path", help: "write it without `.` and `..`")
    }
    if let long = parts.first(where: { $0.utf8.count > 255 }) {
      return Problem(label: "`\(String(long).clipped)` is longer than 255 bytes", help: "choose a shorter name")
    }
    switch purpose {
    case .command: return commandProblem(path)
    case .tree: return accountProblem(parts) ?? folderProblem(path, parts)
    case .home: return bracesProblem(parts) ?? folderProblem(path, parts)
    }
  }

  /// Only characters that mean nothing to sudoers(5): no wildcards, quotes, blanks, commas, colons or equals signs.
  private static func commandProblem(_ path: String) -> Problem? {
    let isPlain = path.utf8.allSatisfy {
      switch $0 {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "/"), UInt8(ascii: "."), UInt8(ascii: "_"),
        UInt8(ascii: "-"), UInt8(ascii: "+"), UInt8(ascii: "@"):
        true
      default: false
      }
    }
    if isPlain { return nil }
    return Problem(
      label: "has a character with a meaning in sudoers", help: "use letters, digits, `.`, `_`, `-`, `+` and `@`")
  }

  private static func bracesProblem(_ parts: [Substring]) -> Problem? {
    guard parts.contains(where: { $0.contains("{") || $0.contains("}") }) else { return nil }
    return Problem(label: "braces mean nothing here", help: "write the folder's own path")
  }

  private static func accountProblem(_ parts: [Substring]) -> Problem? {
    if let problem = bracesProblem(parts.filter { $0 != "{account}" }) {
      return Problem(label: problem.label, help: "`{account}` can be one whole component, and nothing else in braces")
    }
    let places = parts.indices.filter { parts[$0] == "{account}" }
    guard let place = places.first else { return nil }
    if places.count > 1 { return Problem(label: "`{account}` is given twice", help: "write it once") }
    let above = "/" + parts[..<place].joined(separator: "/")
    if above == "/" || (systemFolders.contains(above) && !openFolders.contains(above)) {
      return Problem(
        label: "`\(above)` holds what is the system's", help: "put the personal folders into a folder of their own")
    }
    return nil
  }

  private static func folderProblem(_ path: String, _ parts: [Substring]) -> Problem? {
    // `/lib`, `/lib32`, `/lib64`, `/libx32`
    if systemTrees.contains(parts[0]) || parts[0].hasPrefix("lib") {
      return Problem(label: "`/\(parts[0])` is the system's", help: "choose a folder below `/srv`, `/opt` or `/data`")
    }
    if systemFolders.contains(path) {
      return Problem(label: "a folder of the system", help: "name a folder below it")
    }
    return nil
  }
}
