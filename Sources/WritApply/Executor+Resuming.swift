public import WritDigest
public import WritPlan
public import WritPolicy
public import WritSSHSignature

/// An attempt that somebody left open, closed by what the targets show.
public struct Recovery: Sendable {
  public var intent: LedgerState.OpenIntent
  /// Nil when it was abandoned without looking.
  public var outcome: Outcome?
  /// Sequence number of the entry that closed it.
  public var entry: Int
  /// Targets on which the ledger's head could not be left, and why.
  public var unwitnessed: [TargetName: String] = [:]
}

extension LedgerState.OpenIntent {
  /// Seconds after its last sign of life during which an attempt counts as being at work.
  public static let lease: Int64 = 15 * 60

  /// From when on others may close it.
  public var leaseEnd: Instant { Instant(seconds: lastSign.seconds + Self.lease) }

  /// Whether whoever began it could still record its outcome under these signers.
  public func canEnd(under signers: AllowedSigners) -> Bool {
    signers.entries(of: actor.text).contains { $0.key.fingerprint == key }
  }
}

extension Executor {
  /// Clears the way for a plan: pushes an outcome that still waits, and closes an attempt that was interrupted.
  ///
  /// An attempt of this machine is over, as this process holds the lock it held; one of the same actor on
  /// another machine, and with a reason anybody's, counts as over when its lease has ended, or its key is not in force any more.
  ///
  /// - Parameter abandonment: why somebody else's attempt is given up.
  /// - Returns: nil when no attempt was open.
  /// - Throws: ``LedgerError/openIntent(sequence:)`` while an attempt may still be at work.
  public func recover(
    targets: [TargetName: any Target], abandonment: String? = nil
  ) throws(LedgerError) -> Recovery? {
    try ledger.pushWaiting(signer: signer)
    guard let state = try ledger.read() else { throw .none }
    guard let open = state.openIntent else {
      // The push of a killed run may still be on its way: its journal tells later that it was one's own.
      ExecutorJournal.sweep(ledger.clone.journalFolder, olderThan: LedgerState.OpenIntent.lease)
      return nil
    }
    let account = try ExecutorJournal.account(of: open.intent.attempt, in: ledger.clone.journalFolder)
    let isOver = ledger.clock() >= open.leaseEnd || !open.canEnd(under: state.signers)
    if account == nil {
      guard isOver, open.actor == signer.actor || abandonment != nil else {
        throw .openIntent(sequence: open.sequence)
      }
      if open.actor != signer.actor, let abandonment {
        let record = Abandon(attempt: open.intent.attempt, intent: open.sequence, reason: abandonment)
        let appended = try ledger.append(.abandon(record), signer: signer, runner: runner, .exactly(state))
        return Recovery(intent: open, outcome: nil, entry: appended.entry.sequence)
      }
    }
    let plan = try ledger.recordedPlan(of: open.intent)
    let outcome = outcome(of: plan, open, account, targets)
    let appended = try ledger.append(.outcome(outcome), signer: signer, runner: runner, .exactly(state))
    ExecutorJournal.remove(open.intent.attempt, in: ledger.clone.journalFolder)
    // What the interrupted run changed has no newer witness yet.
    let reached = Set(outcome.standings.keys.filter { outcome.standings[$0] != .unreachable })
    return Recovery(
      intent: open, outcome: outcome, entry: appended.entry.sequence,
      unwitnessed: try leaveHead(on: reached, targets))
  }

  /// What became of each change, from what the targets show now.
  private func outcome(
    of plan: Plan, _ open: LedgerState.OpenIntent, _ account: ExecutorJournal.Account?,
    _ targets: [TargetName: any Target]
  ) -> Outcome {
    var results: [String: ChangeResult] = [:]
    var standings: [TargetName: Outcome.Standing] = [:]
    let scopes = Dictionary(plan.targets.map { ($0.target, Scope(of: $0.changes)) }) { first, _ in first }
    let asked = plan.targets.compactMap { targets[$0.target] }
    let found = crew.map(asked) { target in scopes[target.name].flatMap { try? target.readLive($0) } }
    let shown = Dictionary(zip(asked.map(\.name), found)) { first, _ in first }
    for target in plan.targets {
      let live = shown[target.target] ?? nil
      for result in Self.classed(target.changes, live, account) { results[result.change] = result }
      let isDone = target.standing == .complete && target.changes.allSatisfy { results[$0.id]?.isOK == true }
      standings[target.target] = live == nil ? .unreachable : isDone ? .complete : .partial
    }
    return Outcome(
      attempt: open.intent.attempt, intent: open.sequence, standings: standings,
      results: plan.changes.compactMap { change in results[change.id].map { Outcome.Result(change, $0) } },
      recovered: true)
  }

