internal import WritApply
internal import WritDigest
internal import WritHistory
internal import WritPlan
internal import WritPolicy
internal import WritRender
internal import WritSyntax
internal import WritSystem

/// What lets a commit in: approvals, or a breakglass that says why there are none.
struct Admission {
  var approval = IntentApproval()
  var breakglass: Breakglass?
}

extension Applying {
  /// Stops where an approval is missing, before anything is changed.
  ///
  /// Revocations never wait for one: applied alone they are let in without, and accept nothing.
  ///
  /// - Throws: ``CommandFailure`` with status 6 that names every item, what is missing, and why what is offered does not count.
  func admitted(on state: LedgerState, at instant: Instant, applier: PrincipalName) throws -> Admission {
    if extent == .revocations { return Admission() }
    let record = state.approvals
    if commit == record.accepted, record.revokedBy.isEmpty { return Admission() }
    guard try workspace.readIfGood(record.accepted, at: instant).reading != nil else {
      throw CommandFailure(
        .notApproved,
        "what commit \(record.accepted.prefix(10)) says of approvals cannot be read: there is no policy below "
          + "`\(visible(workspace.options.policies))` in it, or this version of writ finds it wrong",
        hint: "`writ apply --only revocations` waits for nobody; what is given waits until that policy can be read")
    }
    let judged = try JudgedApprovals(
      ApprovalReading(workspace, record, head: commit, at: instant, applier: applier))
    judged.tell()
    let missing = judged.missing
    if missing.isEmpty { return Admission(approval: judged.admission) }
    let drawn = ApprovalText(style: Terminal.errorStyle)
    for verdict in missing { Terminal.message(String(judged.text(verdict, drawn).dropLast())) }
    guard let reason = breakglass else {
      throw CommandFailure(
        .notApproved,
        "\(missing.count) of \(judged.judgement.verdicts.count) demands for approval "
          + "\(missing.count == 1 ? "is" : "are") not met, and nothing was changed",
        hint: "whoever may: writ approve; `writ apply --only revocations` waits for nobody")
    }
    Terminal.message(
      Terminal.errorStyle.warning("BREAKGLASS:")
        + " this goes in without the approvals above, and every plan says so until somebody entitled signs it off")
    return Admission(
      approval: judged.admission,
      breakglass: Breakglass(
        attempt: Intent.newAttempt(), commit: commit, accepted: record.accepted, reason: reason,
        items: ApprovalItem.ordered(missing.map(\.demand.item))))
  }

  /// New signers come in with an approved commit only: a run for revocations alone accepts nothing of it. One that goes is a
  /// revocation, and waits for nobody.
  func mayChangeSigners(
    _ policy: Policy, on state: LedgerState, at instant: Instant, applier: PrincipalName
  ) throws -> Bool {
    if extent == .all || commit == state.accepted { return true }
    let found: SignersChange?
    do {
      found = try SignersChange(workspace: workspace, policy: policy, commit: commit, state: state)
    } catch {
      // `changeSigners` says so, and lets them stay as they are.
      return true
    }
    guard let change = found else { return false }
    if change.onlyTakesAway { return true }
    let judged = try? JudgedApprovals(
      ApprovalReading(workspace, state.approvals, head: commit, at: instant, applier: applier))
    return judged?.missing.isEmpty ?? false
  }

  /// Records the approvals that sign off what went in without, once there are enough of them.
  func signOff() throws {
    guard let state = try ledger.read(), !state.approvals.openBreakglass.isEmpty else { return }
    let signer = try applier.signer(by: state.signers)
    for open in state.approvals.openBreakglass {
      do {
        guard let copies = try signedOff(open, state) else { continue }
        let record = ApprovalUse(about: open.sequence, copies: copies)
        let entry = try ledger.append(.approvalUsed(record), signer: signer, runner: runner, .retrying).entry
        Terminal.message("breakglass entry \(open.sequence) is signed off (recorded as entry \(entry.sequence))")
      } catch {
        // It stays open, and says so; that is no reason to stop a revocation.
        let reason = CommandFailure.from(error)?.message ?? visible(String(describing: error))
        Terminal.message(
          "warning: whether breakglass entry \(open.sequence) is signed off could not be told: \(reason)")
      }
    }
  }

  /// The approvals that sign it off; nil while some are missing.
  private func signedOff(_ open: ApprovalRecord.OpenBreakglass, _ state: LedgerState) throws -> [ApprovalCopy]? {
    let result = try ApprovalReading(workspace, open, in: state).result()
    let branch = try workspace.openApprovals(.reading)
    defer { branch.close() }
    let offers = try ApprovalOffers(
      branch, for: result.needs.demands, breakglass: open.sequence, result.check, at: SystemClock.now())
    // Made after what they are about, and valid now; the demands are those of then.
    let given = offers.valid.map {
      GivenApproval(
        id: $0.copy.id, approver: $0.statement.approver, items: $0.statement.items, level: $0.level,
        signed: open.intent.at, expires: .distantFuture)
    }
    let judgement = result.needs.judgement(of: given)
    guard judgement.isApproved, !judgement.verdicts.isEmpty else { return nil }
    return offers.valid.map(\.copy).filter { judgement.counted.contains($0.id) }
  }
}

extension Workspace {
  /// Says what went in without approvals, as long as nobody entitled has signed it off.
  func tellOfBreakglass(_ state: LedgerState?) {
    for open in state?.approvals.openBreakglass ?? [] {
      let items = open.breakglass.items
      Terminal.message(
        Terminal.errorStyle.warning("BREAKGLASS:")
          + " ledger entry \(open.sequence), \(open.entry.time.rfc3339), \(open.entry.actor): "
          + "\(visible(open.breakglass.reason)); not approved: \(items.count) \(items.count == 1 ? "item" : "items")")
      for item in items { Terminal.message("  " + ApprovalText.line(item)) }
      Terminal.message("  whoever may signs it off: writ approve --breakglass \(open.sequence)")
    }
  }
}
