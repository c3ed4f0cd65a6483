internal import WritSyntax

/// Approval rules that can never be met, or not by those who are there now.
extension SemanticCheck {
  mutating func approvalRules() {
    if policy.approvalRules.isEmpty { return }
    let holders = ApproverHolders(policy)
    var withoutManager: Set<PrincipalName> = []
    for rule in policy.approvalRules {
      checkMatch(of: rule)
      checkNumber(of: rule, holders)
      if rule.approvals.value > holders.ever(rule).count { checkManagers(of: rule, &withoutManager) }
    }
  }

  /// A rule whose keys contradict one another demands nothing, and looks as if it did.
  private mutating func checkMatch(of rule: ApprovalRule) {
    let match = rule.match
    func named(_ key: String, _ written: Bool) -> [String] { written ? [key] : [] }
    let about =
      named("resource", match.resource != nil) + named("operation", match.operation != nil)
      + named("tags", match.tags != nil)
    let who =
      named("principal", match.principal != nil) + named("kind", match.kind != nil)
      + named("user-type", match.userType != nil) + named("role", match.role != nil)
    for word in match.change ?? [] {
      let keys =
        word.value.kinds.isDisjoint(with: Self.aboutAccess)
        ? about + (word.value.kinds.isDisjoint(with: Self.aboutPrincipals) ? who : []) : []
      guard let first = keys.first else { continue }
      never(
        "a change of `\(word.value.text)` is about no \(first == "tags" ? "tag" : first) in particular", at: word.span,
        rule, help: "write a rule of its own for it, without `\(first)`")
    }
    if let names = match.principal, !names.contains(where: { matching.isAbout(match, $0.value) }) {
      never("none of the principals is of that kind or user type", at: names[0].span, rule, help: "take one key out")
    } else if let types = match.userType, let kinds = match.kind, !kinds.contains(where: { $0.value == .person }) {
      never("a service account has no user type", at: types[0].span, rule, help: "take one of the keys out")
    }
    if let operations = match.operation, let names = match.resource {
      let offered = Set(names.flatMap { policy.operations(of: $0.value) })
      if !operations.contains(where: { offered.contains($0.value) }) {
        never("none of the resources has that operation", at: operations[0].span, rule, help: "take one key out")
      }
    }
  }

  /// Kinds that move access of somebody to something.
  private static let aboutAccess: Set<SensitiveKind> = [
    .control, .extent, .keys, .account, .uid, .credential, .owner, .email, .userType, .manager, .rename, .tags, .hosts,
    .host, .watch, .backup, .vault, .custodians,
  ]
  /// Kinds that name principals beside those.
  private static let aboutPrincipals: Set<SensitiveKind> = [.signers, .approvers]

  private mutating func never(_ message: String, at span: SourceSpan, _ rule: ApprovalRule, help: String) {
    report(
      .ruleNeverMatches, .error, "the rule never matches: \(message)", at: span,
      related: [.init(rule.span, "the rule")], help: help)
  }

  private mutating func checkNumber(of rule: ApprovalRule, _ holders: ApproverHolders) {
    let manager = rule.acceptsManager ? 1 : 0
    let ever = holders.ever(rule).count + manager
    let people = ever == 1 ? "1 person" : "\(ever) people"
    let label = rule.by.count == 1 ? "whose approval counts" : "whose approvals count"
    let by = Finding.Related(rule.by[0].span, label)
    if ever < rule.approvals.value {
      report(
        .tooFewApprovers, .error,
        "the rule demands \(rule.approvals.value) approvals, and at most \(people) may approve",
        at: rule.approvals.span,
        label: "can never be met", related: [by], help: "give more people such a role, or ask for fewer approvals")
      return
    }
    let soon = end(of: Self.defaultWarning)
    for instant in [now] + holders.ends(rule).filter({ now < $0 && $0 <= soon }) {
      let count = holders.at(instant, rule).count + manager
      if count >= rule.approvals.value { continue }
      let when = instant == now ? "now" : "from \(instant.rfc3339) on"
      report(
        .tooFewApprovers, .warning,
        "the rule demands \(rule.approvals.value) approvals, and \(when) only \(count) may approve",
        at: rule.approvals.span, label: "cannot be met then", related: [by],
        help: "give somebody else such a role in time")
      return
    }
  }

  /// Where the manager's approval is needed, somebody without one can gain nothing.
  private mutating func checkManagers(of rule: ApprovalRule, _ reported: inout Set<PrincipalName>) {
    if !rule.acceptsManager { return }
    for name in evaluation.principals where !reported.contains(name) {
      guard
        let person = policy.people[name] ?? policy.serviceAccounts[name]?.owner.flatMap({ policy.people[$0.value] }),
        !matching.matches(rule.match, name).from(now).isEmpty
      else { continue }
      let manager = person.manager
      if let manager, policy.activity(of: manager.value).contains(now) { continue }
      reported.insert(name)
      let who = person.name.value == name ? "`\(name)`" : "`\(person.name.value)`, who owns `\(name)`,"
      let why = manager.map { "has `\($0.value)` as a manager, who is not active" } ?? "has no manager"
      report(
        .missingManager, .warning, "\(who) \(why), and an approval rule asks for the manager",
        at: manager?.span ?? policy.place(of: name) ?? person.name.span, label: "can gain nothing under the rule",
        related: [.init(rule.span, "the rule")], help: "name a manager, or let a role approve too")
    }
  }
}

/// Who may approve by the roles of a rule, and when.
private struct ApproverHolders {
  private var held: [RoleName: [PrincipalName: IntervalSet]] = [:]
  /// As if nobody were suspended: a suspension ends.
  private var lasting: [RoleName: Set<PrincipalName>] = [:]

  init(_ policy: Policy) {
    let wanted = Set(policy.approvalRules.flatMap { $0.approverRoles.map(\.value) })
    var unsuspended = policy
    for name in policy.people.keys { unsuspended.people[name]?.suspended = nil }
    for (name, roles) in policy.rolesHeld() where policy.people[name] != nil {
      for (role, when) in roles where wanted.contains(role) { held[role, default: [:]][name] = when }
    }
    for (name, roles) in unsuspended.rolesHeld() where policy.people[name] != nil {
      for role in roles.keys where wanted.contains(role) { lasting[role, default: []].insert(name) }
    }
  }

  func ever(_ rule: ApprovalRule) -> Set<PrincipalName> {
    rule.approverRoles.reduce(into: []) { $0.formUnion(lasting[$1.value] ?? []) }
  }

  func at(_ instant: Instant, _ rule: ApprovalRule) -> Set<PrincipalName> {
    rule.approverRoles.reduce(into: []) { found, role in
      for (name, when) in held[role.value] ?? [:] where when.contains(instant) { found.insert(name) }
    }
  }

  /// When somebody ceases to hold one of the roles; sorted.
  func ends(_ rule: ApprovalRule) -> [Instant] {
    let all = rule.approverRoles.flatMap { held[$0.value].map { Array($0.values) } ?? [] }
    return Set(all.flatMap { $0.intervals.map(\.end) }).sorted()
  }
}
