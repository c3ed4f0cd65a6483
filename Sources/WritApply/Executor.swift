internal import WritDigest
public import WritPlan
public import WritPolicy

/// Carries a plan out, so that nothing is applied that the ledger does not show: the signed intent is pushed before the
/// first change, the outcome after the last.
///
/// The order is that of design §5 over all targets: what others need, then what takes away, then what gives. So a slow
/// host keeps nobody's access alive on another one by waiting for its grants.
public struct Executor {
  let ledger: Ledger
  let signer: LedgerSigner
  let runner: String?
  let stop: StopRequest
  let crew: TargetCrew

  /// - Parameter ledger: opened for writing.
  public init(
    ledger: Ledger, signer: LedgerSigner, runner: String? = nil, stop: StopRequest = StopRequest(),
    crew: TargetCrew = TargetCrew()
  ) {
    self.ledger = ledger
    self.signer = signer
    self.runner = runner
    self.stop = stop
    self.crew = crew
  }

  /// Applies a plan that was made from `state`.
  ///
  /// - Parameters:
  ///   - tree: id of the policy folder's tree in the plan's commit.
  ///   - extent: `.revocations` leaves out what does not take access away.
  ///   - approval: what let the commit in; with `breakglass` the entry that says why is appended first.
  ///   - targets: a planned target that is missing here counts as unreachable.
  /// - Throws: ``LedgerError``; then no change was begun. ``LedgerError/moved`` asks for a new plan. What fails after the
  ///   first change is in the outcome.
  public func execute(
    _ whole: Plan, tree: String, on state: LedgerState, extent: Intent.Extent = .all, overrides: [GuardOverride] = [],
    approval: IntentApproval = IntentApproval(), breakglass: Breakglass? = nil, targets: [TargetName: any Target],
    progress: (ExecutorEvent) -> Void = { _ in }
  ) throws(LedgerError) -> ApplyOutcome {
    if let open = state.openIntent { throw .openIntent(sequence: open.sequence) }
    let plan = extent == .revocations ? whole.onlyRevocations : whole
    let run = ExecutorRun(plan, targets: targets)
    guard run.isRunnable || advances(plan, tree, extent, state) else { return run.outcome(ifNothing: .nothingToDo) }

    var state = state
    var approval = approval
    if let breakglass {
      let entry = try ledger.append(.breakglass(breakglass), signer: signer, runner: runner, .exactly(state)).entry
      guard let next = try ledger.read() else { throw .none }
      (state, approval.breakglass) = (next, entry.sequence)
    }
    let intent = Intent(
      attempt: breakglass?.attempt ?? Intent.newAttempt(), commit: plan.commit, tree: tree, at: plan.at, extent: extent,
      plan: plan.digest,
      base: plan.base, live: Dictionary(plan.targets.map { ($0.target, $0.liveDigest) }) { $1 }, overrides: overrides,
      leaving: plan.targets.filter(\.isLeaving).map(\.target), approval: approval)
    state = try recordOverrides(overrides, on: state)
    let journal = try ExecutorJournal(attempt: intent.attempt, in: ledger.clone.journalFolder)
    do {
      try ledger.append(.intent(intent), plan: plan, signer: signer, runner: runner, .exactly(state))
    } catch {
      // An intent that perhaps arrived keeps its journal, so that the next run knows it for its own: whatever failed after the
      // push, it may lie there.
      if error.meansNotAppended { journal.remove() }
      throw error
    }
    let sequence = state.head.size
    progress(.begun(intent: sequence))
    let heartbeat = Heartbeat(ledger, signer, runner: runner, attempt: intent.attempt, intent: sequence)
    run.work(journal: journal, stop: stop, crew: crew, lease: heartbeat.beat, progress: progress)

    var result = run.outcome(ifNothing: .complete)
    result.intent = sequence
    let outcome = Outcome(
      attempt: intent.attempt, intent: sequence, standings: result.targets, results: result.results)
    do {
      switch try ledger.append(.outcome(outcome), signer: signer, runner: runner, .waiting) {
      case .kept(let entry, let reason):
        result.outcome = entry.sequence
        result.waiting = reason
      case .pushed(let entry):
        result.outcome = entry.sequence
        journal.remove()
        // A head that may yet be signed anew must not be left anywhere: it would accuse the ledger later.
        result.unwitnessed = try leaveHead(on: run.touched, targets)
      }
    } catch {
      result.standing = .partial
      if let state = try? ledger.read(), state.openIntent?.intent.attempt != intent.attempt {
        // Somebody gave the attempt up meanwhile; what it changed is owned by its intent, and read by the next run.
        journal.remove()
        result.isGivenUp = true
      } else {
        // The targets are changed and the journal stays: the next run reads them and records what became of the attempt.
        result.waiting = ExecutorRun.text(error)
      }
    }
    return result
  }

  /// Each overridden guard has an entry of its own, once for each commit.
  private func recordOverrides(_ overrides: [GuardOverride], on state: LedgerState) throws(LedgerError) -> LedgerState {
    var state = state
    let known = Set(
      state.entries.compactMap { if case .override(let override) = $0.record { override } else { nil } })
    for override in overrides where !known.contains(override) {
      try ledger.append(.override(override), signer: signer, runner: runner, .exactly(state))
      guard let next = try ledger.read() else { throw .none }
      state = next
    }
    return state
  }

  /// Whether an apply without changes still says something: that a target now stands at a policy it was not known to have.
  private func advances(_ plan: Plan, _ tree: String, _ extent: Intent.Extent, _ state: LedgerState) -> Bool {
    extent == .all
      && plan.targets.contains { target in
        target.standing == .complete && target.changes.isEmpty && state.applied[target.target]?.tree != tree
      }
  }

  func leaveHead(
    on names: Set<TargetName>, _ targets: [TargetName: any Target]
  ) throws(LedgerError) -> [TargetName: String] {
    guard !names.isEmpty, let head = try ledger.read()?.head else { return [:] }
    var failures: [TargetName: String] = [:]
    let witnesses = names.sorted().compactMap { targets[$0] }
    let reasons = crew.map(witnesses) { target -> String? in
      do { try target.leaveHead(head) } catch { return ExecutorRun.text(error) }
      return nil
    }
    for (target, reason) in zip(witnesses, reasons) { failures[target.name] = reason }
    return failures
  }
}
