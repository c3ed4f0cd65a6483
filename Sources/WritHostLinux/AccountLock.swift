internal import CWritSys
internal import Glibc
internal import WritSystem

/// The lock on the account files that `useradd` and its relatives respect: `fcntl` on `/etc/.pwd.lock` (lckpwdf(3)), then
/// `passwd.lock`, `group.lock`, `gshadow.lock`, `shadow.lock` in the order of shadow-utils.
///
/// Each of the four holds the holder's process id. It is written under another name first and then linked into place: an
/// empty lock file would stop every account tool of the host for ever.
final class AccountLock {
  /// As long as lckpwdf(3) waits.
  static let patience = 15_000
  static let files = ["passwd", "group", "gshadow", "shadow"]

  private let root: HostRoot
  private var descriptor: Int32
  private var held: [String] = []

  /// - Parameter patience: milliseconds to wait for others.
  /// - Throws: ``HostError/locked(path:holder:)`` when somebody else keeps it; ``HostError/system(_:)`` otherwise.
  init(_ root: HostRoot, patience: Int = AccountLock.patience) throws(HostError) {
    self.root = root
    let path = root.path("/etc/.pwd.lock")
    descriptor = open(path, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600)
    guard descriptor >= 0 else { throw .system(SystemError("open", path)) }
    let deadline = Self.milliseconds() + patience
    do {
      try lockWhole(path, deadline)
      for name in Self.files { try lockFile(name, deadline) }
    } catch {
      release()
      throw error
    }
  }

  deinit { release() }

  func release() {
    for path in held.reversed() { unlink(path) }
    held = []
    if descriptor >= 0 { close(descriptor) }
    descriptor = -1
  }

  private func lockWhole(_ path: String, _ deadline: Int) throws(HostError) {
    // A lock of the open file description: it stands against the process locks of the account tools, and against another
    // use in this process, which a process lock would let in.
    if writ_lock(descriptor, Int32(clamping: max(0, deadline - Self.milliseconds()))) == 0 { return }
    guard errno == ETIMEDOUT else { throw .system(SystemError("lock", path)) }
    throw .locked(path: path, holder: "another account tool")
  }

  private func lockFile(_ name: String, _ deadline: Int) throws(HostError) {
    let lock = root.path("/etc/\(name).lock")
    let own = root.path("/etc/\(name).\(getpid())")
    unlink(own)
    let file = open(own, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0o600)
    guard file >= 0 else { throw .system(SystemError("create", own)) }
    defer { unlink(own) }
    let text = Array(String(getpid()).utf8)
    let written = text.withUnsafeBytes { write(file, $0.baseAddress, $0.count) }
    let failure = SystemError("write", own)
    close(file)
    guard written == text.count else { throw .system(failure) }
    while true {
      if link(own, lock) == 0 {
        held.append(lock)
        return
      }
      guard errno == EEXIST else { throw .system(SystemError("link", lock)) }
      let holder = try? FileContents.read(lock, limit: 64)
      let text = String(decoding: (holder ?? []).prefix { $0 != 0 && $0 != 10 }, as: UTF8.self)
      if let pid = pid_t(text), pid > 0 {
        // With `.pwd.lock` in hand no living writ has this pid, and a dead process lets go of nothing by itself.
        if pid == getpid() || (kill(pid, 0) != 0 && errno == ESRCH) {
          unlink(lock)
          continue
        }
        guard Self.milliseconds() < deadline else { throw .locked(path: lock, holder: Self.describe(pid)) }
      } else {
        guard Self.milliseconds() < deadline else {
          throw .locked(path: lock, holder: "nobody it names; an interrupted tool left it")
        }
      }
      Self.pause()
    }
  }

  private static func describe(_ pid: pid_t) -> String {
    let name = (try? FileContents.read("/proc/\(pid)/comm", limit: 256)).map {
      String(decoding: $0.prefix { $0 != 10 }, as: UTF8.self).visible
    }
    return "process \(pid)" + (name.map { " (\($0))" } ?? "")
  }

  /// Removes what a killed run left beside the account files. To be called with the lock held.
  func sweep() {
    guard let names = try? root.names(in: "/etc") else { return }
    for name in names {
      let parts = name.split(separator: ".", omittingEmptySubsequences: false)
      if parts.count == 2, Self.files.contains(String(parts[0])), let pid = pid_t(parts[1]), pid > 0, Self.isDead(pid) {
        unlink(root.path("/etc/" + name))
      }
    }
    FileContents.sweep(root.path("/etc"))
  }

  /// Whether a process that is gone left one of the four locks: taking the lock and releasing it clears them.
  static func isLeftBehind(_ root: HostRoot) -> Bool {
    files.contains { name in
      guard let bytes = try? root.contents("/etc/\(name).lock") else { return false }
      guard let pid = pid_t(String(decoding: bytes.prefix { $0 != 0 && $0 != 10 }, as: UTF8.self)), pid > 0 else {
        return false
      }
      return isDead(pid)
    }
  }

  static func isDead(_ pid: pid_t) -> Bool { kill(pid, 0) != 0 && errno == ESRCH }

  private static func pause() { usleep(UInt32.random(in: 2_000...30_000)) }

  private static func milliseconds() -> Int {
    var now = timespec()
    clock_gettime(CLOCK_MONOTONIC, &now)
    return now.tv_sec * 1000 + now.tv_nsec / 1_000_000
  }
}
