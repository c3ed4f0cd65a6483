internal import WritApply
internal import WritHistory
internal import WritPolicy
internal import WritSyntax

/// What targets really had: the policy of each one's last complete apply, as it was evaluated for it, less what later
/// revocations took.
struct AppliedAccess {
  /// How one target stands.
  struct Standing {
    var target: TargetName
    /// Sequence number of the outcome of its last complete apply, and when that says it was.
    var entry: Int
    var time: Instant
    var commit: String
    /// The instant the policy was evaluated at.
    var evaluated: Instant
    /// Complete applies of revocations alone since then: commit and instant.
    var revocations: [(commit: String, at: Instant)] = []
    /// What the ledger knows and access cannot show.
    var remarks: [String] = []
  }

  struct Held {
    var key: EdgeKey
    var standing: Standing
    /// The first instant without it; nil when no end was written.
    var until: Instant?
  }

  /// The instant asked about.
  let until: Instant
  let standings: [Standing]
  /// By principal, permission and target.
  let edges: [Held]
  private let policies: [Policy]

  /// - Parameters:
  ///   - entries: those of a verified ledger.
  ///   - until: later entries are passed over.
  ///   - read: the policy of a commit, evaluated.
  init(
    _ entries: [LedgerEntry], until: Instant, _ read: (String, Instant) throws -> Workspace.Reading
  ) throws {
    self.until = until
    standings = Self.standings(entries.filter { $0.time <= until })
    var known: [String: Workspace.Reading] = [:]
    func reading(_ commit: String, _ at: Instant) throws -> Workspace.Reading {
      if let found = known[commit] { return found }
      let found = try read(commit, at)
      known[commit] = found
      return found
    }
    var edges: [Held] = []
    for standing in standings {
      let later = try standing.revocations.map { (access: try reading($0.commit, $0.at).access, at: $0.at) }
      for edge in try reading(standing.commit, standing.evaluated).access.edges(at: standing.evaluated)
      where edge.targets.contains(standing.target) {
        let isLeft = later.allSatisfy { other in
          other.access[edge.key].map { $0.holds.contains(other.at) && $0.targets.contains(standing.target) } ?? false
        }
        if !isLeft { continue }
        let end = edge.holds.end(at: standing.evaluated)
        edges.append(Held(key: edge.key, standing: standing, until: end == .distantFuture ? nil : end))
      }
    }
    self.edges = edges.sorted { ($0.key, $0.standing.target) < ($1.key, $1.standing.target) }
    policies = known.sorted { $0.key < $1.key }.map(\.value.policy)
  }

  /// Those of one principal, or to one resource.
  func edges(about name: String) throws -> [Held] {
    let subjects = policies.compactMap { try? Names(policy: $0).either(name) }
    switch subjects.first {
    case .principal(let principal)?: return edges.filter { $0.key.principal == principal }
    case .resource(let resource)?: return edges.filter { $0.key.permission.object.resource == resource }
    default: throw Names(policy: policies.last ?? Policy(sources: .init())).unknown(name)
    }
  }

  private static func standings(_ entries: [LedgerEntry]) -> [Standing] {
    var found: [TargetName: Standing] = [:]
    var intents: [String: Intent] = [:]
    for entry in entries {
      switch entry.record {
      case .intent(let intent): intents[intent.attempt] = intent
      case .outcome(let outcome):
        guard let intent = intents.removeValue(forKey: outcome.attempt) else { continue }
        for (target, standing) in outcome.standings { add(entry, target, standing, intent, to: &found) }
      case .drift(let drift):
        for target in Set(drift.items.map(\.target)) {
          found[target]?.remarks.append("entry \(entry.sequence) found that other hands had changed it")
        }
      case .abandon(let abandon): intents[abandon.attempt] = nil
      default: continue
      }
    }
    for intent in intents.values {
      for target in intent.live.keys { found[target]?.remarks.append("an apply of it is not finished") }
    }
    return found.values.sorted { $0.target < $1.target }
  }

  private static func add(
    _ entry: LedgerEntry, _ target: TargetName, _ standing: Outcome.Standing, _ intent: Intent,
    to found: inout [TargetName: Standing]
  ) {
    switch (standing, intent.extent) {
    case (.complete, .all):
      found[target] = Standing(
        target: target, entry: entry.sequence, time: entry.time, commit: intent.commit, evaluated: intent.at)
    case (.complete, .revocations):
      found[target]?.revocations.append((intent.commit, intent.at))
      found[target]?.remarks.append(
        "entry \(entry.sequence) took away what commit \(intent.commit.prefix(10)) does not give")
    case (.partial, _): found[target]?.remarks.append("entry \(entry.sequence) changed it in part")
    case (.unreachable, _): break
    }
  }
}
