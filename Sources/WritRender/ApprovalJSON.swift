public import WritDigest
public import WritHistory
internal import WritPolicy

/// Approvals in their published JSON form.
public enum ApprovalJSON {
  /// An approval that does not verify, and why.
  public struct Invalid: Sendable, Hashable {
    public var approval: Digest
    /// As it claims.
    public var approver: String
    public var reason: String
    public var items: [ApprovalItem]

    public init(approval: Digest, approver: String, reason: String, items: [ApprovalItem]) {
      self.approval = approval
      self.approver = approver
      self.reason = reason
      self.items = items
    }
  }

  /// - Parameters:
  ///   - given: every approval that verifies.
  ///   - accepted, head: full ids of commits.
  public static func document(
    _ judgement: ApprovalJudgement, given: [GivenApproval], invalid: [Invalid], accepted: String, head: String,
    breakglass: [Int]
  ) -> JSONValue {
    [
      "format_version": 1, "accepted": .string(accepted), "head": .string(head),
      "approved": .bool(judgement.isApproved), "demands": .array(judgement.verdicts.map { demand($0, given) }),
      "given": .array(given.map(approval)),
      "invalid": .array(
        invalid.map {
          [
            "approval": .string($0.approval.description), "approver": .string($0.approver),
            "reason": .string($0.reason), "items": .array($0.items.map(\.json)),
          ]
        }), "breakglass": .array(breakglass.map(JSONValue.integer)),
    ]
  }

  /// One demand with what came of it.
  public static func demand(_ verdict: ApprovalVerdict, _ given: [GivenApproval]) -> JSONValue {
    let demand = verdict.demand
    return .members([
      "item": demand.item.json, "rule": .string(demand.rule.text), "place": BlameJSON.place(demand.rule.place),
      "needed": .integer(demand.approvals), "missing": .integer(verdict.missing),
      "beneficiary": demand.beneficiary.map { .string($0.text) },
      "eligible": .array(demand.eligible.map { .string($0.text) }),
      "excluded": .object(
        Dictionary(uniqueKeysWithValues: demand.excluded.map { ($0.key.text, .string($0.value.rawValue)) })),
      "counted": .array(
        verdict.counted.map {
          ["approver": .string($0.approver.text), "approval": .string($0.approval.description)]
        }),
      "refused": .array(
        verdict.refused.map {
          [
            "approver": .string($0.approver.text), "approval": .string($0.approval.description),
            "reason": .string($0.reason.rawValue),
          ]
        }),
    ])
  }

  private static func approval(_ given: GivenApproval) -> JSONValue {
    [
      "approval": .string(given.id.description), "approver": .string(given.approver.text),
      "level": .integer(given.level), "signed": .string(given.signed.rfc3339),
      "expires": .string(given.expires.rfc3339), "used": .bool(given.used),
    ]
  }
}
