internal import WritSyntax

/// Whom the rules of a policy concern: what a review says of rules beside the accesses that a change moves.
public struct RuleReach {
  private var matching: PolicyMatching

  public init(_ policy: Policy, _ access: Access) { matching = PolicyMatching(policy, access) }

  /// The positions, in ``Policy/expiryRules``, of the rules that bind an access which comes about through `derivations`.
  ///
  /// A rule's `role` is about the roles that the entry gives, held or included. What a custodian has follows from the vault
  /// and is bound by none.
  public func expiryRules(binding key: EdgeKey, through derivations: [Derivation]) -> [Int] {
    let written = derivations.filter { $0.origin != .custodian }
    return matching.policy.expiryRules.indices.filter { index in
      let match = matching.policy.expiryRules[index].match
      guard matching.isAbout(match, key.principal), matching.covers(match, key.permission) else { return false }
      guard let roles = match.role else { return !written.isEmpty }
      return roles.contains { role in written.contains { $0.roles.contains(role.value) } }
    }
  }

  /// For each of ``Policy/separationRules``: whoever has any of its roles in hand from `instant` on, with those roles. A hand
  /// includes the service accounts that the person owns.
  public mutating func hands(from instant: Instant) -> [[PrincipalName: Set<RoleName>]] {
    let policy = matching.policy
    var hands = policy.separationRules.map { _ in [PrincipalName: Set<RoleName>]() }
    if hands.isEmpty { return hands }
    for principal in policy.principals {
      guard let number = matching.evaluation.number[principal],
        let person = policy.people[principal] == nil ? policy.serviceAccounts[principal]?.owner?.value : principal
      else { continue }
      let held = matching.rolesHeld(by: number).filter { !$0.value.from(instant).isEmpty }
      for (index, rule) in policy.separationRules.enumerated() {
        let roles = rule.roles.map(\.value).filter { held[$0] != nil }
        if !roles.isEmpty { hands[index][person, default: []].formUnion(roles) }
      }
    }
    return hands
  }
}