  private static func classed(
    _ changes: [Change], _ live: LiveState?, _ account: ExecutorJournal.Account?
  ) -> [ChangeResult] {
    var results: [ChangeResult] = []
    for (object, steps) in Dictionary(grouping: changes, by: \.object) {
      // What a target was asked for and says nothing of is not known to be gone.
      let observed =
        live?.objects[object]
        ?? .unknown(reason: live == nil ? "the target cannot be read" : "the target said nothing of it")
      // Several changes of one object lead from state to state: those up to the one whose state it shows are done.
      let done = steps.lastIndex { observed.shows($0.after, of: object.kind) }
      for (index, change) in steps.enumerated() {
        let status: ChangeResult.Status
        if case .unknown(let reason) = observed {
          status = .unknown(reason)
        } else if let done, index <= done {
          status = .ok(readBack: observed.digest)
        } else {
          status = undone(change, account)
        }
        let wasEnded = account?.ended[change.id]?.isOK == true
        let result = ChangeResult(change: change.id, status: status)
        results.append(
          ChangeResult(change: change.id, status: status, recovered: result.isOK && !wasEnded))
      }
    }
    return results
  }

  /// Of a change that the target does not show.
  private static func undone(_ change: Change, _ account: ExecutorJournal.Account?) -> ChangeResult.Status {
    if case .blocked(let reason) = change.readiness { return .skipped("blocked: \(reason)") }
    guard let account else { return .failed("not found done after an interruption") }
    if let ended = account.ended[change.id] {
      return ended.isOK ? .failed("done, and undone since") : ended.status
    }
    return account.began.contains(change.id) ? .failed("interrupted half-way") : .skipped("interrupted before it")
  }
}

extension Scope {
  /// Just the objects of these changes, as far as a plan says what they should be.
  init(of changes: [Change]) {
    var desired: [ObjectID: DesiredState.Entry] = [:]
    var base: [ObjectID: DesiredState.Entry] = [:]
    for change in changes {
      desired[change.object] = change.after.map { DesiredState.Entry($0, causes: change.causes) }
      base[change.object] = base[change.object] ?? change.before.map { DesiredState.Entry($0, causes: change.causes) }
    }
    self.init(owned: Set(changes.map(\.object)), desired: DesiredState(desired), base: DesiredState(base))
  }
}

extension Observed {
  /// Whether this is what a change should have led to; nil stands for gone.
  func shows(_ after: ObjectState?, of kind: ObjectKind) -> Bool {
    switch (self, after) {
    case (.absent, nil): true
    case (.present(let state), let after?), (.foreign(let state), let after?):
      // A recorded plan hides what names a person, so the same is hidden here.
      state.recorded(of: kind).agrees(with: after)
    default: false
    }
  }

  /// Digest of a state read back.
  public var digest: Digest { Digest(of: state?.json.canonical ?? Array("absent".utf8)) }
}

extension Ledger.Appended {
  public var entry: LedgerEntry {
    switch self {
    case .pushed(let entry), .kept(let entry, _): entry
    }
  }
}

extension Ledger {
  /// The plan that an intent carried out, in its recorded form.
  public func recordedPlan(of intent: Intent) throws(LedgerError) -> Plan {
    guard let state = try read() else { throw .none }
    let path = LedgerLayout.plan(intent.plan)
    var files = try clone.git.files(of: state.commit)
    try clone.git.load(&files) { $0 == path }
    guard let bytes = files[path], Digest(of: bytes) == intent.plan,
      let plan = try? Plan(recorded: bytes, at: intent.at)
    else { throw .faulty([LedgerFault(.badPlan, path: path, "not the plan that the intent names")]) }
    return plan
  }
}
