internal import WritPolicy
internal import WritSyntax

/// Everything that must be signed before a change may be applied.
///
/// Rules, tags, roles and people are those of the accepted policy, so a change cannot appoint its own approver. A rule applies when
/// it matches before or after the change; whoever weakens or drops one needs what it demanded.
public struct ApprovalNeeds: Sendable {
  public let change: ApprovalChange
  /// In order of the items; nothing that no rule is about.
  public let demands: [ApprovalDemand]
  let people: ApprovalPeople

  /// - Parameters:
  ///   - authors: who wrote an item; see ``ApprovalAuthors``. Whoever may be one of them counts as one.
  ///   - applier: who is about to apply; nil when that is not known.
  public init(
    _ change: ApprovalChange, authors: (ApprovalItem) -> Set<Identity>, applier: Identity?
  ) {
    self.change = change
    people = ApprovalPeople([change.accepted.policy, change.head.policy])
    let rules = change.accepted.policy.approvalRules
    if rules.isEmpty || change.items.isEmpty {
      demands = []
      return
    }
    var matching = ApprovalMatching(change, people)
    var approvers = EligibleApprovers(change, people, applier: applier)
    let replaced = WeakenedRules(change)
    var demands: [ApprovalDemand] = []
    for subject in change.subjects {
      let authors = authors(subject.item)
      for index in rules.indices {
        var concerns = matching.matched(rules[index], subject) ?? []
        concerns += replaced.concerns(of: rules[index], at: index, subject)
        if concerns.isEmpty { continue }
        for demand in approvers.demands(ofRule: index, subject.item, concerns, authors: authors)
        where !demands.contains(demand, sinceFirst: subject.item) {
          demands.append(demand)
        }
      }
    }
    self.demands = demands
  }

  /// The items that some rule demands approvals of.
  public var items: [ApprovalItem] { ApprovalItem.ordered(demands.map(\.item)) }
}

extension [ApprovalDemand] {
  /// Among those of the same item, which stand at the end.
  fileprivate func contains(_ demand: ApprovalDemand, sinceFirst item: ApprovalItem) -> Bool {
    reversed().prefix { $0.item == item }.contains { known in
      var known = known
      known.beneficiary = demand.beneficiary
      return known == demand
    }
  }
}
