internal import WritApply
internal import WritHistory
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
  let applier: Applier
  /// Those in force: the ledger's, before the first apply the commit's own.
  let signers: AllowedSigners
  let targets: [any Target]

  init(
    workspace: Workspace, basis: Workspace.Basis, at instant: Instant, ledger: LedgerState?, applier: Applier,
    selection: TargetSelection
  ) throws {
    self.workspace = workspace
    self.ledger = ledger
    self.applier = applier
    reading = try workspace.read(basis, at: instant)
    if let ledger {
      signers = ledger.signers
    } else if let commit = reading.commit, let written = try workspace.signers(of: reading.policy, at: commit) {
      signers = written
    } else {
      signers = try AllowedSigners([])
    }
    targets = try TargetFactory(
      workspace: workspace, policy: reading.policy, commit: reading.commit, applier: applier, signers: signers,
      now: SystemClock.now()
    ).targets(selection)
  }

  /// Plans, and says of every cause which commit it goes back to.
  func plan() throws -> Planning.Result {
    let planning = Planning(workspace: workspace, reading: reading, ledger: ledger, targets: targets)
    for orphan in planning.orphans {
      Terminal.message(
        "warning: \(orphan) is in the ledger and no longer in the policy; what was applied there stays as it is")
    }
    var result = try planning.result()
    if let commit = reading.commit, !result.plan.changes.isEmpty {
      let index = try workspace.index(upTo: commit)
      result.plan.targets = CauseHistory(index: index, instant: reading.instant).plans(result.plan.targets)
    }
    return result
  }

  /// Notes the version of each vault's manifest, so that an older one is known for a roll-back.
  func rememberVaults() throws {
    for case let vault as AgeVault in targets {
      if let version = try? vault.version() { try workspace.remember(version: version, of: vault.vault) }
    }
  }
}
