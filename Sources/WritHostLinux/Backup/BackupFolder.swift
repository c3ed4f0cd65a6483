internal import CWritSys
internal import Glibc
internal import WritPolicy
internal import WritSystem

/// The folder that holds the snapshots of one tree: root's alone, so that nobody reads there what was taken from them since.
///
/// Each snapshot is a folder named after its beginning, with `tree` and `manifest` in it. What begins with a dot is at work or was left
/// by a killed run; anything else is not writ's and left alone.
struct BackupFolder {
  static let treeName = "tree"
  static let manifestName = "manifest"
  /// Names of what is at work here.
  static let partial = ".partial", removed = ".removed", scratch = ".check"

  private let folder: TreeDescriptor
  /// As messages name it.
  let path: String

  var descriptor: Int32 { folder.number }

  /// Opens the folder; nil when it, or one above it, is not there.
  ///
  /// - Throws: ``HostError`` also where a link stands in the way, or somebody else could change a folder above.
  init?(_ root: HostRoot, _ path: String, making: Bool = false) throws(HostError) {
    let shown = root.path(path)
    let components = path.split(separator: "/").map { Array($0.utf8) }
    guard path.hasPrefix("/"), !components.isEmpty, !components.contains([0x2e, 0x2e]), !components.contains([0x2e]),
      !path.utf8.contains(0)
    else { throw .illFormed(path: shown, line: nil, reason: "not a folder below /") }
    let start = open(root.path("/"), O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard start >= 0 else { throw .system(SystemError("open", root.path("/"))) }
    var current = TreeDescriptor(start)
    for (depth, name) in components.enumerated() {
      let isLast = depth == components.count - 1
      var next = withName(name) { writ_open_directory(current.number, $0) }
      if next < 0, errno == ENOENT {
        guard making else { return nil }
        guard withName(name, { mkdirat(current.number, $0, 0o700) }) == 0 else {
          throw .system(SystemError("mkdir", shown))
        }
        next = withName(name) { writ_open_directory(current.number, $0) }
        // Whatever the umask says.
        if next >= 0, !isLast { fchmod(next, 0o755) }
        fsync(current.number)
      }
      guard next >= 0 else { throw .system(SystemError("open", shown)) }
      current = TreeDescriptor(next)
      var status = stat()
      guard fstat(next, &status) == 0, isLast || (status.st_uid == 0 && status.permissions & 0o022 == 0) else {
        throw .illFormed(
          path: shown, line: nil, reason: "somebody but root may write to \(visible(name)) above it")
      }
    }
    folder = current
    self.path = shown
  }

  /// The folder, root's alone.
  ///
  /// - Throws: ``HostError`` also where it is missing, or others than root get at it.
  static func usable(_ root: HostRoot, _ path: String) throws(HostError) -> BackupFolder {
    guard let folder = try BackupFolder(root, path) else {
      throw .system(SystemError("open", root.path(path), code: ENOENT))
    }
    if let fault = folder.fault { throw .illFormed(path: folder.path, line: nil, reason: fault) }
    return folder
  }

  /// Who else gets at it; nil: nobody.
  var fault: String? {
    var status = stat()
    guard fstat(descriptor, &status) == 0 else { return "it cannot be looked at" }
    if status.st_uid == 0, status.st_gid == 0, status.permissions == 0o700 { return nil }
    return "owner \(status.st_uid), group \(status.st_gid), mode 0\(String(status.permissions, radix: 8)), "
      + "and not root's alone"
  }

  /// Makes it root's alone.
  func mend() throws(HostError) {
    // Shut before it changes hands; snapshots inherit no ACL from above.
    guard fchmod(descriptor, 0o700) == 0, fchown(descriptor, 0, 0) == 0, fchmod(descriptor, 0o700) == 0,
      writ_default_acl_drop(descriptor) == 0
    else { throw .system(SystemError("chmod", path)) }
    if let fault { throw .illFormed(path: path, line: nil, reason: fault) }
  }

  // MARK: What lies in it

  func names() throws(HostError) -> [String] {
    guard let copy = Optional(writ_open_directory(descriptor, ".")), copy >= 0, let stream = fdopendir(copy) else {
      throw .system(SystemError("open", path))
    }
    defer { closedir(stream) }
    var names: [String] = []
    while let entry = readdir(stream) {
      let name = withUnsafePointer(to: &entry.pointee.d_name) {
        $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
      }
      if name != "." && name != ".." { names.append(name) }
    }
    return names.sorted()
  }

  /// Names of snapshots, oldest first.
  func snapshots() throws(HostError) -> [String] { try names().filter { Self.time(ofSnapshot: $0) != nil } }

  /// The first name in it that is neither a snapshot nor work of writ's.
  func stranger() throws(HostError) -> String? {
    try names().first { name in
      Self.time(ofSnapshot: name) == nil
        && ![Self.partial, Self.removed, Self.scratch].contains(where: name.hasPrefix)
    }
  }

  /// `20261121T194109Z`
  static func name(at time: Instant) -> String { time.rfc3339.filter { $0 != "-" && $0 != ":" } }

  static func time(ofSnapshot name: String) -> Instant? {
    let parts = Array(name)
    guard parts.count == 16, name.utf8.count == 16 else { return nil }
    func part(_ range: Range<Int>) -> String { String(parts[range]) }
    let text =
      "\(part(0..<4))-\(part(4..<6))-\(part(6..<11)):\(part(11..<13)):\(part(13..<16))"
    guard let time = Instant(rfc3339: text), Self.name(at: time) == name else { return nil }
    return time
  }

  // MARK: One at a time

  /// Milliseconds: a program that is started at the same time holds the descriptor until it has begun.
  private static let patience = 3_000
  private static let pause = 50

  /// Held until it goes: two runs never meet in one folder.
  func lock() throws(HostError) -> TreeDescriptor {
    let lock = writ_open_directory(descriptor, ".")
    guard lock >= 0 else { throw .system(SystemError("open", path)) }
    let held = TreeDescriptor(lock)
    var waited = 0
    while flock(lock, LOCK_EX | LOCK_NB) != 0 {
      let code = errno
      guard code == EWOULDBLOCK || code == EINTR, waited < Self.patience else {
        throw code == EWOULDBLOCK
          ? .locked(path: path, holder: "another backup or check that is at work there")
          : .system(SystemError("lock", path, code: code))
      }
      usleep(useconds_t(Self.pause * 1000))
      waited += Self.pause
    }
    return held
  }

  /// Removes what killed runs left. Only with the lock.
  func clear() throws(HostError) {
    for name in try names() where [Self.partial, Self.removed, Self.scratch].contains(where: name.hasPrefix) {
      try remove(name)
    }
  }

  /// Removes a snapshot: at once from the list, then from the disk.
  func removeSnapshot(_ name: String) throws(HostError) {
    let hidden = "\(Self.removed)-\(name)"
    guard renameat(descriptor, name, descriptor, hidden) == 0 else {
      throw .system(SystemError("rename", "\(path)/\(name)"))
    }
    try remove(hidden)
  }

  /// A folder with everything in it, by descriptor, no link followed.
  func remove(_ name: String) throws(HostError) {
    do throws(SystemError) {
      try FolderRemoval(path: "\(path)/\(name)").run(descriptor, Array(name.utf8))
    } catch { throw .system(error) }
  }
}
