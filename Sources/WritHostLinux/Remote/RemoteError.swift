public import WritSystem

/// Why a host could not be asked over its connection, or what it answered that no agent may answer.
public enum RemoteError: Error, Sendable, Hashable, CustomStringConvertible {
  /// ssh came to no session; in ssh's words.
  case notReached(String)
  /// The machine that answers holds none of the keys that the policy names.
  case wrongHostKey
  /// The connection stood, and no agent could be started; in the words of whoever refused.
  case noAgent(String)
  /// Something else than an agent answered; its first bytes.
  case notAnAgent(String)
  case otherVersion(theirs: String, ours: String)
  /// No sign of life for so many seconds.
  case silent(seconds: Int)
  /// One step took longer than it may.
  case tooSlow(seconds: Int)
  /// The connection ended in the middle.
  case cut(String)
  /// The agent answered what it may not.
  case broken(String)
  /// The host's own words about what it cannot do.
  case host(String)
  case program(Program.Failure)

  public var description: String {
    switch self {
    case .notReached(let text): "it cannot be reached: \(text)"
    case .wrongHostKey:
      "the machine that answers holds none of the host keys that the policy names, so nothing was sent to it"
    case .noAgent(let text): "writ-agent could not be started there: \(text)"
    case .notAnAgent(let text): "something else than writ-agent answered: `\(text)`"
    case .otherVersion(let theirs, let ours): "its writ-agent is version \(theirs), and this is writ \(ours)"
    case .silent(let seconds): "it gave no sign of life for \(seconds) seconds"
    case .tooSlow(let seconds): "one step took more than \(seconds) seconds"
    case .cut(let text): "the connection ended in the middle" + (text.isEmpty ? "" : ": \(text)")
    case .broken(let text): "its writ-agent broke the protocol: \(text)"
    case .host(let text): text
    case .program(let failure): "\(failure)"
    }
  }
}
