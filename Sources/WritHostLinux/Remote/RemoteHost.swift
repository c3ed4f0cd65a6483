public import WritApply
internal import WritDigest
public import WritPlan
public import WritPolicy

/// A host that is asked over a connection; an agent there does the reading and writing.
///
/// One connection serves all that is asked in a run, and is made when the first thing is. Once it has failed, the host counts
/// as down and nothing more is asked of it: the next run begins anew with what the host shows then.
///
/// What the agent answers are the host's own facts and nothing else. An answer about an object that was not asked for, or
/// about a change that was not sent, breaks the protocol.
public final class RemoteHost: HostTarget {
  public let name: TargetName
  private let greeting: AgentGreeting
  private let connector: any AgentConnector
  private let patience: RemotePatience
  private var session: AgentSession?
  private var failure: RemoteError?

  public init(
    name: HostName, connector: any AgentConnector, policyCommit: String, hostKeys: [String],
    patience: RemotePatience = RemotePatience()
  ) {
    self.name = .host(name)
    self.connector = connector
    self.patience = patience
    greeting = AgentGreeting(host: name, hostKeys: hostKeys, policyCommit: policyCommit)
  }

  public var isRemote: Bool { true }

  /// Which agent answers there.
  public func agent() throws -> AgentIdentity { try connected().identity }

  private func connected() throws(RemoteError) -> AgentSession {
    if let failure { throw failure }
    if let session { return session }
    do throws(RemoteError) {
      let made = try AgentSession(connector.connect(), greeting, patience)
      session = made
      return made
    } catch {
      failure = error
      throw error
    }
  }

  /// Asks, and gives every answer to `take`, which gives nil to go on waiting.
  private func ask<Answer>(_ request: AgentRequest, _ take: (AgentReply) throws -> Answer?) throws -> Answer {
    let session = try connected()
    do {
      return try session.ask(request, take)
    } catch let error as RemoteError {
      if case .host = error { throw error }
      session.end()
      self.session = nil
      failure = error
      throw error
    }
  }

  // MARK: Target

  public func readLive(_ scope: Scope) throws -> LiveState {
    let asked = Set(scope.objects).union(scope.base.objects.keys)
    return try ask(.read(AgentScope(scope))) { reply in
      guard case .live(let live) = reply else { return nil }
      return try live.state(asked)
    }
  }

  public func readiness(of change: Change) -> Change.Readiness { readiness(of: [change])[0] }

  public func readiness(of changes: [Change]) -> [Change.Readiness] {
    if changes.isEmpty { return [] }
    do {
      return try ask(.readiness(changes.map(AgentChange.init))) { reply in
        guard case .readiness(let found) = reply else { return nil }
        guard found.count == changes.count else { throw RemoteError.broken("an answer for each change is missing") }
        return found.map(\.cleaned)
      }
    } catch {
      return changes.map { _ in .blocked("\(error)".visible) }
    }
  }

  public func apply(_ changes: [Change], progress: (ChangeProgress) throws -> Void) throws {
    for batch in LinuxHost.runs(of: changes) {
      var begun: [Change] = []
      var halt: (any Error)?
      for change in batch where halt == nil {
        do {
          try progress(.began(change.id))
          begun.append(change)
        } catch { halt = error }
      }
      // What was told of as begun is carried out, and only then comes the end that was asked for.
      if !begun.isEmpty { try send(begun, progress) }
      if let halt { throw halt }
    }
  }

  private func send(_ changes: [Change], _ progress: (ChangeProgress) throws -> Void) throws {
    var open = Set(changes.map(\.id))
    // An end that is asked for in the middle waits for the batch: the agent cannot be told to stop within it.
    var halt: (any Error)?
    try ask(.apply(changes.map(AgentChange.init))) { reply -> Void? in
      switch reply {
      case .ended(let result):
        guard open.remove(result.change) != nil else {
          throw RemoteError.broken("a result for a change that does not wait for one")
        }
        do { try progress(.ended(result.cleaned)) } catch { halt = halt ?? error }
        return nil
      case .applied: return ()
      default: throw RemoteError.broken("an answer to another question")
      }
    }
    if let halt { throw halt }
  }

  public func leaveHead(_ head: LedgerHead) throws {
    try ask(.leaveHead(head)) { if case .done = $0 { () } else { nil } }
  }

  public func readHead() throws -> LedgerHead? {
    try ask(.readHead) { reply -> LedgerHead?? in
      // That there is none is an answer too.
      if case .head(let head) = reply { .some(head) } else { nil }
    }
  }

  // MARK: HostTarget

  public func prove(
    _ promise: HostPromise, _ extent: LinuxHost.ProofExtent, at now: Instant
  ) throws -> TargetProof {
    try ask(.prove(promise: promise, extent: extent, at: now)) { reply in
      guard case .proof(let proof) = reply else { return nil }
      return try proof.cleaned
    }
  }

  public func check(_ question: BackupQuestion, at now: Instant) throws -> BackupReport {
    try ask(.check(question, at: now)) { reply in
      guard case .checked(let report) = reply else { return nil }
      return try report.cleaned
    }
  }

  public func expired(after instant: Instant) throws -> [LinuxHost.Expired] {
    try ask(.expired(after: instant)) { reply in
      guard case .expired(let found) = reply else { return nil }
      return found.suffix(LinuxHost.expiredLimit).filter { instant < $0.time }.map {
        LinuxHost.Expired(time: $0.time, text: $0.text.visible)
      }
    }
  }
}

/// How long a remote host may take.
public struct RemotePatience: Sendable {
  /// Seconds without a sign of life.
  public var silence: Int
  /// Seconds for one step: reading, a batch of changes, a proof.
  public var step: Int
  /// Seconds until the connection stands.
  public var connecting: Int

  public static let usualStep = 900
  private static let usualSilence = 60
  private static let usualConnecting = 20

  /// - Parameter step: the others are never longer.
  public init(step: Int = usualStep) {
    self.step = step
    silence = min(step, Self.usualSilence)
    connecting = min(step, Self.usualConnecting)
  }
}
