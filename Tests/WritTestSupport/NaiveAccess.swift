package import WritPolicy
package import WritSyntax

/// Effective access at one instant, as design §3 words it and with no thought for speed. It shares no code with the
/// evaluator: when the two disagree, one of them is wrong.
package struct NaiveAccess {
  /// One reason for one edge.
  package struct Reason: Hashable {
    package var edge: EdgeKey
    package var entry: SourceSpan
    package var rule: SourceSpan

    package init(edge: EdgeKey, entry: SourceSpan, rule: SourceSpan) {
      self.edge = edge
      self.entry = entry
      self.rule = rule
    }
  }

  /// What an entry gives or takes, before it is known whose it is.
  private struct Line {
    var written: PermissionRule
    var entry: SourceSpan
  }

  package let policy: Policy
  package let now: Instant

  package init(policy: Policy, now: Instant) {
    self.policy = policy
    self.now = now
  }

  package func reasons() -> Set<Reason> {
    var all: Set<Reason> = []
    for principal in Array(policy.people.keys) + Array(policy.serviceAccounts.keys) {
      all.formUnion(reasons(for: principal))
    }
    return all
  }

  private func reasons(for principal: PrincipalName) -> Set<Reason> {
    // 1. Active?
    guard isActive(principal) else { return [] }
    // 2. Roles, closed over includes.
    var allowed: [Line] = []
    var denied: [Line] = []
    for (role, entry) in heldRoles(of: principal) {
      for name in closure(of: [role]) {
        guard let role = policy.roles[name] else { continue }
        allowed += role.allow.map { Line(written: $0, entry: entry) }
        denied += role.deny.map { Line(written: $0, entry: entry) }
      }
    }
    // 3. Allowed and denied.
    for grant in policy.grants where grant.to.contains(where: { $0.value == principal }) && holds(grant.term) {
      if case .permissions(let rules) = grant.content {
        allowed += rules.map { Line(written: $0, entry: grant.span) }
      }
    }
    var reasons: Set<Reason> = []
    for line in allowed {
      for permission in permissions(allowedBy: line.written, to: principal) {
        reasons.insert(
          Reason(edge: EdgeKey(principal, permission), entry: line.entry, rule: line.written.operation.span))
      }
    }
    for (name, group) in policy.sharingGroups {
      guard let vault = policy.settings.vaults[group.vault.value] else { continue }
      guard case .age(_, let custodians) = vault.kind else { continue }
      for custodian in custodians where custodian.value == principal {
        for operation in [Operation.use, .read] {
          let edge = EdgeKey(principal, Permission(Object(name), operation))
          reasons.insert(Reason(edge: edge, entry: custodian.span, rule: custodian.span))
        }
      }
    }
    // 4. Effective.
    return reasons.filter { reason in
      !denied.contains { takes($0.written, reason.edge.permission, from: principal) }
    }
  }

  // MARK: Who is there, and with which roles

  private func holds(_ term: Term) -> Bool {
    if let from = term.from, now < from.value { return false }
    if let until = term.until, now >= until.value { return false }
    return true
  }

  private func isActive(_ principal: PrincipalName) -> Bool {
    if let person = policy.people[principal] {
      return holds(person.term) && person.suspended?.value != true
    }
    guard let account = policy.serviceAccounts[principal] else { return false }
    guard holds(account.term), account.suspended?.value != true else { return false }
    guard let owner = account.owner, policy.people[owner.value] != nil else { return false }
    return isActive(owner.value)
  }

  private func heldRoles(of principal: PrincipalName) -> [(RoleName, SourceSpan)] {
    var held: [(RoleName, SourceSpan)] = []
    let assignments = policy.people[principal]?.roles ?? policy.serviceAccounts[principal]?.roles ?? []
    for assignment in assignments where holds(assignment.term) {
      held.append((assignment.role.value, assignment.span))
    }
    for grant in policy.grants where grant.to.contains(where: { $0.value == principal }) && holds(grant.term) {
      if case .role(let role) = grant.content { held.append((role.value, grant.span)) }
    }
    return held
  }

  package func closure(of roles: Set<RoleName>) -> Set<RoleName> {
    var all = roles
    for role in roles { all.formUnion(policy.roles[role]?.includes.map(\.value) ?? []) }
    return all == roles ? all : closure(of: all)
  }

  // MARK: What a rule means

  private func permissions(allowedBy rule: PermissionRule, to principal: PrincipalName) -> [Permission] {
    let name = rule.resource.value
    var objects: [Object]
    switch (isPersonal(name), rule.scope) {
    case (false, .whole): objects = [Object(name)]
    case (false, _): objects = []
    case (true, .whole): objects = [Object(name, folder: principal)]
    case (true, .folder(let owner)): objects = [Object(name, folder: owner)]
    case (true, .others):
      objects = (Array(policy.people.keys) + Array(policy.serviceAccounts.keys))
        .filter { $0 != principal && hasFolder($0, in: name) }.map { Object(name, folder: $0) }
    }
    return objects.flatMap { object in
      everyOperation(of: name).filter { operation in
        switch rule.operation.value {
        case .all: true
        case .one(let written): everyOperation(of: name).contains(written) && includes(written, operation, in: name)
        }
      }.map { Permission(object, $0) }
    }
  }

  private func takes(_ rule: PermissionRule, _ permission: Permission, from principal: PrincipalName) -> Bool {
    guard rule.resource.value == permission.object.resource else { return false }
    if let folder = permission.object.folder {
      switch rule.scope {
      case .whole: if folder != principal { return false }
      case .others: if folder == principal { return false }
      case .folder(let owner): if folder != owner { return false }
      }
    }
    switch rule.operation.value {
    case .all: return true
    case .one(let denied): return includes(permission.operation, denied, in: permission.object.resource)
    }
  }

  private func isPersonal(_ name: ResourceName) -> Bool {
    guard case .tree(let tree)? = policy.resources[name]?.kind else { return false }
    return tree.path.value.contains("{account}")
  }

  /// Somebody has a folder to whom something gives the bare permission, at any time.
  private func hasFolder(_ principal: PrincipalName, in tree: ResourceName) -> Bool {
    func isBare(_ rule: PermissionRule) -> Bool { rule.resource.value == tree && rule.scope == .whole }
    let assigned = (policy.people[principal]?.roles ?? policy.serviceAccounts[principal]?.roles ?? []).map(\.role.value)
    var roles = Set(assigned)
    for grant in policy.grants where grant.to.contains(where: { $0.value == principal }) {
      switch grant.content {
      case .role(let role): roles.insert(role.value)
      case .permissions(let rules): if rules.contains(where: isBare) { return true }
      }
    }
    return closure(of: roles).contains { policy.roles[$0]?.allow.contains(where: isBare) ?? false }
  }

  private func everyOperation(of name: ResourceName) -> [Operation] {
    if policy.sharingGroups[name] != nil { return [.use, .read, .write, .manage] }
    switch policy.resources[name]?.kind {
    case nil: return []
    case .tree: return [.read, .write]
    case .command: return [.run]
    case .login: return [.ssh]
    case .unixGroup: return [.member]
    case .egress: return [.connect]
    case .external(_, let operations): return operations.map(\.value)
    }
  }

  /// Whether having `larger` means having `smaller`.
  private func includes(_ larger: WritPolicy.Operation, _ smaller: WritPolicy.Operation, in name: ResourceName) -> Bool
  {
    if larger == smaller { return true }
    if policy.sharingGroups[name] != nil {
      switch (larger.text, smaller.text) {
      case ("manage", "write"), ("manage", "read"), ("manage", "use"), ("write", "read"), ("write", "use"),
        ("read", "use"):
        return true
      default: return false
      }
    }
    if case .tree? = policy.resources[name]?.kind { return larger == .write && smaller == .read }
    return false
  }
}
