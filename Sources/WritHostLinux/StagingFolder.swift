internal import Glibc
internal import WritSystem

/// A private folder for copies that a checking tool reads; gone with everything in it when it is let go.
final class StagingFolder {
  let path: String

  /// Makes `writ-staging-PID-…` in `folder`, and removes those that killed runs left there.
  init(below folder: String, mode: UInt32 = 0o700) throws(HostError) {
    Self.sweep(folder)
    var template = Array("\(folder)/writ-staging-\(getpid())-XXXXXX".utf8CString)
    guard mkdtemp(&template) != nil else { throw .system(SystemError("mkdir", folder)) }
    path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    guard chmod(path, mode) == 0 else { throw .system(SystemError("chmod", path)) }
  }

  deinit { Self.remove(path) }

  func makeFolder(_ name: String, mode: UInt32) throws(HostError) {
    guard mkdir("\(path)/\(name)", mode) == 0 else { throw .system(SystemError("mkdir", "\(path)/\(name)")) }
  }

  func write(_ bytes: [UInt8], to name: String, mode: UInt32) throws(HostError) {
    let file = "\(path)/\(name)"
    let descriptor = open(file, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, mode)
    guard descriptor >= 0 else { throw .system(SystemError("create", file)) }
    defer { close(descriptor) }
    guard fchmod(descriptor, mode) == 0 else { throw .system(SystemError("chmod", file)) }
    var written = 0
    while written < bytes.count {
      let count = bytes.withUnsafeBytes {
        Glibc.write(descriptor, $0.baseAddress?.advanced(by: written), $0.count - written)
      }
      if count < 0 {
        if errno == EINTR { continue }
        throw .system(SystemError("write", file))
      }
      written += count
    }
  }

  private static func sweep(_ folder: String) {
    guard let names = try? HostRoot("/").names(in: folder) else { return }
    for name in names where name.hasPrefix("writ-staging-") {
      guard let pid = name.dropFirst(13).split(separator: "-").first.flatMap({ pid_t($0) }), AccountLock.isDead(pid),
        HostRoot("/").status("\(folder)/\(name)")?.st_uid == geteuid()
      else { continue }
      remove("\(folder)/\(name)")
    }
  }

  /// Two levels are all that staging ever makes; links are removed, not followed.
  private static func remove(_ folder: String) {
    for name in (try? HostRoot("/").names(in: folder)) ?? [] {
      let path = "\(folder)/\(name)"
      if HostRoot("/").status(path)?.isFolder == true { remove(path) } else { unlink(path) }
    }
    rmdir(folder)
  }
}
