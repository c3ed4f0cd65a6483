internal import WritSyntax

/// Whose access a step may have changed, and what they have now.
extension PolicyFollower {
  func access(after touched: Touched) -> AccessStep {
    admit(touched)
    var affected = Affected()
    let movesNames = touched.movesNames
    let hasGrants = !touched.addedGrants.isEmpty || !touched.removedGrants.isEmpty
    // What followed from a role before it was touched is asked for before it is forgotten.
    let changes = rolesBringing(touched)
    addPeople(touched, to: &affected)
    addHolders(of: changes, touched, to: &affected)
    for grant in touched.removedGrants + touched.addedGrants { add(grant.to, .all, to: &affected) }
    if movesNames || hasGrants { extras = evaluation.extras() }
    let before = folders
    followOthers()
    if before != folders || movesFolders(touched) {
      for number in evaluation.principals.indices { affected.add(number, .all) }
    }
    return AccessStep(
      principals: affected.extents.sorted { $0.key < $1.key }.map { principal($0.key, $0.value) }, isWhole: false,
      permissions: evaluation.permissionNumbers,
      names: movesNames ? NameMoves(touched, in: decoder.policy) : nil)
  }

  /// Whether somebody's folder is another one now, for whoever has access to it.
  private func movesFolders(_ touched: Touched) -> Bool {
    evaluation.personal.contains(true)
      && touched.people.values.contains { pair in
        if let old = pair.old, let new = pair.new { old.account != new.account } else { false }
      }
  }

  /// Numbers of principals.
  struct Affected {
    private(set) var extents: [Int: Extent] = [:]

    mutating func add(_ principal: Int, _ extent: Extent) {
      if extents[principal]?.formUnion(extent) == nil { extents[principal] = extent }
    }
  }

  private func admit(_ touched: Touched) {
    for name in touched.people.keys { evaluation.admit(name) }
    for name in touched.resources.keys { evaluation.admit(name) }
    // How a folder is enforced names its account.
    if touched.people.values.contains(where: { $0.old?.account != $0.new?.account || $0.old == nil || $0.new == nil }) {
      evaluation.forgetFolders()
    }
  }

  /// Those who were touched, and the service accounts that are active only while they are.
  private func addPeople(_ touched: Touched, to affected: inout Affected) {
    if touched.people.isEmpty { return }
    var isActivityNew: Set<PrincipalName> = []
    for (name, pair) in touched.people {
      guard let number = evaluation.number[name] else { continue }
      // Of a role that changed as well, what it was is not known any more.
      affected.add(number, touched.roles.isEmpty ? extent(pair) : .all)
      if pair.old?.term.interval != pair.new?.term.interval || pair.old?.suspended != pair.new?.suspended
        || pair.old == nil || pair.new == nil
      {
        isActivityNew.insert(name)
      }
    }
    if isActivityNew.isEmpty { return }
    for account in decoder.policy.serviceAccounts.values {
      if let owner = account.owner, isActivityNew.contains(owner.value),
        let number = evaluation.number[account.name.value]
      {
        affected.add(number, .all)
      }
    }
  }

  /// What a change of somebody's entry concerns: where only assignments differ, what their roles speak of.
  private func extent(_ pair: Touched.Pair<Person>) -> Extent {
    guard let old = pair.old, let new = pair.new, old.term.interval == new.term.interval,
      old.suspended == new.suspended, old.account == new.account
    else { return .all }
    var resources: Set<Int> = []
    func add(_ some: [Assignment], notIn others: [Assignment]) {
      for assignment in some where !others.contains(where: assignment.saysTheSame) {
        resources.formUnion(evaluation.resources(of: assignment.role.value))
      }
    }
    add(old.roles, notIn: new.roles)
    add(new.roles, notIn: old.roles)
    return .some(resources)
  }

  /// The roles that were touched or speak of a resource that was, and all that include one of them, with what the change concerns.
  /// What followed from them is forgotten.
  private func rolesBringing(_ touched: Touched) -> (roles: Set<RoleName>, extent: Extent) {
    var roles = Set(touched.roles.keys)
    var extent = Extent.some([])
    for pair in touched.roles.values { extent.formUnion(self.extent(pair)) }
    if !touched.resources.isEmpty {
      extent.formUnion(.some(Set(touched.resources.keys.compactMap { evaluation.number(of: $0) })))
      for role in decoder.policy.roles.values
      where (role.allow + role.deny).contains(where: { touched.resources[$0.resource.value] != nil }) {
        roles.insert(role.name.value)
      }
    }
    if roles.isEmpty { return (roles, extent) }
    var includers: [RoleName: [RoleName]] = [:]
    for role in decoder.policy.roles.values {
      for included in role.includes { includers[included.value, default: []].append(role.name.value) }
    }
    var queue = Array(roles)
    while let role = queue.popLast() {
      for above in includers[role] ?? [] where roles.insert(above).inserted { queue.append(above) }
    }
    evaluation.forget(roles)
    return (roles, extent)
  }

  /// Where a role includes what it included, the resources of the rules that it has more or less.
  private func extent(_ pair: Touched.Pair<Role>) -> Extent {
    guard let old = pair.old, let new = pair.new, old.includes == new.includes else { return .all }
    var resources: Set<Int> = []
    func add(_ some: [PermissionRule], notIn others: [PermissionRule]) {
      for rule in some where !others.contains(rule) {
        if let number = evaluation.number(of: rule.resource.value) { resources.insert(number) }
      }
    }
    for rules in [(old.allow, new.allow), (old.deny, new.deny)] {
      add(rules.0, notIn: rules.1)
      add(rules.1, notIn: rules.0)
    }
    return .some(resources)
  }

  /// Whoever holds one of the roles, or has an exception about one of the touched resources.
  private func addHolders(
    of changes: (roles: Set<RoleName>, extent: Extent), _ touched: Touched, to affected: inout Affected
  ) {
    if (changes.roles.isEmpty && touched.resources.isEmpty) || changes.extent.resources?.isEmpty == true { return }
    for role in changes.roles {
      for name in holders.of(role) {
        if let number = evaluation.number[name] { affected.add(number, changes.extent) }
      }
    }
    for grant in decoder.policy.grants {
      switch grant.content {
      case .role(let role): if changes.roles.contains(role.value) { add(grant.to, changes.extent, to: &affected) }
      case .permissions(let rules):
        if rules.contains(where: { touched.resources[$0.resource.value] != nil }) {
          add(grant.to, changes.extent, to: &affected)
        }
      }
    }
  }

  private func add(_ names: [Located<PrincipalName>], _ extent: Extent, to affected: inout Affected) {
    for name in names { if let number = evaluation.number[name.value] { affected.add(number, extent) } }
  }

  /// Looks whose folders there are, where a rule asks for those of others.
  func followOthers() {
    func asks(_ rules: [PermissionRule]) -> Bool { rules.contains { $0.scope == .others } }
    asksForOthers =
      evaluation.personal.contains(true)
      && (decoder.policy.roles.values.contains { asks($0.allow) }
        || decoder.policy.grants.contains { grant in
          if case .permissions(let rules) = grant.content { asks(rules) } else { false }
        })
    folders = asksForOthers ? evaluation.folders(extras) : [:]
  }
}

extension Assignment {
  /// Equal but for the places.
  fileprivate func saysTheSame(as other: Assignment) -> Bool {
    role == other.role && term.interval == other.term.interval && reason == other.reason
  }
}
