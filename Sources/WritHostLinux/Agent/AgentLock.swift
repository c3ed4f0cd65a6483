internal import Glibc
internal import WritSystem

/// Held while an agent changes its host, so that one whose controller was cut off ends what it is at before another begins.
struct AgentLock {
  static let path = "/var/lib/writ/agent.lock"
  /// Milliseconds to wait for the other one.
  private static let patience = 15_000
  private static let pause = 100

  private let descriptor: Int32

  /// - Throws: ``HostError/locked(path:holder:)`` when the other agent does not end.
  init(root: String) throws(HostError) {
    let root = HostRoot(root)
    try root.makeFolder("/var/lib/writ")
    descriptor = open(root.path(Self.path), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600)
    guard descriptor >= 0 else { throw .system(SystemError("open", root.path(Self.path))) }
    var waited = 0
    while flock(descriptor, LOCK_EX | LOCK_NB) != 0 {
      let code = errno
      guard code == EWOULDBLOCK || code == EINTR, waited < Self.patience else {
        close(descriptor)
        if code == EWOULDBLOCK {
          throw .locked(path: Self.path, holder: "another writ-agent that is still at work")
        }
        throw .system(SystemError("lock", root.path(Self.path), code: code))
      }
      usleep(useconds_t(Self.pause * 1000))
      waited += Self.pause
    }
  }

  func release() { close(descriptor) }
}
