internal import Glibc
internal import WritSystem

/// The folder that is `/` for one host: `/` itself, or a folder laid out like it.
struct HostRoot: Sendable {
  /// Without a final slash, so empty for the machine itself.
  let prefix: String

  init(_ folder: String) {
    var folder = folder
    if !folder.hasPrefix("/") {
      // Some of the tools only take absolute paths.
      if let current = getcwd(nil, 0) {
        folder = String(cString: current) + "/" + folder
        free(current)
      }
    }
    while folder.count > 1 && folder.hasSuffix("/") { folder.removeLast() }
    prefix = folder == "/" ? "" : folder
  }

  var isMachine: Bool { prefix.isEmpty }

  /// Where `path`, absolute on the host, lies here.
  func path(_ path: String) -> String { prefix + path }

  /// `path` as the host itself calls it.
  func name(of path: String) -> String { path.hasPrefix(prefix) ? String(path.dropFirst(prefix.count)) : path }

  /// The file's bytes; nil when there is none. Anything else that stands in the way is thrown.
  func contents(_ path: String) throws(HostError) -> [UInt8]? {
    do {
      return try FileContents.read(self.path(path))
    } catch {
      if error.code == ENOENT { return nil }
      throw .system(error)
    }
  }

  /// Owner, group and permission bits of what lies at `path`, symbolic links not followed; nil when nothing does.
  func status(_ path: String) -> stat? {
    var status = stat()
    return lstat(self.path(path), &status) == 0 ? status : nil
  }

  /// Folders in which writ puts files. A symbolic link in place of one could lead out of the root.
  static let ownFolders = [
    "/etc", "/etc/ssh", "/etc/sudoers.d", "/etc/ssh/sshd_config.d", "/etc/writ", "/etc/systemd", "/etc/systemd/system",
    "/etc/systemd/system/sysinit.target.wants", "/etc/systemd/system/timers.target.wants", "/var", "/var/lib",
    "/etc/pam.d", "/etc/jupyter", "/etc/audit", "/etc/audit/rules.d", "/etc/writ/backups",
  ]

  func refuseLinks() throws(HostError) {
    for folder in Self.ownFolders {
      guard let status = status(folder) else { continue }
      guard status.st_mode & S_IFMT == S_IFDIR else {
        throw .illFormed(path: path(folder), line: nil, reason: "is not a folder")
      }
    }
  }

  /// Makes a folder of writ's own and those above it, root's and 0755; existing ones are left as they are.
  func makeFolder(_ folder: String, mode: UInt32 = 0o755) throws(HostError) {
    if let status = status(folder) {
      guard status.st_mode & S_IFMT == S_IFDIR else {
        throw .illFormed(path: path(folder), line: nil, reason: "is not a folder")
      }
      return
    }
    if let slash = folder.lastIndex(of: "/"), slash != folder.startIndex {
      try makeFolder(String(folder[..<slash]))
    }
    guard mkdir(path(folder), 0o700) == 0 || errno == EEXIST else { throw .system(SystemError("mkdir", path(folder))) }
    guard chmod(path(folder), mode) == 0 else { throw .system(SystemError("chmod", path(folder))) }
  }

  /// Names in a folder, in byte order; empty when there is no such folder.
  func names(in folder: String) throws(HostError) -> [String] {
    guard let stream = opendir(path(folder)) else {
      if errno == ENOENT { return [] }
      throw .system(SystemError("open", path(folder)))
    }
    defer { closedir(stream) }
    var names: [String] = []
    while let entry = readdir(stream) {
      let name = withUnsafePointer(to: &entry.pointee.d_name) {
        $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
      }
      if name != "." && name != ".." { names.append(name) }
    }
    return names.inByteOrder
  }
}

extension stat {
  var permissions: UInt32 { UInt32(st_mode) & 0o7777 }
  var isFolder: Bool { st_mode & S_IFMT == S_IFDIR }
}
