internal import Glibc
public import WritDigest

/// Which agent answers.
public struct AgentIdentity: Codable, Sendable, Hashable {
  public var version: String
  /// Of the agent's own file; absent where it cannot read it.
  public var digest: Digest?

  public init(version: String, digest: Digest?) {
    self.version = version
    self.digest = digest
  }

  /// The program that runs.
  public static var own: AgentIdentity { AgentIdentity(version: Expiry.agentVersion, digest: ownDigest) }

  /// Of the file that was started, also where another one has taken its name since (proc(5), `/proc/PID/exe`).
  private static var ownDigest: Digest? {
    let descriptor = open("/proc/self/exe", O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { return nil }
    defer { close(descriptor) }
    var bytes: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 1 << 20)
    while bytes.count <= AgentInstaller.sizeLimit {
      let count = read(descriptor, &chunk, chunk.count)
      if count == 0 { return Digest(of: bytes) }
      guard count > 0 || errno == EINTR else { return nil }
      bytes += chunk.prefix(max(0, count))
    }
    return nil
  }
}
