internal import WritSyntax

/// Every name that is used must be defined.
extension PolicyDecoder {
  /// - Parameters:
  ///   - assignments: false where no role can be missing that somebody holds; they are most of the policy.
  ///   - roles: false where nothing can be missing that a role names.
  func checkReferences(assignments: Bool = true, roles: Bool = true) {
    // By index: as an element of a loop each entry would be copied whole.
    let (people, resources) = (policy.people.values, policy.resources.values)
    for index in people.indices {
      if assignments { for assignment in people[index].roles { checkRole(assignment.role) } }
      if let manager = people[index].manager { checkPerson(manager, "a manager", of: people[index].name) }
    }
    for account in policy.serviceAccounts.values {
      for assignment in account.roles { checkRole(assignment.role) }
      if let owner = account.owner { checkPerson(owner, "an owner", of: account.name) }
      if let run = account.credential?.run { checkForcedCommand(run) }
    }
    if roles { for role in policy.roles.values { checkReferences(of: role) } }
    for grant in policy.grants { checkReferences(of: grant) }
    for rule in policy.expiryRules { checkMatch(rule.match) }
    for rule in policy.approvalRules {
      checkMatch(rule.match)
      for role in rule.approverRoles { checkRole(role) }
      checkManager(rule)
    }
    for rule in policy.separationRules { for role in rule.roles { checkRole(role) } }
    for role in policy.guards.administratorRoles { checkRole(role) }
    for test in policy.tests {
      switch test.subject {
      case .who(let match): checkMatch(match)
      case .only(let principals): for principal in principals { checkPrincipal(principal) }
      }
      for claim in test.claims {
        switch claim {
        case .can(let rules), .cannot(let rules): checkRules(rules)
        }
      }
    }
    for index in resources.indices {
      for host in resources[index].hosts { checkHost(host) }
      checkAccounts(of: resources[index].kind)
    }
    for group in policy.sharingGroups.values { checkVault(group.vault) }
    for baseline in policy.baselines.values { for host in baseline.hosts { checkHost(host) } }
  }

  func checkReferences(of person: Person) {
    for assignment in person.roles { checkRole(assignment.role) }
    if let manager = person.manager { checkPerson(manager, "a manager", of: person.name) }
  }

  func checkReferences(of role: Role) {
    for included in role.includes { checkRole(included) }
    checkRules(role.allow)
    checkRules(role.deny)
  }

  func checkReferences(of grant: Grant) {
    for principal in grant.to { checkPrincipal(principal) }
    switch grant.content {
    case .permissions(let rules): checkRules(rules)
    case .role(let role): checkRole(role)
    }
  }

  func checkReferences(of resource: Resource) {
    for host in resource.hosts { checkHost(host) }
    checkAccounts(of: resource.kind)
  }

  private func checkAccounts(of kind: Resource.Kind) {
    switch kind {
    case .tree(let tree): if let owner = tree.owner { checkServiceAccount(owner, "a tree's owner") }
    case .command(let command): if let runAs = command.runAs { checkServiceAccount(runAs, "`run-as`") }
    default: break
    }
  }

  func checkRole(_ role: Located<RoleName>) {
    if declared.roles[role.value] != nil { return }
    unknown(.unknownRole, role, "no role is named `\(role.value)`", "a role", "roles", declared.roles)
  }

  /// `manager` in `by` is nobody's role.
  private func checkManager(_ rule: ApprovalRule) {
    guard let written = rule.by.first(where: { $0.value == .manager }),
      let role = declared.roles.first(where: { $0.key.text == PolicyDecoder.manager })
    else { return }
    report(
      .invalidName, "`manager` in `by` means whoever is the manager, and a role has that name too", at: written.span,
      label: "not the role", related: [.init(role.value, "the role")], help: "give the role another name")
  }

  func checkPrincipal(_ principal: Located<PrincipalName>) {
    if declared.principals[principal.value] != nil { return }
    unknown(
      .unknownPrincipal, principal, "nobody is named `\(principal.value)`", "a principal", "principals",
      declared.principals)
  }

  /// Somebody who answers for others must be a person, and not the entry itself.
  private func checkPerson(_ name: Located<PrincipalName>, _ what: String, of entry: Located<PrincipalName>) {
    guard let place = declared.principals[name.value] else { return checkPrincipal(name) }
    if name.value == entry.value {
      report(.notAPerson, "`\(name.value)` cannot be \(what) of itself", at: name.span, help: "name another person")
    } else if policy.serviceAccounts[name.value] != nil {
      report(
        .notAPerson, "\(what) must be a person, and `\(name.value)` is a service account", at: name.span,
        label: "not a person", related: [.init(place, "a service account")], help: "name a person")
    }
  }

