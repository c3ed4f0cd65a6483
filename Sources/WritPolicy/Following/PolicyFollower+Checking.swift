internal import WritSyntax

/// Whether the policy is still without errors: the checks that what was touched can fail.
extension PolicyFollower {
  func holdsTogether(_ touched: Touched) -> Bool {
    guard resourcesHold(touched), rolesHold(touched), grantsHold(touched), peopleHold(touched) else { return false }
    if touched.movesNames {
      decoder.checkPrevious()
      // Whoever refers to a name that is gone may stand anywhere, and so may a rule against one that is new. A role's rules
      // name people only by their folders.
      let movesRules =
        touched.roles.values.contains { $0.isRenamed(\.previously) }
        || touched.resources.values.contains { $0.isRenamed(\.previously) } || evaluation.personal.contains(true)
      decoder.checkReferences(assignments: touched.roles.values.contains { $0.new == nil }, roles: movesRules)
    }
    return !decoder.findings.hasErrors
  }

  /// A resource that goes, or is another kind of thing, changes what every rule about it means.
  private func resourcesHold(_ touched: Touched) -> Bool {
    if touched.resources.isEmpty { return true }
    for pair in touched.resources.values {
      guard let new = pair.new else { return false }
      decoder.checkReferences(of: new)
      switch (pair.old, new.kind) {
      case (.some(let old), _): guard Self.isSameKind(old.kind, new.kind) else { return false }
      case (nil, .tree(let tree)): if let owner = tree.owner { decoder.checkHostAccount(of: owner.value, owner.span) }
      case (nil, .command(let command)):
        if let runAs = command.runAs { decoder.checkHostAccount(of: runAs.value, runAs.span) }
      case (nil, _): break
      }
    }
    decoder.checkResources()
    decoder.checkTrees()
    decoder.checkBackups()
    return true
  }

  private static func isSameKind(_ a: Resource.Kind, _ b: Resource.Kind) -> Bool {
    switch (a, b) {
    case (.tree(let a), .tree(let b)): a.isPersonal == b.isPersonal && a.owner == b.owner
    case (.command(let a), .command(let b)): a.runAs == b.runAs
    case (.login, .login), (.unixGroup, .unixGroup), (.egress, .egress): true
    case (.external(_, let a), .external(_, let b)): Set(a) == Set(b)
    default: false
    }
  }

  private func rolesHold(_ touched: Touched) -> Bool {
    if touched.roles.isEmpty { return true }
    var mayReachMore = false
    for pair in touched.roles.values {
      guard let new = pair.new, let old = pair.old else {
        mayReachMore = true
        if let new = pair.new { check(new) }
        continue
      }
      check(new)
      if old.includes != new.includes || !Self.isSame(decoder.reach(of: old.allow), decoder.reach(of: new.allow)) {
        mayReachMore = true
      }
    }
    guard mayReachMore else { return true }
    let before = reach
    reach = decoder.roleReach()
    // Who holds a role that reaches hosts needs an account there, and a service account no login: that concerns many.
    return before.allSatisfy { role, old in reach[role].map { Self.isSame(old, $0) } ?? true }
  }

  private func check(_ role: Role) {
    decoder.checkReferences(of: role)
    decoder.checkUse(role.allow)
  }

  private static func isSame(_ a: RoleReach, _ b: RoleReach) -> Bool {
    (a.host == nil) == (b.host == nil) && (a.login == nil) == (b.login == nil)
  }

  private func grantsHold(_ touched: Touched) -> Bool {
    for grant in touched.addedGrants {
      decoder.checkReferences(of: grant)
      decoder.checkUse(grant)
      let reach = self.reach(of: grant)
      if reach.login != nil, grant.to.contains(where: { decoder.policy.serviceAccounts[$0.value] != nil }) {
        return false
      }
      if let evidence = reach.host {
        for principal in grant.to { decoder.checkHostAccount(of: principal.value, evidence) }
      }
    }
    return true
  }

  private func reach(of grant: Grant) -> RoleReach {
    switch grant.content {
    case .permissions(let rules): decoder.reach(of: rules)
    case .role(let role): reach[role.value] ?? RoleReach()
    }
  }

  private func peopleHold(_ touched: Touched) -> Bool {
    if touched.people.isEmpty { return true }
    var isAccountNew = false
    var isKeyNew = false
    for pair in touched.people.values {
      if pair.old?.sshKeys != pair.new?.sshKeys { isKeyNew = true }
      guard let new = pair.new else { continue }
      guard marks.add(new, of: decoder.policy) else { return false }
      if pair.old == nil || pair.old?.account != new.account { isAccountNew = true }
      decoder.checkReferences(of: new)
      if let evidence = hostEvidence(of: new) { decoder.checkHostAccount(of: new.name.value, evidence) }
    }
    if isKeyNew { decoder.checkCustodians() }
    if isAccountNew, evaluation.personal.contains(true) { decoder.checkTrees() }
    return true
  }

  /// A line that gives somebody access on a host.
  private func hostEvidence(of person: Person) -> SourceSpan? {
    if let held = person.roles.first(where: { reach[$0.role.value]?.host != nil }) { return held.role.span }
    for grant in decoder.policy.grants where grant.to.contains(where: { $0.value == person.name.value }) {
      if let evidence = reach(of: grant).host { return evidence }
    }
    return nil
  }
}
