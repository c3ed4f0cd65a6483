internal import Synchronization
internal import WritDigest
internal import WritPlan
internal import WritPolicy

/// One pass over a plan's changes, and what became of each.
final class ExecutorRun {
  private let plan: Plan
  private let targets: [TargetName: any Target]
  private var statuses: [String: ChangeResult] = [:]
  /// Begun, and not ended.
  private var begun: Set<String> = []
  /// Why nothing more is tried on a target.
  private var down: [TargetName: String] = [:]
  /// Targets on which a change was begun.
  private(set) var touched: Set<TargetName> = []
  private var halted: Halt?
  private var lease: () -> String? = { nil }
  /// Held for whatever changes the above, the journal and the lease among it: several targets are at work at a time.
  private let gate = Mutex<Void>(())

  /// Why the whole pass ends early; thrown through a target that is at work.
  private enum Halt: Error {
    case stopped
    case journal(String)
    /// Others may be at work now.
    case lease(String)

    var reason: String {
      switch self {
      case .stopped: "stopped before it"
      case .journal(let reason): "not tried, because the journal cannot be written: \(reason)"
      case .lease(let reason): "not tried: \(reason)"
      }
    }
  }

  init(_ plan: Plan, targets: [TargetName: any Target]) {
    self.plan = plan
    self.targets = targets
    for target in plan.targets {
      if case .unreachable(let reason) = target.standing {
        down[target.target] = reason
      } else if targets[target.target] == nil {
        down[target.target] = "not part of this run"
      }
    }
  }

  private func isReady(_ change: Change) -> Bool {
    change.readiness == .ready && down[change.target] == nil
  }

  /// Whether there is a change that can be tried.
  var isRunnable: Bool { plan.changes.contains(where: isReady) }

  /// - Parameter lease: says why nothing more may be begun; asked before each change.
  func work(
    journal: ExecutorJournal, stop: StopRequest, crew: TargetCrew = TargetCrew(), lease: @escaping () -> String?,
    progress: (ExecutorEvent) -> Void
  ) {
    self.lease = lease
    // What takes away has come to its end everywhere before anything is given anywhere.
    for phase in [Change.Phase.prepare, .revoke, .grant] {
      if halted != nil { return }
      var jobs: [(target: any Target, changes: [Change])] = []
      for target in plan.targets {
        var changes = target.changes.filter { $0.phase == phase && isReady($0) }
        if phase == .grant { holdBack(&changes, in: target) }
        if !changes.isEmpty, let instance = targets[target.target] { jobs.append((instance, changes)) }
      }
      crew.forEach(jobs.map(\.target)) { place in
        if gate.withLock({ _ in halted != nil }) { return }
        work(jobs[place].changes, on: jobs[place].target, journal, stop, progress)
      }
    }
  }

  /// Leaves out what waits for something that was to be narrowed first and was not: it would give more than planned.
  private func holdBack(_ changes: inout [Change], in target: TargetPlan) {
    let narrowings = target.changes.filter { change in
      (change.phase == .revoke || change.phase == .prepare && change.object.kind == .ends)
        && statuses[change.id]?.isOK != true
    }
    if narrowings.isEmpty { return }
    changes.removeAll { change in
      let cause = narrowings.first { narrowing in
        // Of what was never tried only the same object matters: the other half of a change that is blocked.
        statuses[narrowing.id] != nil ? change.mustWait(for: narrowing) : narrowing.object == change.object
      }
      guard let cause else { return false }
      statuses[change.id] = ChangeResult(
        change: change.id,
        status: .skipped("not given while \(cause.object) gives too much: \(cause.id) did not come about"))
      return true
    }
  }

