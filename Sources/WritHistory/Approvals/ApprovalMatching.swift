internal import WritPolicy
internal import WritSyntax

/// Which accepted rules are about an item: whatever a key of a rule names is looked for before and after the change, each key by
/// itself.
///
/// So neither taking a tag away, nor calling a contractor an employee, nor a new name for the resource leads past a rule in the
/// change that also gives the access.
struct ApprovalMatching {
  private struct PrincipalFacts {
    var names: Set<PrincipalName>
    var kinds: Set<Match.PrincipalKind> = []
    var userTypes: Set<UserType> = []
    var roles: Set<RoleName> = []
  }

  private struct ResourceFacts {
    var names: Set<ResourceName>
    var tags: Set<String>
  }

  private let change: ApprovalChange
  private let people: ApprovalPeople
  private let heldBefore: [PrincipalName: Set<RoleName>]
  private let heldAfter: [PrincipalName: Set<RoleName>]
  private let sameThing: ResourceOverlap
  private var principals: [PrincipalName: PrincipalFacts] = [:]
  private var resources: [ResourceName: ResourceFacts] = [:]

  init(_ change: ApprovalChange, _ people: ApprovalPeople) {
    self.change = change
    self.people = people
    heldBefore = Self.held(change.accepted.policy, from: change.from)
    heldAfter = Self.held(change.head.policy, from: change.from)
    sameThing = ResourceOverlap(change)
  }

  /// Roles that somebody holds at any time from now on.
  private static func held(_ policy: Policy, from now: Instant) -> [PrincipalName: Set<RoleName>] {
    policy.rolesHeld().mapValues { roles in Set(roles.filter { !$0.value.from(now).isEmpty }.keys) }
  }

  /// The concerns of `subject` that `rule` is about; nil when the rule is not about the item at all.
  mutating func matched(_ rule: ApprovalRule, _ subject: ApprovalChange.Subject) -> [ApprovalChange.Concern]? {
    switch (subject.item, rule.kinds) {
    case (.gain, nil), (.sensitive, nil): break
    case (.gain, .some): return nil
    case (.sensitive(let sensitive), .some(let kinds)): if !kinds.contains(sensitive.kind) { return nil }
    }
    let found = subject.concerns.filter { isAbout(rule.match, $0) }
    return found.isEmpty ? nil : found
  }

  private mutating func isAbout(_ match: Match, _ concern: ApprovalChange.Concern) -> Bool {
    if match.namesNoAccess { return true }
    if match.principal != nil || match.kind != nil || match.userType != nil || match.role != nil {
      guard let principal = concern.principal, isAbout(match, facts(principal)) else { return false }
    }
    if match.resource != nil || match.tags != nil {
      guard let resource = concern.resource, isAbout(match, facts(resource)) else { return false }
    }
    if let operations = match.operation {
      guard let operation = concern.operation, operations.contains(where: { $0.value == operation }) else {
        return false
      }
    }
    return true
  }

  private func isAbout(_ match: Match, _ facts: PrincipalFacts) -> Bool {
    Self.meet(match.principal, facts.names) && Self.meet(match.kind, facts.kinds)
      && Self.meet(match.userType, facts.userTypes) && Self.meet(match.role, facts.roles)
  }

  private func isAbout(_ match: Match, _ facts: ResourceFacts) -> Bool {
    Self.meet(match.resource, facts.names) && Self.meet(match.tags, facts.tags)
  }

  private static func meet<Value: Hashable>(_ wanted: [Located<Value>]?, _ found: Set<Value>) -> Bool {
    wanted?.contains { found.contains($0.value) } ?? true
  }

  private mutating func facts(_ name: PrincipalName) -> PrincipalFacts {
    if let known = principals[name] { return known }
    let before = Set(change.renames.then(name) + people.names(of: name))
    var facts = PrincipalFacts(names: before.union([name]))
    for old in before { Self.add(old, change.accepted.policy, heldBefore, to: &facts) { [$0] } }
    Self.add(name, change.head.policy, heldAfter, to: &facts, role: change.renames.then)
    principals[name] = facts
    return facts
  }

  private static func add(
    _ name: PrincipalName, _ policy: Policy, _ held: [PrincipalName: Set<RoleName>],
    to facts: inout PrincipalFacts, role: (RoleName) -> [RoleName]
  ) {
    if let person = policy.people[name] {
      facts.kinds.insert(.person)
      facts.userTypes.insert(person.userType)
    } else if policy.serviceAccounts[name] != nil {
      facts.kinds.insert(.serviceAccount)
    }
    for held in held[name] ?? [] { facts.roles.formUnion(role(held)) }
  }

  private mutating func facts(_ name: ResourceName) -> ResourceFacts {
    if let known = resources[name] { return known }
    let before = change.renames.then(name) + sameThing.accepted(under: name)
    let facts = ResourceFacts(
      names: Set(before).union([name]),
      tags: Set(before.flatMap { change.accepted.policy.tags(of: $0) }.map(\.value))
        .union(change.head.policy.tags(of: name).map(\.value)))
    resources[name] = facts
    return facts
  }
}
