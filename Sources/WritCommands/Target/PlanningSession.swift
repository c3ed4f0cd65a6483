internal import WritApply
internal import WritHistory
internal import WritHostLinux
internal import WritPlan
internal import WritPolicy
internal import WritSSHSignature
internal import WritSystem
internal import WritVaultAge

/// What `plan`, `drift` and `apply` share: one reading of git, ledger and targets.
struct PlanningSession {
  let workspace: Workspace
  let reading: Workspace.Reading
  let ledger: LedgerState?
  let bases: PlanBases
  let applier: Applier
  /// Those in force: the ledger's, before the first apply the commit's own.
  let signers: AllowedSigners
  /// The policy's, and those that left it and still hold something of writ's.
  let targets: [any Target]
  let leaving: Set<TargetName>
  /// Whether what is older than writ becomes writ's where the policy names it.
  var takesIn = false
  let fleet: Fleet

  init(
    workspace: Workspace, basis: Workspace.Basis, at instant: Instant, ledger: LedgerState?, applier: Applier,
    selection: TargetSelection, fleet: Fleet = Fleet()
  ) throws {
    self.workspace = workspace
    self.fleet = fleet
    self.ledger = ledger
    self.applier = applier
    let reading = try workspace.read(basis, at: instant)
    self.reading = reading
    let bases = PlanBases(workspace: workspace, ledger: ledger, planned: reading)
    self.bases = bases
    let signers: AllowedSigners
    if let ledger {
      signers = ledger.signers
    } else if let commit = reading.commit, let written = try workspace.signers(of: reading.policy, at: commit) {
      signers = written
    } else {
      signers = try AllowedSigners([])
    }
    self.signers = signers
    let now = SystemClock.now()
    let here = try fleet.here(in: reading.policy)
    let selection = selection.naming(here)
    func factory(_ policy: Policy) -> TargetFactory {
      TargetFactory(
        workspace: workspace, policy: policy, commit: reading.commit, applier: applier, signers: signers, now: now,
        fleet: fleet, here: here)
    }
    let left = ledger.map {
      LeavingTargets(workspace: workspace, policy: reading.policy, ledger: $0, bases: bases)
    }
    leaving = Set(left?.names ?? [])
    targets =
      try factory(reading.policy).targets(selection, besides: leaving) + (left?.targets(selection, factory) ?? [])
  }

  /// Plans, asks the guards, and says of every cause which commit it goes back to.
  func plan() throws -> Planning.Result {
    var result = try Planning(
      reading: reading, ledger: ledger, bases: bases, targets: targets, leaving: leaving, takesIn: takesIn,
      crew: fleet.crew
    ).result()
    ProgressLine.clear()
    rememberTrees()
    result.plan.guards = try guards(result)
    result.plan.notes = emptied(result).map(\.text)
    if let commit = reading.commit, !result.plan.changes.isEmpty {
      let index = try workspace.index(upTo: commit)
      result.plan.targets = CauseHistory(index: index, instant: reading.instant).plans(result.plan.targets)
    }
    return result
  }

  /// Lists that held something in some target's base and hold nothing now; each once, with the most that it held.
  private func emptied(_ result: Planning.Result) -> [EmptiedList] {
    var most: [ListPlace: EmptiedList] = [:]
    var points: Set<Plan.Base> = []
    for case .readable(let before, let point) in result.bases.values where points.insert(point).inserted {
      for list in EmptiedList.all(from: before.policy, to: reading.policy)
      where most[list.place].map({ $0.before < list.before }) ?? true { most[list.place] = list }
    }
    return most.values.sorted { $0.place < $1.place }
  }

  private func guards(_ result: Planning.Result) throws -> [TrippedGuard] {
    var points = Set(result.bases.values.compactMap(\.point))
    // A target that was never applied whole has no base, and may have much of what was accepted last.
    if result.bases.values.contains(where: { $0.point == nil }), let intent = ledger?.lastIntent {
      points.insert(Plan.Base(commit: intent.commit, at: intent.at))
    }
    let order = points.sorted { ($0.commit, $0.at) < ($1.commit, $1.at) }
    return try PlanGuards(workspace: workspace, reading: reading, applier: applier.actor(by: signers)?.actor).tripped(
      order.map { point in (try bases.base(at: point), treeChanges(result, at: point)) })
  }

  /// What differs of trees on the targets that stand at `point`. Nothing on one that was never applied whole: there everything
  /// is found as it is.
  private func treeChanges(_ result: Planning.Result, at point: Plan.Base) -> [TreeMove] {
    result.plan.targets.filter { result.bases[$0.target]?.point == point }.flatMap { plan in
      let changed = Set(plan.changes.map(\.object))
      return plan.extents.filter { changed.contains($0.key) }.map {
        TreeMove(target: plan.target, path: $0.key.name, extent: $0.value)
      }
    }
  }

  /// Notes how many names the trees of each host had. A clone that cannot be written does without.
  func rememberTrees() {
    for case let host as LinuxHost in targets {
      if let names = host.countedNames, names > 0 { try? workspace.remember(names: names, on: host.hostName) }
    }
  }

  /// Notes the version of each vault's manifest, so that an older one is known for a roll-back.
  func rememberVaults() throws {
    for case let vault as AgeVault in targets {
      if let version = try? vault.version() { try workspace.remember(version: version, of: vault.vault) }
    }
  }
}

extension LedgerState {
  /// The newest intent, finished or not.
  fileprivate var lastIntent: Intent? {
    for entry in entries.reversed() {
      if case .intent(let intent) = entry.record { return intent }
    }
    return nil
  }
}