  private func work(
    _ changes: [Change], on target: any Target, _ journal: ExecutorJournal, _ stop: StopRequest,
    _ progress: (ExecutorEvent) -> Void
  ) {
    let byID = Dictionary(changes.map { ($0.id, $0) }) { $1 }
    var failure: String?
    var isHalted = false
    do {
      try target.apply(changes) { event in
        do {
          try gate.withLock { _ in try note(event, byID, of: target.name, journal, stop, progress) }
        } catch {
          isHalted = true
          throw error
        }
      }
    } catch {
      if !isHalted { failure = Self.text(error) }
    }
    gate.withLock { _ in settle(changes, on: target.name, failure) }
  }

  private func note(
    _ event: ChangeProgress, _ byID: [String: Change], of target: TargetName, _ journal: ExecutorJournal,
    _ stop: StopRequest, _ progress: (ExecutorEvent) -> Void
  ) throws {
    switch event {
    case .began(let id):
      guard let change = byID[id] else { return }
      // The safe point: whatever came before has ended, and this change has written nothing yet.
      if stop.isMade { halted = halted ?? .stopped }
      if halted == nil, let reason = lease() { halted = .lease(reason) }
      if let halted { throw halted }
      do { try journal.began(id) } catch { throw halt(error) }
      begun.insert(id)
      touched.insert(target)
      progress(.began(change))
    case .ended(let result):
      guard let change = byID[result.change] else { return }
      // A target may take the end of the pass for a failure of the change that it was about to begin.
      if halted != nil && !begun.contains(result.change) { return }
      begun.remove(result.change)
      statuses[result.change] = result
      progress(.ended(change, result))
      do { try journal.ended(result) } catch { throw halt(error) }
    }
  }

  /// Says of each change that got no result what became of it.
  private func settle(_ changes: [Change], on target: TargetName, _ failure: String?) {
    if let failure { down[target] = failure }
    for change in changes where statuses[change.id] == nil {
      let reason = failure ?? halted?.reason ?? "the target gave no result"
      let wasBegun = begun.remove(change.id) != nil
      statuses[change.id] = ChangeResult(
        change: change.id, status: wasBegun || (failure == nil && halted == nil) ? .unknown(reason) : .skipped(reason))
    }
  }

  private func halt(_ error: any Error) -> Halt {
    let halt = Halt.journal(Self.text(error))
    halted = halt
    return halt
  }

  private func result(of change: Change) -> ChangeResult {
    if let result = statuses[change.id] { return result }
    if case .blocked(let reason) = change.readiness {
      return ChangeResult(change: change.id, status: .skipped("blocked: \(reason)"))
    }
    return ChangeResult(
      change: change.id, status: .skipped(down[change.target] ?? halted?.reason ?? "not tried"))
  }

  /// What came of it, without what only the ledger knows.
  func outcome(ifNothing standing: ApplyOutcome.Standing) -> ApplyOutcome {
    let results = plan.changes.map { Outcome.Result($0, result(of: $0)) }
    let isOK = Dictionary(results.map { ($0.result.change, $0.result.isOK) }) { $0 && $1 }
    var standings: [TargetName: Outcome.Standing] = [:]
    for target in plan.targets {
      let isDone = target.standing == .complete && target.changes.allSatisfy { isOK[$0.id] == true }
      let isReached = touched.contains(target.target) || down[target.target] == nil
      standings[target.target] = isReached ? (isDone ? .complete : .partial) : .unreachable
    }
    let isWhole = standings.values.allSatisfy { $0 == .complete }
    var wasStopped = false
    if case .stopped? = halted { wasStopped = true }
    return ApplyOutcome(
      standing: isWhole ? standing : .partial, targets: standings, results: results, wasStopped: wasStopped)
  }

  /// An error of the outside in one line, with control characters made visible.
  static func text(_ error: any Error) -> String {
    String(
      "\(error)".prefix(500).unicodeScalars.map {
        $0.properties.generalCategory == .control ? "\u{FFFD}" : Character($0)
      })
  }
}

extension Outcome.Result {
  init(_ change: Change, _ result: ChangeResult) {
    self.init(
      target: change.target, object: change.object.description, action: change.action.rawValue, result: result)
  }
}

extension ChangeResult {
  public var isOK: Bool { if case .ok = status { true } else { false } }
}
