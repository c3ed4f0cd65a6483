internal import WritApply
internal import WritPlan
internal import WritPolicy

/// What writ asks an agent. The policy, its causes and every key stay where they are: an agent hears of the objects of its
/// own host, as they shall be.
enum AgentRequest: Codable, Sendable {
  /// First of all, and once.
  case hello(AgentGreeting)
  case read(AgentScope)
  case readiness([AgentChange])
  case apply([AgentChange])
  case prove(promise: HostPromise, extent: LinuxHost.ProofExtent, at: Instant)
  case expired(after: Instant)
  case check(BackupQuestion, at: Instant)
  case leaveHead(LedgerHead)
  case readHead
}

/// What an agent answers. Every request has one last answer; `working` may come before it at any time, and `ended` before
/// `applied`.
enum AgentReply: Codable, Sendable {
  case hello(AgentIdentity)
  /// A sign of life.
  case working
  case live(AgentLive)
  case readiness([Change.Readiness])
  case ended(ChangeResult)
  case applied
  case proof(TargetProof)
  case expired([LinuxHost.Expired])
  case checked(BackupReport)
  case head(LedgerHead?)
  case done
  /// The host as a whole cannot do what was asked; in its own words.
  case failed(String)
}

struct AgentGreeting: Codable, Sendable {
  /// As the policy calls the host.
  var host: HostName
  /// The machine must hold one of these; asked of it once more beside ssh's own check.
  var hostKeys: [String]
  /// Full id, for the headers of files.
  var policyCommit: String
}

/// An object with what it should look like.
struct AgentObject: Codable, Sendable {
  var id: ObjectID
  var state: ObjectState
}

/// ``WritApply/Scope`` without its causes.
struct AgentScope: Codable, Sendable {
  var owned: [ObjectID]
  var desired: [AgentObject]
  var base: [AgentObject]

  init(_ scope: Scope) {
    owned = scope.owned.sorted()
    desired = Self.objects(scope.desired)
    base = Self.objects(scope.base)
  }

  private static func objects(_ state: DesiredState) -> [AgentObject] {
    state.objects.sorted { $0.key < $1.key }.map { AgentObject(id: $0.key, state: $0.value.state) }
  }

  var scope: Scope {
    Scope(owned: Set(owned), desired: Self.state(desired), base: Self.state(base))
  }

  private static func state(_ objects: [AgentObject]) -> DesiredState {
    DesiredState(
      Dictionary(
        objects.map { ($0.id, DesiredState.Entry($0.state, causes: [Cause(.required, "\($0.id)")])) },
        uniquingKeysWith: { first, _ in first }))
  }
}

/// ``WritPlan/Change`` without its causes, on the host that is asked.
struct AgentChange: Codable, Sendable {
  var id: String
  var action: Change.Action
  var phase: Change.Phase
  var difference: Change.Difference
  var object: ObjectID
  var before: ObjectState?
  var after: ObjectState?

  init(_ change: Change) {
    id = change.id
    action = change.action
    phase = change.phase
    difference = change.difference
    object = change.object
    before = change.before
    after = change.after
  }

  func change(on target: TargetName) -> Change {
    Change(
      id: id, target: target, action: action, phase: phase, difference: difference, object: object, before: before,
      after: after, causes: [Cause(.required, "\(object)")])
  }
}

/// ``WritPlan/LiveState`` as lists.
struct AgentLive: Codable, Sendable {
  struct Object: Codable, Sendable {
    var id: ObjectID
    var observed: Observed
    var obstacle: String?
    var extent: LiveState.Extent?
  }

  var objects: [Object]
  var notices: [LiveState.Notice]
}
