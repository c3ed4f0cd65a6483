internal import WritApply
internal import WritHistory
internal import WritPlan
internal import WritPolicy
internal import WritSyntax
internal import WritSystem

/// Targets that the ledger knows and the policy no longer names. What writ made there is taken away, over the connection
/// that the last policy to name them wrote; then the ledger lets them go.
struct LeavingTargets {
  let workspace: Workspace
  let policy: Policy
  let ledger: LedgerState
  let bases: PlanBases

  /// In order. A host under a new name is none.
  var names: [TargetName] {
    let named = Set(policy.hosts.keys.map(TargetName.host) + policy.settings.vaults.keys.map(TargetName.vault))
    let renamed = Set(policy.hosts.values.flatMap { $0.previously.map { TargetName.host($0.value) } })
    return ledger.known.filter { !named.contains($0) && !renamed.contains($0) }
  }

  /// Those selected, each reached as its last policy says.
  func targets(_ selection: TargetSelection, _ factory: (Policy) -> TargetFactory) throws -> [any Target] {
    var targets: [any Target] = []
    for name in names where selection.isAll || selection.names(name) {
      guard let policy = try lastPolicy(naming: name), let target = factory(policy).target(name) else {
        targets.append(LostTarget(name))
        continue
      }
      targets.append(target)
    }
    return targets
  }

  /// Base's policy, or where that cannot be read the newest accepted one that can and that names the target.
  private func lastPolicy(naming target: TargetName) throws -> Policy? {
    if case .readable(let reading, _) = try bases.base(of: target), reading.policy.names(target) {
      return reading.policy
    }
    // Which targets a policy names does not change with the clock: one reading answers for every apply of it.
    var asked: Set<String> = []
    for entry in ledger.entries.reversed() {
      guard case .intent(let intent) = entry.record, intent.live[target] != nil, asked.insert(intent.tree).inserted
      else { continue }
      if let reading = try workspace.readIfGood(intent.commit, at: intent.at).reading, reading.policy.names(target) {
        return reading.policy
      }
    }
    return nil
  }
}

extension Policy {
  func names(_ target: TargetName) -> Bool {
    switch target {
    case .host(let host): hosts[host] != nil
    case .vault(let vault): settings.vaults[vault] != nil
    }
  }
}

/// A target of which nothing says any more how to reach it.
final class LostTarget: Target {
  let name: TargetName

  init(_ name: TargetName) { self.name = name }

  struct Lost: Error, CustomStringConvertible {
    var description: String { "no commit that this version can read says how to reach it" }
  }

  func readLive(_ scope: Scope) throws -> LiveState { throw Lost() }
  func readiness(of change: Change) -> Change.Readiness { .blocked("\(Lost())") }
  func apply(_ changes: [Change], progress: (ChangeProgress) throws -> Void) throws { throw Lost() }
  func leaveHead(_ head: LedgerHead) throws { throw Lost() }
  func readHead() throws -> LedgerHead? { throw Lost() }
}
