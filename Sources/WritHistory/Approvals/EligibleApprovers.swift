internal import WritPolicy
internal import WritSyntax

/// Whose approvals count for what: from the accepted policy alone.
struct EligibleApprovers {
  /// What eligibility depends on beside the rule's place in the policy: most items of a change share it.
  private struct Question: Hashable {
    var rule: Int
    var beneficiary: PrincipalName?
    var authors: Set<Identity>
    var anyManager: Bool
  }

  private struct Answer {
    var eligible: [PrincipalName] = []
    var excluded: [PrincipalName: ApprovalRule.Excluded] = [:]
    var people = 0
  }

  private let change: ApprovalChange
  private let people: ApprovalPeople
  private let holders: [RoleName: Set<PrincipalName>]
  private let rules: [(rule: ApprovalRule, written: ApprovalDemand.Rule)]
  private let applier: Identity?
  private var answers: [Question: Answer] = [:]

  init(_ change: ApprovalChange, _ people: ApprovalPeople, applier: Identity?) {
    self.change = change
    self.people = people
    self.applier = applier
    let text = RuleText(renames: nil)
    rules = change.accepted.policy.approvalRules.map { rule in
      let place = Blame.Path.Place(rule.span, in: change.accepted.policy.sources)
      return (rule, ApprovalDemand.Rule(text: text.approval(rule), place: place))
    }
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
  mutating func demands(
    ofRule index: Int, _ item: ApprovalItem, _ concerns: [ApprovalChange.Concern], authors: Set<Identity>
  ) -> [ApprovalDemand] {
    let (rule, written) = rules[index]
    let beneficiaries = Set(concerns.compactMap(\.principal)).sorted()
    // A first manager, or one after a manager who left, is approved by any of the others.
    var isManager = false
    if case .sensitive(let change) = item { isManager = change.kind == .manager }
    return (beneficiaries.isEmpty ? [nil] : beneficiaries.map(Optional.some)).map { beneficiary in
      let answer = answer(
        Question(rule: index, beneficiary: beneficiary, authors: authors, anyManager: isManager), rule)
      return ApprovalDemand(
        item: item, rule: written, approvals: rule.approvals.value, beneficiary: beneficiary,
        eligible: answer.eligible, excluded: answer.excluded, maxAge: rule.maxAge?.value, minLevel: rule.level,
        eligiblePeople: answer.people)
    }
  }

  private mutating func answer(_ question: Question, _ rule: ApprovalRule) -> Answer {
    if let known = answers[question] { return known }
    var answer = Answer()
    for name in named(rule, question.beneficiary, anyManager: question.anyManager).sorted() {
      if let reason = exclusion(of: name, question, rule) {
        answer.excluded[name] = reason
      } else {
        answer.eligible.append(name)
      }
    }
    answer.people = Set(answer.eligible.map(people.person)).count
    answers[question] = answer
    return answer
  }

  private func exclusion(
    of name: PrincipalName, _ question: Question, _ rule: ApprovalRule
  ) -> ApprovalRule.Excluded? {
    let own = question.beneficiary.map { people.mayBe(.principal($0), name) } ?? false
    if own, rule.excluded.contains(.beneficiary) { return .beneficiary }
    if rule.excluded.contains(.author), question.authors.contains(where: { people.mayBe($0, name) }) { return .author }
    if rule.excluded.contains(.applier), let applier, people.mayBe(applier, name) { return .applier }
    return nil
  }

  /// Everybody whom the rule's `by` names, whoever is excluded.
  private func named(
    _ rule: ApprovalRule, _ beneficiary: PrincipalName?, anyManager: Bool
  ) -> Set<PrincipalName> {
    var found: Set<PrincipalName> = []
    for role in rule.approverRoles { found.formUnion(holders[role.value] ?? []) }
    if rule.acceptsManager {
      let own = managers(of: beneficiary)
      found.formUnion(own.isEmpty && anyManager ? managers(of: nil) : own)
    }
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
