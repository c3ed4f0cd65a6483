internal import Glibc
internal import WritSystem

/// An account's home folder: exists, is the account's, 0700. Reached by descriptor from the root, no link followed.
struct HomeFolder {
  var root: HostRoot
  /// Absolute on the host.
  var path: String

  /// `private` when all is as it should be; else what is found instead.
  func observed(uid: UInt32) -> String {
    guard let status = root.status(path) else { return errno == ENOENT ? "missing" : "not readable" }
    guard status.isFolder else { return "no folder" }
    if status.st_uid == uid && status.permissions & 0o777 == 0o700 { return "private" }
    return "owner \(status.st_uid), mode 0\(String(status.permissions, radix: 8))"
  }

  /// Makes the folder, or mends owner and mode of the folder itself; what lies in it is left alone. The folder above is not
  /// forced to disk: whoever makes many does that once.
  ///
  /// - Throws: ``HostError`` also where a folder above is a link or somebody else's, and where the folder belongs to another
  ///   account (`isTaken`): it would hand over that account's files.
  func mend(uid: UInt32, gid: UInt32, isTaken: (UInt32) -> String?) throws(HostError) {
    if observed(uid: uid) == "private" { return }
    let components = path.split(separator: "/").map(String.init)
    guard let name = components.last, !components.contains(".."), !components.contains(".") else {
      throw .illFormed(path: path, line: nil, reason: "not a folder below /")
    }
    var folder = open(root.path("/"), O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard folder >= 0 else { throw .system(SystemError("open", root.path("/"))) }
    defer { close(folder) }
    for component in components.dropLast() {
      let next = openat(folder, component, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
      guard next >= 0 else { throw .system(SystemError("open \(component) of", root.path(path))) }
      close(folder)
      folder = next
      var status = stat()
      guard fstat(folder, &status) == 0 else { throw .system(SystemError("stat \(component) of", root.path(path))) }
      guard status.st_uid == 0, status.permissions & 0o022 == 0 else {
        throw .illFormed(
          path: root.path(path), line: nil, reason: "somebody but root may write to \(component) above it")
      }
    }
    let made = mkdirat(folder, name, 0o700) == 0
    guard made || errno == EEXIST else { throw .system(SystemError("mkdir", root.path(path))) }
    let home = openat(folder, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
    guard home >= 0 else { throw .system(SystemError("open", root.path(path))) }
    defer { close(home) }
    var status = stat()
    guard fstat(home, &status) == 0 else { throw .system(SystemError("stat", root.path(path))) }
    if !made, status.st_uid != uid, status.st_uid != 0, let owner = isTaken(status.st_uid) {
      throw .illFormed(path: root.path(path), line: nil, reason: "belongs to \(owner.visible)")
    }
    // Shut before it is handed over.
    guard fchmod(home, 0o700) == 0 else { throw .system(SystemError("chmod", root.path(path))) }
    if status.st_uid != uid || status.st_gid != gid {
      guard fchown(home, uid, gid) == 0 else { throw .system(SystemError("chown", root.path(path))) }
    }
  }
}
