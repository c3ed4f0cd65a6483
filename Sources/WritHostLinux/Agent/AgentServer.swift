internal import Dispatch
internal import Glibc
internal import WritApply
internal import WritDigest
internal import WritPlan
internal import WritPolicy
internal import WritSystem

/// Answers one controller over two descriptors, in the name of the host it runs on.
///
/// It holds nothing between two runs. What it is told about the policy it believes as little as a policy is believed: the
/// host's own limits are asked for every change.
public struct AgentServer: Sendable {
  private let channel: FrameChannel
  private let root: String
  private let login: String?
  private let identity: AgentIdentity

  /// Seconds between two signs of life.
  static let pulse = 5
  /// Seconds after which a controller that takes nothing is given up.
  private static let patience = 60
  /// Seconds for which a controller may ask nothing while it works on other hosts.
  private static let idleLimit = 3600

  /// - Parameters:
  ///   - root: `/`, or a folder that ``LinuxHost/initialise(root:name:)`` marked.
  ///   - login: the account over which the controller came; the host is never shut to it.
  public init(reading input: Int32, writing output: Int32, root: String, login: String?, identity: AgentIdentity) {
    channel = FrameChannel(reading: input, writing: output)
    self.root = root
    self.login = login
    self.identity = identity
  }

  /// Why the agent ends before its controller said that it is done.
  public struct Failure: Error, CustomStringConvertible {
    public var description: String
  }

  /// Answers until the controller closes its side.
  ///
  /// - Throws: ``Failure`` when the controller breaks the protocol, or goes while something is asked for.
  public func run() throws {
    signal(SIGPIPE, SIG_IGN)
    do {
      try channel.sendMark(patience: Self.patience)
      try channel.receiveMark(patience: Self.patience)
      try send(.hello(identity))
      guard case .hello(let greeting)? = try next() else { throw Failure(description: "no greeting came") }
      let host = LinuxHost(
        name: greeting.host, root: root, policyCommit: greeting.policyCommit, hostKeys: greeting.hostKeys)
      host.login = login
      while let request = try next() { try answer(request, host) }
    } catch let error as ChannelError {
      throw Failure(description: "the connection: \(error)")
    }
  }

  /// nil: the controller is done.
  private func next() throws -> AgentRequest? {
    guard let frame = try channel.receive(patience: Self.idleLimit) else { return nil }
    do { return try JSONValue(canonical: frame).decoded(as: AgentRequest.self) } catch {
      throw Failure(description: "what came is no request of this version: \("\(error)".visible)")
    }
  }

  private func send(_ reply: AgentReply) throws {
    try channel.send(JSONValue(encoding: reply).canonical, patience: Self.patience)
  }

  private func answer(_ request: AgentRequest, _ host: LinuxHost) throws {
    let pulse = Pulse { try? send(.working) }
    defer { pulse.end() }
    let reply: AgentReply
    do {
      reply = try carryOut(request, host)
    } catch let error as ChannelError {
      // The controller is gone: what was begun has ended, and nobody hears of the rest.
      throw error
    } catch {
      reply = .failed("\(error)".visible)
    }
    pulse.end()
    try send(reply)
  }

  private func carryOut(_ request: AgentRequest, _ host: LinuxHost) throws -> AgentReply {
    switch request {
    case .hello: throw Failure(description: "a second greeting")
    case .read(let scope): return .live(AgentLive(try host.readLive(scope.scope)))
    case .readiness(let changes): return .readiness(host.readiness(of: changes.map { $0.change(on: host.name) }))
    case .apply(let changes):
      let lock = try AgentLock(root: root)
      defer { lock.release() }
      try host.apply(changes.map { $0.change(on: host.name) }) {
        if case .ended(let result) = $0 { try send(.ended(result)) }
      }
      return .applied
    case .prove(let promise, let extent, let now): return .proof(try host.prove(promise, extent, at: now))
    case .expired(let instant): return .expired(try host.expired(after: instant))
    case .check(let question, let now): return .checked(try host.check(question, at: now))
    case .leaveHead(let head):
      try host.leaveHead(head)
      return .done
    case .readHead: return .head(try host.readHead())
    }
  }
}

extension AgentLive {
  init(_ live: LiveState) {
    objects = live.objects.sorted { $0.key < $1.key }.map {
      Object(id: $0.key, observed: $0.value, obstacle: live.obstacles[$0.key], extent: live.extents[$0.key])
    }
    notices = live.notices
  }
}

/// Does something every few seconds, on a thread of its own, until it is ended.
private final class Pulse {
  private let over = DispatchSemaphore(value: 0)
  private let thread: WorkerThread?

  init(_ beat: @escaping @Sendable () -> Void) {
    let over = over
    // Without a thread there is no sign of life, and a long answer may be taken for none.
    thread = try? WorkerThread {
      while over.wait(timeout: .now() + .seconds(AgentServer.pulse)) == .timedOut { beat() }
    }
  }

  /// May be called again.
  func end() {
    over.signal()
    thread?.join()
  }
}
