internal import WritApply
internal import WritHistory
internal import WritPlan
internal import WritPolicy
internal import WritSSHSignature
internal import WritSyntax
internal import WritSystem

/// Puts together what a plan needs: desired from git, base from the ledger, live from the targets.
struct Planning {
  let workspace: Workspace
  let reading: Workspace.Reading
  /// Nil before the first apply.
  let ledger: LedgerState?
  let targets: [any Target]

  /// Base of one target: the policy of its last complete apply, evaluated at that apply's instant.
  struct Base {
    var reading: Workspace.Reading
    var point: Plan.Base
  }

  /// The finished plan, with what the guards need to judge it.
  struct Result {
    var plan: Plan
    var bases: [TargetName: Base]
  }

  func result() throws -> Result {
    var bases: [TargetName: Base] = [:]
    var readings: [Plan.Base: Workspace.Reading] = [:]
    for target in targets {
      guard let point = ledger?.base[lastName(of: target.name)] else { continue }
      let found = try readings[point] ?? workspace.read(.commit(point.commit), at: point.at)
      readings[point] = found
      bases[target.name] = Base(reading: found, point: point)
    }
    var plans: [TargetPlan] = []
    for target in targets { plans.append(try plan(target, base: bases[target.name])) }
    let plan = Plan(
      commit: reading.commit ?? "working-tree", base: bases.mapValues(\.point), at: reading.instant,
      validUntil: reading.access.nextChange(after: reading.instant), targets: Plan.numbered(plans))
    let faults = PlanCheck.faults(in: plan)
    guard faults.isEmpty else {
      throw CommandFailure(
        .bug, "the plan failed its own check: " + faults.map { "\($0.change) \($0.text)" }.joined(separator: "; "),
        hint: "nothing was changed; please report this")
    }
    return Result(plan: plan, bases: bases)
  }

  private func plan(_ target: any Target, base: Base?) throws -> TargetPlan {
    let wanted = Self.desired(target.name, in: reading)
    let lastName = lastName(of: target.name)
    let before = base.map { Self.desired(lastName, in: $0.reading) } ?? DesiredState()
    let owned = [target.name, lastName].reduce(Set(before.objects.keys)) { $0.union(ledger?.owned[$1] ?? []) }
    let live: LiveState
    do {
      live = try target.readLive(Scope(owned: owned, desired: wanted, base: before))
    } catch {
      let reason = CommandFailure.from(error)?.message ?? visible(String(describing: error))
      return TargetPlan(
        target: target.name, standing: .unreachable(reason), liveDigest: LiveState().digest, changes: [])
    }
    return Planner(
      target: target.name, base: before, desired: wanted, live: live, owned: owned, access: reading.access,
      instant: reading.instant, readiness: { target.readiness(of: $0) }
    ).targetPlan()
  }

  /// What a target was called at its last complete apply: a host that is renamed takes its base along, or whoever leaves
  /// with that commit would keep what they have there.
  private func lastName(of target: TargetName) -> TargetName {
    guard case .host(let name) = target, let ledger, ledger.base[target] == nil else { return target }
    let former = (reading.policy.hosts[name]?.previously ?? []).map(\.value)
    return former.first { reading.policy.hosts[$0] == nil && ledger.base[.host($0)] != nil }.map(TargetName.host)
      ?? target
  }

  static func desired(_ target: TargetName, in reading: Workspace.Reading) -> DesiredState {
    switch target {
    case .host(let host):
      .host(host, policy: reading.policy, access: reading.access, at: reading.instant)
    case .vault(let vault):
      .vault(vault, policy: reading.policy, access: reading.access, at: reading.instant)
    }
  }

  /// Targets that the ledger knows and the policy no longer names: nothing is planned on them.
  var orphans: [TargetName] {
    let named = Set(
      reading.policy.hosts.keys.map(TargetName.host) + reading.policy.settings.vaults.keys.map(TargetName.vault))
    let renamed = Set(reading.policy.hosts.values.flatMap { $0.previously.map { TargetName.host($0.value) } })
    return (ledger.map { Array($0.applied.keys) } ?? []).filter { !named.contains($0) && !renamed.contains($0) }
      .sorted()
  }
}
