internal import WritApply
internal import WritHistory
internal import WritPolicy
internal import WritRender
internal import WritSyntax

extension PlanningSession {
  /// Says what would stop an apply of the planned commit for want of an approval. A plan goes on all the same: revocations wait
  /// for nobody, and one made for later may be approved by then.
  func tellOfApprovals() {
    guard let ledger, let commit = reading.commit else { return }
    let record = ledger.approvals
    if commit == record.accepted, record.revokedBy.isEmpty { return }
    do {
      let actor = applier.actor(by: signers)?.actor
      let judged = try JudgedApprovals(
        ApprovalReading(workspace, record, head: commit, at: reading.instant, applier: actor))
      judged.tell()
      let missing = judged.missing
      guard !missing.isEmpty else { return }
      let all = judged.judgement.verdicts.count
      Terminal.message(
        Terminal.errorStyle.warning("not approved:")
          + " \(missing.count) of \(all) demands for approval \(missing.count == 1 ? "is" : "are") not met, so `writ apply` "
          + "would change nothing; `writ approvals` lists them")
      for verdict in missing { Terminal.message("  " + ApprovalText.line(verdict.demand.item)) }
    } catch {
      let reason = CommandFailure.from(error)?.message ?? visible(String(describing: error))
      Terminal.message("warning: whether this needs approvals could not be told: \(reason)")
    }
  }
}
