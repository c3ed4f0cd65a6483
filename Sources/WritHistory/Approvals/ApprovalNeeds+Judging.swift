internal import WritDigest
public import WritPolicy

extension ApprovalNeeds {
  /// How far in the future an approval may say it was signed: clocks differ.
  public static let clockTolerance = Duration(seconds: 300)

  /// What is met and what is not, at the instant of ``change``.
  public func judgement(of approvals: [GivenApproval]) -> ApprovalJudgement {
    let given = Set(approvals).sorted { ($0.approver, $0.id) < ($1.approver, $1.id) }
    var near: [ApprovalSubjectKey: [GivenApproval]] = [:]
    for approval in given {
      for key in Set(approval.items.map(ApprovalSubjectKey.init)) { near[key, default: []].append(approval) }
    }
    let verdicts = demands.map { verdict($0, near[ApprovalSubjectKey($0.item)] ?? []) }
    let known = Set(verdicts.flatMap { $0.counted.map(\.approval) + $0.refused.map(\.approval) })
    return ApprovalJudgement(
      verdicts: verdicts, idle: Set(given.map(\.id)).subtracting(known).sorted())
  }

  private func verdict(_ demand: ApprovalDemand, _ approvals: [GivenApproval]) -> ApprovalVerdict {
    var votes: [ApprovalTally.Vote] = []
    var verdict = ApprovalVerdict(demand: demand, counted: [], refused: [], missing: demand.approvals)
    for approval in approvals {
      let parts = ApprovalTally.parts(of: approval.items, for: demand.item)
      if let reason = refusal(of: approval, for: demand) ?? (parts.isEmpty ? other(approval, demand.item) : nil) {
        verdict.refused.append(.init(approver: approval.approver, approval: approval.id, reason: reason))
      } else {
        verdict.counted.append(.init(approver: approval.approver, approval: approval.id))
        votes.append(ApprovalTally.Vote(person: people.person(approval.approver), parts: parts))
      }
    }
    verdict.missing = max(0, demand.approvals - ApprovalTally.fewest(of: votes, for: demand.item, from: change.from))
    return verdict
  }

  /// Why nothing that the approver signed then counts here.
  private func refusal(of approval: GivenApproval, for demand: ApprovalDemand) -> ApprovalRefusal? {
    if change.accepted.policy.people[approval.approver] == nil { return .notAPerson }
    if let reason = demand.excluded[approval.approver] {
      switch reason {
      case .author: return .author
      case .applier: return .applier
      case .beneficiary: return .beneficiary
      }
    }
    if !demand.eligible.contains(approval.approver) { return .notEligible }
    if approval.used { return .used }
    if approval.expires <= change.from { return .expired }
    if change.from + Self.clockTolerance < approval.signed { return .notYet }
    if let age = demand.maxAge, approval.signed + age <= change.from { return .tooOld }
    return approval.level < demand.minLevel ? .lowLevel : nil
  }

  /// In what the approval differs from the item; the nearest of its items decides.
  private func other(_ approval: GivenApproval, _ item: ApprovalItem) -> ApprovalRefusal {
    guard case .gain(let gain) = item else { return .otherChange }
    let gains = approval.items.compactMap { item -> ApprovalItem.Gain? in
      if case .gain(let other) = item, other.key == gain.key { other } else { nil }
    }
    let here = gains.filter { $0.target == gain.target }
    if here.isEmpty { return .otherTarget }
    let alike = here.filter { $0.control == gain.control }
    if alike.isEmpty { return .otherControl }
    return alike.contains { $0.identity == gain.identity } ? .otherInterval : .otherIdentity
  }
}

/// What brings an approval near a demand: the access or the subject.
private enum ApprovalSubjectKey: Hashable {
  case edge(EdgeKey)
  case subject(SensitiveKind, String)

  init(_ item: ApprovalItem) {
    switch item {
    case .gain(let gain): self = .edge(gain.key)
    case .sensitive(let change): self = .subject(change.kind, change.subject)
    }
  }
}
