internal import WritDigest
public import WritPolicy

extension ApprovalNeeds {
  /// How far in the future an approval may say it was signed: clocks differ.
  public static let clockTolerance = Duration(seconds: 300)

  /// What is met and what is not, at the instant of ``change``.
  public func judgement(of approvals: [GivenApproval]) -> ApprovalJudgement {
    let given = Set(approvals).sorted { ($0.approver, $0.id) < ($1.approver, $1.id) }
    var near: [ApprovalItem.Subject: [Offer]] = [:]
    for approval in given {
      for (subject, items) in Dictionary(grouping: approval.items, by: \.subject) {
        near[subject, default: []].append(Offer(approval: approval, items: items))
      }
    }
    let verdicts = demands.map { verdict($0, near[$0.item.subject] ?? []) }
    let known = Set(verdicts.flatMap { $0.counted.map(\.approval) + $0.refused.map(\.approval) })
    return ApprovalJudgement(
      verdicts: verdicts, idle: Set(given.map(\.id)).subtracting(known).sorted())
  }

  /// An approval with those of its items that are about one access or subject.
  struct Offer {
    var approval: GivenApproval
    var items: [ApprovalItem]
  }

  private func verdict(_ demand: ApprovalDemand, _ offers: [Offer]) -> ApprovalVerdict {
    var votes: [ApprovalTally.Vote] = []
    var refused: [(GivenApproval, ApprovalRefusal)] = []
    for offer in offers {
      let parts = ApprovalTally.parts(of: offer.items, for: demand.item)
      if let reason = refusal(of: offer.approval, for: demand) ?? (parts.isEmpty ? other(offer, demand.item) : nil) {
        refused.append((offer.approval, reason))
      } else {
        votes.append(ApprovalTally.Vote(person: people.person(offer.approval.approver), offer: offer, parts: parts))
      }
    }
    let missing = max(0, demand.approvals - ApprovalTally.fewest(of: votes, for: demand.item, from: change.from))
    if missing > 0 {
      // What is approved for some of it only is no use as long as the rest is missing.
      let whole = Set(votes.map(\.person)).filter { person in
        ApprovalTally.fewest(of: votes.filter { $0.person == person }, for: demand.item, from: change.from) > 0
      }
      refused += votes.filter { !whole.contains($0.person) }.map { ($0.offer.approval, other($0.offer, demand.item)) }
      votes.removeAll { !whole.contains($0.person) }
    }
    return ApprovalVerdict(
      demand: demand,
      counted: votes.map { .init(approver: $0.offer.approval.approver, approval: $0.offer.approval.id) },
      refused: refused.map { .init(approver: $0.0.approver, approval: $0.0.id, reason: $0.1) }, missing: missing)
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
  private func other(_ offer: Offer, _ item: ApprovalItem) -> ApprovalRefusal {
    guard case .gain(let gain) = item else { return .otherChange }
    let gains = offer.items.compactMap { item -> ApprovalItem.Gain? in
      if case .gain(let other) = item { other } else { nil }
    }
    let here = gains.filter { $0.target == gain.target }
    if here.isEmpty { return .otherTarget }
    let alike = here.filter { $0.control == gain.control }
    if alike.isEmpty { return .otherControl }
    return alike.contains { $0.identity == gain.identity } ? .otherInterval : .otherIdentity
  }
}
