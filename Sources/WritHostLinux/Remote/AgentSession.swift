internal import WritDigest
internal import WritSystem

/// What carries frames to an agent.
public protocol AgentConnector: Sendable {
  /// Starts what carries them; says nothing of whether an agent answers.
  ///
  /// - Throws: ``RemoteError`` when it cannot be started.
  func connect() throws(RemoteError) -> any AgentConnection
}

/// One connection.
public protocol AgentConnection: AnyObject {
  /// To read what the agent says.
  var reading: Int32 { get }
  var writing: Int32 { get }

  /// Ends it, waits for its end, and says why there was no more to come.
  ///
  /// - Parameter greeted: whether an agent had answered.
  func explainEnd(greeted: Bool) -> RemoteError

  /// Ends it; may be called again.
  func end()
}

/// A connection on which an agent of this version answered.
final class AgentSession {
  let identity: AgentIdentity
  private let connection: any AgentConnection
  private let channel: FrameChannel
  private let patience: RemotePatience

  init(
    _ connection: any AgentConnection, _ greeting: AgentGreeting, _ patience: RemotePatience
  ) throws(RemoteError) {
    self.connection = connection
    self.patience = patience
    channel = FrameChannel(reading: connection.reading, writing: connection.writing)
    do throws(ChannelError) {
      try channel.sendMark(patience: patience.connecting)
      try channel.receiveMark(patience: patience.connecting)
    } catch {
      throw Self.failure(error, connection, greeted: false)
    }
    let deadline = FrameChannel.seconds() + patience.connecting
    guard case .hello(let identity) = try Self.next(channel, connection, patience.connecting, deadline) else {
      connection.end()
      throw .broken("its first word is no greeting")
    }
    guard identity.version == Expiry.agentVersion else {
      connection.end()
      throw .otherVersion(theirs: identity.version.visible, ours: Expiry.agentVersion)
    }
    self.identity = identity
    try put(.hello(greeting), deadline)
  }

  deinit { connection.end() }

  func end() { connection.end() }

  /// Asks one thing.
  ///
  /// - Parameter take: nil to go on waiting; an answer that is not for it ends the session.
  func ask<Answer>(_ request: AgentRequest, _ take: (AgentReply) throws -> Answer?) throws -> Answer {
    let deadline = FrameChannel.seconds() + patience.step
    try put(request, deadline)
    while true {
      guard FrameChannel.seconds() < deadline else { throw RemoteError.tooSlow(seconds: patience.step) }
      let reply: AgentReply
      do { reply = try Self.next(channel, connection, patience.silence, deadline) } catch {
        guard case .silent = error, FrameChannel.seconds() >= deadline else { throw error }
        throw RemoteError.tooSlow(seconds: patience.step)
      }
      if let answer = try take(reply) { return answer }
      switch reply {
      case .working, .ended: continue
      case .failed(let reason): throw RemoteError.host(reason.visible)
      default: throw RemoteError.broken("an answer to another question")
      }
    }
  }

  private func put(_ request: AgentRequest, _ deadline: Int) throws(RemoteError) {
    let bytes: [UInt8]
    do { bytes = try JSONValue(encoding: request).canonical } catch { throw .broken("\(error)".visible) }
    do throws(ChannelError) { try channel.send(bytes, patience: patience.silence, until: deadline) } catch {
      throw Self.failure(error, connection, greeted: true)
    }
  }

  private static func next(
    _ channel: FrameChannel, _ connection: any AgentConnection, _ patience: Int, _ deadline: Int
  ) throws(RemoteError) -> AgentReply {
    let frame: [UInt8]?
    do throws(ChannelError) { frame = try channel.receive(patience: patience, until: deadline) } catch {
      throw failure(error, connection, greeted: true)
    }
    guard let frame else { throw connection.explainEnd(greeted: true) }
    do { return try JSONValue(canonical: frame).decoded(as: AgentReply.self) } catch {
      throw .broken("what came is no answer of this version")
    }
  }

  private static func failure(
    _ error: ChannelError, _ connection: any AgentConnection, greeted: Bool
  ) -> RemoteError {
    defer { connection.end() }
    switch error {
    case .closed: return connection.explainEnd(greeted: greeted)
    case .silent(let seconds): return .silent(seconds: seconds)
    case .tooLarge(let bytes): return .broken("a frame of \(bytes) bytes")
    case .strange(let text): return .notAnAgent(text)
    case .system(let error): return .cut(error.description)
    }
  }
}
