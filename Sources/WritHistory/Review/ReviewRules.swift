public import WritPolicy
internal import WritSyntax

/// An expiry rule that binds something gained.
public struct BindingExpiryRule: Sendable, Hashable {
  /// The rule on one line.
  public var text: String
  public var place: Blame.Path.Place
  /// What it binds of the gains; sorted.
  public var edges: [EdgeKey]

  static func all(_ difference: AccessDifference, _ head: Policy, _ reach: RuleReach) -> [BindingExpiryRule] {
    if head.expiryRules.isEmpty { return [] }
    var bound: [Int: Set<EdgeKey>] = [:]
    for change in difference.gained {
      let derivations = change.derivations.filter { !$0.holds.intersection(change.holds).isEmpty }
      for rule in reach.expiryRules(binding: change.key, through: derivations) {
        bound[rule, default: []].insert(change.key)
      }
    }
    let words = RuleText(renames: nil)
    return bound.sorted { $0.key < $1.key }.map { index, edges in
      let rule = head.expiryRules[index]
      return BindingExpiryRule(
        text: words.expiry(rule), place: Blame.Path.Place(rule.span, in: head.sources), edges: edges.sorted())
    }
  }
}

/// A separation rule of whose roles somebody gets one more in hand.
public struct TouchedSeparationRule: Sendable, Hashable {
  public var text: String
  public var place: Blame.Path.Place
  public var person: PrincipalName
  /// The rule's roles in that hand; sorted.
  public var roles: [RoleName]
  /// Those of them that are new there; sorted.
  public var gained: [RoleName]

  static func all(
    _ base: Snapshot, _ head: Snapshot, _ reach: inout RuleReach, _ renames: Renames, from now: Instant
  ) -> [TouchedSeparationRule] {
    if head.policy.separationRules.isEmpty { return [] }
    // The rule of the later policy, asked of both: a rule that is new touches nobody who had the roles before.
    var earlier = base.policy
    earlier.separationRules = head.policy.separationRules.map { rule in
      var rule = rule
      rule.roles = rule.roles.map { Located(renames.before($0.value), $0.span) }
      return rule
    }
    var past = RuleReach(earlier, base.access)
    let (before, after) = (past.hands(from: now), reach.hands(from: now))
    let words = RuleText(renames: nil)
    return head.policy.separationRules.indices.flatMap { index -> [TouchedSeparationRule] in
      let rule = head.policy.separationRules[index]
      var held: [PrincipalName: Set<RoleName>] = [:]
      for (person, roles) in before[index] { held[renames.now(person)] = Set(roles.map(renames.now)) }
      return after[index].sorted { $0.key < $1.key }.compactMap { person, roles in
        let gained = roles.subtracting(held[person] ?? [])
        if gained.isEmpty { return nil }
        return TouchedSeparationRule(
          text: words.separation(rule), place: Blame.Path.Place(rule.span, in: head.policy.sources), person: person,
          roles: roles.sorted(), gained: gained.sorted())
      }
    }
  }
}
