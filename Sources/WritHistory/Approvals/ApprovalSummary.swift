public import WritPolicy

/// The approvals of a change as a review shows them: per item what is needed, who gave it and who still can.
public struct ApprovalSummary: Sendable, Hashable {
  public struct Line: Sendable, Hashable {
    public var item: ApprovalItem
    public var rule: ApprovalDemand.Rule
    public var needed: Int
    /// How many people are still missing.
    public var missing: Int
    /// Sorted, each once.
    public var approvedBy: [PrincipalName]
    /// Who could still approve; sorted.
    public var eligible: [PrincipalName]
    /// Approvals that are about it and do not count.
    public var refused: [ApprovalVerdict.Refused]
  }

  /// In order of the items.
  public var lines: [Line]
  public var isApproved: Bool { lines.allSatisfy { $0.missing == 0 } }

  public init(_ judgement: ApprovalJudgement) {
    lines = judgement.verdicts.map { verdict in
      let approvers = Set(verdict.counted.map(\.approver))
      return Line(
        item: verdict.demand.item, rule: verdict.demand.rule, needed: verdict.demand.approvals,
        missing: verdict.missing, approvedBy: approvers.sorted(),
        eligible: verdict.demand.eligible.filter { !approvers.contains($0) }, refused: verdict.refused)
    }
  }
}