  private func checkServiceAccount(_ name: Located<PrincipalName>, _ what: String) {
    guard let place = declared.principals[name.value] else { return checkPrincipal(name) }
    guard policy.people[name.value] != nil else { return }
    report(
      .notAServiceAccount, "\(what) must be `root` or a service account, and `\(name.value)` is a person",
      at: name.span, label: "not a service account", related: [.init(place, "a person")],
      help: "make a service account that this person owns")
  }

  private func checkForcedCommand(_ name: Located<ResourceName>) {
    guard let place = declared.resources[name.value] else { return checkResource(name) }
    if case .command? = policy.resources[name.value]?.kind { return }
    // A resource that could not be read may well be a command.
    guard policy.resources[name.value] != nil || policy.sharingGroups[name.value] != nil else { return }
    report(
      .wrongResourceKind, "`\(name.value)` is not a command", at: name.span, label: "a key is forced to a command",
      related: [.init(place, "defined here")], help: "name a resource with `command`")
  }

  func checkResource(_ resource: Located<ResourceName>) {
    if declared.resources[resource.value] != nil { return }
    unknown(
      .unknownResource, resource, "no resource or sharing group is named `\(resource.value)`", "a resource",
      "resources", declared.resources)
  }

  private func checkHost(_ host: Located<HostName>) {
    if declared.hosts[host.value] != nil || declared.labels[host.value] != nil { return }
    unknown(
      .unknownHost, host, "no host or label is named `\(host.value)`", "a host or label", "hosts",
      declared.hosts.merging(declared.labels) { first, _ in first })
  }

  private func checkVault(_ vault: Located<VaultName>) {
    if declared.vaults[vault.value] != nil { return }
    unknown(.unknownVault, vault, "no vault is named `\(vault.value)`", "a vault", "vaults", declared.vaults)
  }

  private func checkMatch(_ match: Match) {
    for principal in match.principal ?? [] { checkPrincipal(principal) }
    for role in match.role ?? [] { checkRole(role) }
    for resource in match.resource ?? [] { checkResource(resource) }
    let tags = knownTags
    for tag in match.tags ?? [] where !tags.contains(tag.value) {
      let near = nearest(to: tag.value, among: tags.sorted())
      report(
        .unknownTag, "nothing has the tag `\(tag.value.clipped)`", at: tag.span,
        label: "the rule binds nothing by it", help: near.map { "did you mean `\($0)`?" } ?? "", severity: .warning)
    }
    let operations = knownOperations
    for operation in match.operation ?? [] where !operations.contains(operation.value) {
      let near = nearest(to: operation.value.text, among: operations.map(\.text).sorted())
      report(
        .unknownOperation, "nothing has an operation `\(operation.value)`", at: operation.span,
        label: "unknown operation",
        help: near.map { "did you mean `\($0)`?" } ?? "")
    }
  }

  func findTags() -> Set<String> {
    var tags: Set<String> = []
    for resource in policy.resources.values { for tag in resource.tags { tags.insert(tag.value) } }
    for group in policy.sharingGroups.values { for tag in group.tags { tags.insert(tag.value) } }
    return tags
  }

  func findOperations() -> Set<Operation> {
    var operations: Set<Operation> = [.read, .write, .use, .manage, .run, .ssh, .member]
    for resource in policy.resources.values {
      if case .external(_, let declared) = resource.kind {
        for operation in declared { operations.insert(operation.value) }
      }
    }
    return operations
  }

  private func unknown<Kind>(
    _ slug: Slug, _ name: Located<Identifier<Kind>>, _ message: String, _ what: String, _ space: String,
    _ known: [Identifier<Kind>: SourceSpan]
  ) {
    let near = suggestions.nearest(to: name.value.text, in: space) { known.keys.map(\.text) }
    let similar = near.flatMap { Identifier<Kind>(validating: $0) }.flatMap { known[$0] }
    report(
      slug, message, at: name.span, label: "used here",
      related: similar.map { [.init($0, "\(what) with a similar name")] } ?? [],
      help: near.map { "did you mean `\($0)`?" } ?? "")
  }
}
