internal import WritPolicy
internal import WritSyntax

/// Whose approvals count for what: from the accepted policy alone.
struct EligibleApprovers {
  private let change: ApprovalChange
  private let people: ApprovalPeople
  private let holders: [RoleName: Set<PrincipalName>]
  private let text: RuleText

  init(_ change: ApprovalChange, _ people: ApprovalPeople) {
    self.change = change
    self.people = people
    text = RuleText(renames: nil)
    let policy = change.accepted.policy
    let wanted = Set(policy.approvalRules.flatMap { $0.approverRoles.map(\.value) })
    var holders: [RoleName: Set<PrincipalName>] = [:]
    for (name, held) in policy.rolesHeld() where policy.people[name] != nil {
      for (role, when) in held where wanted.contains(role) && when.contains(change.from) {
        holders[role, default: []].insert(name)
      }
    }
    self.holders = holders
  }

  /// One demand for everybody who gains: whoever may not approve their own gain may approve another's.
  func demands(
    _ rule: ApprovalRule, _ item: ApprovalItem, _ concerns: [ApprovalChange.Concern], authors: Set<Identity>,
    applier: Identity?
  ) -> [ApprovalDemand] {
    let beneficiaries = Set(concerns.compactMap(\.principal)).sorted()
    return (beneficiaries.isEmpty ? [nil] : beneficiaries.map(Optional.some)).map { beneficiary in
      var eligible: [PrincipalName] = []
      var refused: [PrincipalName: ApprovalRule.Excluded] = [:]
      for name in named(rule, beneficiary).sorted() {
        let reasons: [(ApprovalRule.Excluded, Bool)] = [
          (.beneficiary, beneficiary.map { people.mayBe(.principal($0), name) } ?? false),
          (.author, authors.contains { people.mayBe($0, name) }),
          (.applier, applier.map { people.mayBe($0, name) } ?? false),
        ]
        if let reason = reasons.first(where: { $0.1 && rule.excluded.contains($0.0) }) {
          refused[name] = reason.0
        } else {
          eligible.append(name)
        }
      }
      return ApprovalDemand(
        item: item,
        rule: ApprovalDemand.Rule(
          text: text.approval(rule), place: Blame.Path.Place(rule.span, in: change.accepted.policy.sources)),
        approvals: rule.approvals.value, beneficiary: beneficiary, eligible: eligible, excluded: refused,
        maxAge: rule.maxAge?.value, minLevel: rule.level, eligiblePeople: Set(eligible.map(people.person)).count)
    }
  }

  /// Everybody whom the rule's `by` names, whoever is excluded.
  private func named(_ rule: ApprovalRule, _ beneficiary: PrincipalName?) -> Set<PrincipalName> {
    var found: Set<PrincipalName> = []
    for role in rule.approverRoles { found.formUnion(holders[role.value] ?? []) }
    if rule.acceptsManager { found.formUnion(managers(of: beneficiary)) }
    return found
  }

  /// Of nobody in particular: everybody who is somebody's manager.
  private func managers(of beneficiary: PrincipalName?) -> Set<PrincipalName> {
    let policy = change.accepted.policy
    let names: [PrincipalName] =
      beneficiary.map { name in
        change.renames.then(name).compactMap {
          policy.people[$0] == nil ? policy.serviceAccounts[$0]?.owner?.value : $0
        }
      } ?? Array(policy.people.keys)
    return Set(
      names.compactMap { policy.people[$0]?.manager?.value }.filter { policy.activity(of: $0).contains(change.from) })
  }
}
