internal import WritApply
internal import WritDigest
internal import WritHistory
internal import WritPolicy
internal import WritRender
internal import WritSyntax

/// What a change needs, what is there for it, and what comes of that: the same for whoever asks, applies or verifies.
struct JudgedApprovals {
  let needs: ApprovalNeeds
  let judgement: ApprovalJudgement
  let given: [GivenApproval]
  let invalid: [ApprovalJSON.Invalid]
  private let valid: [ApprovalCheck.Valid]
  private let remarks: [String]

  /// Reads the branch, unless nothing is demanded.
  init(_ reading: ApprovalReading) throws {
    let result = try reading.result()
    var remarks = result.strangers.map {
      "the author `\(visible($0))` is nobody in the policy, and counts as somebody who does not approve"
    }
    guard !result.needs.demands.isEmpty else {
      self.init(result.needs, [], [], remarks: [], reading.record)
      return
    }
    let branch = try reading.workspace.openApprovals(.reading)
    defer { branch.close() }
    if let reason = branch.staleness {
      remarks.append("approvals could not be fetched, so there may be more: \(visible(reason))")
    }
    let offers = try ApprovalOffers(
      branch, for: result.needs.demands, breakglass: nil, result.check, at: reading.instant)
    remarks += offers.remarks.map { "on the branch of approvals \($0)" }
    self.init(result.needs, offers.valid, offers.refused, remarks: remarks, reading.record)
  }

  /// Judges copies that the ledger kept.
  init(_ reading: ApprovalReading, copies: [ApprovalCopy]) throws {
    let result = try reading.result()
    var (valid, refused): ([ApprovalCheck.Valid], [ApprovalCheck.Refusal]) = ([], [])
    for copy in copies {
      do throws(ApprovalCheck.Refusal) {
        valid.append(try result.check.valid(copy, at: reading.instant))
      } catch { refused.append(error) }
    }
    self.init(result.needs, valid, refused, remarks: [], reading.record)
  }

  private init(
    _ needs: ApprovalNeeds, _ valid: [ApprovalCheck.Valid], _ refused: [ApprovalCheck.Refusal], remarks: [String],
    _ record: ApprovalRecord
  ) {
    self.needs = needs
    self.valid = valid
    self.remarks = remarks
    given = valid.flatMap(record.given)
    judgement = needs.judgement(of: given)
    invalid = refused.map {
      ApprovalJSON.Invalid(
        approval: $0.copy.id, approver: $0.statement?.approver.text ?? "", reason: $0.reason,
        items: $0.statement?.items ?? [])
    }
  }

  var missing: [ApprovalVerdict] { judgement.verdicts.filter { !$0.isMet } }

  /// For the intent: what is let in, and by which approvals.
  var admission: IntentApproval {
    let counted = judgement.counted
    return IntentApproval(letIn: needs.items, copies: valid.map(\.copy).filter { counted.contains($0.id) })
  }

  func text(_ verdict: ApprovalVerdict, _ drawn: ApprovalText) -> String {
    let subject = ApprovalSubject(verdict.demand.item)
    let others = invalid.filter { $0.items.contains { ApprovalSubject($0) == subject } }
    return drawn.text(
      verdict, levels: Dictionary(given.map { ($0.id, $0.level) }) { $1 },
      others: others.map { "an approval that says \($0.approver) does not count: \($0.reason)" })
  }

  /// What whoever reads the result should know of how it came about.
  func tell() {
    for remark in remarks { Terminal.message("note: " + remark) }
  }

  static func failure(_ missing: Int, of all: Int) -> CommandFailure {
    CommandFailure(
      .notApproved, "\(missing) of \(all) demands for approval \(missing == 1 ? "is" : "are") not met",
      hint: "whoever may: writ approve")
  }
}
