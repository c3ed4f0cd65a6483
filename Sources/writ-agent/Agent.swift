internal import Glibc
internal import WritPolicy
internal import WritSystem

/// What the agent's commands share.
enum Agent {
  static func now() -> Instant { SystemClock.now() }

  /// One line on standard error.
  static func complain(_ text: String) {
    let line = Array("writ-agent: \(text)\n".utf8)
    _ = write(STDERR_FILENO, line, line.count)
  }
}
