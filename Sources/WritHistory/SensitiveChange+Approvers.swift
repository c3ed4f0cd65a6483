internal import WritPolicy
internal import WritSyntax

extension SensitiveChange {
  /// Who holds the roles that may approve, from now on. A role that gives no access has no edges, and yet whoever holds it decides.
  static func approvers(
    _ base: Policy, _ head: Policy, _ renames: Renames, since now: Instant
  ) -> [SensitiveChange] {
    let then = Set(base.approvalRules.flatMap { $0.approverRoles.map { renames.now($0.value) } })
    let roles = then.union(head.approvalRules.flatMap { $0.approverRoles.map(\.value) })
    if roles.isEmpty { return [] }
    let before = holders(base, roles, role: renames.now, principal: renames.now)
    let after = holders(head, roles, role: { $0 }, principal: { $0 })
    return roles.sorted().compactMap { role in
      let (old, new) = (before[role] ?? [:], after[role] ?? [:])
      var lost: [String] = []
      var gained: [String] = []
      for name in Set(old.keys).union(new.keys).sorted() {
        let (earlier, later) = (old[name] ?? .empty, new[name] ?? .empty)
        lost += texts(name, earlier.subtracting(later), since: now)
        gained += texts(name, later.subtracting(earlier), since: now)
      }
      return list(.approvers, role.text, lost, gained)
    }
  }

  private static func holders(
    _ policy: Policy, _ roles: Set<RoleName>, role: (RoleName) -> RoleName, principal: (PrincipalName) -> PrincipalName
  ) -> [RoleName: [PrincipalName: IntervalSet]] {
    var found: [RoleName: [PrincipalName: IntervalSet]] = [:]
    for (name, held) in policy.rolesHeld() where policy.people[name] != nil {
      for (held, when) in held where roles.contains(role(held)) {
        let known = found[role(held)]?[principal(name)] ?? .empty
        found[role(held), default: [:]][principal(name)] = known.union(when)
      }
    }
    return found
  }

  /// What is over is left out; a beginning stays written when it has passed, so that the text does not change with the clock.
  private static func texts(_ name: PrincipalName, _ holds: IntervalSet, since now: Instant) -> [String] {
    holds.intervals.filter { now < $0.end }.map { interval in
      name.text + (interval.start == .distantPast ? "" : " from \(interval.start.rfc3339)")
        + (interval.end == .distantFuture ? "" : " until \(interval.end.rfc3339)")
    }
  }
}
