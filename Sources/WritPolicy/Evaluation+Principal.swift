internal import WritSyntax

extension Evaluation {
  /// An assignment, grant or custodian entry as it concerns one principal.
  struct Entry {
    enum Content {
      case role(RoleName)
      case rules([Rule])
    }
    var origin: Derivation.Origin
    var content: Content
    var span: SourceSpan
    /// The smallest span that names it: the role of an assignment, the principal in a grant.
    var name: SourceSpan
    /// What the entry itself says, whether or not the principal is active.
    var term: Interval
    var reason: String?
  }

  /// What grants and custodian lists give, by number of the principal.
  struct Extras {
    var entries: [Int: [Entry]] = [:]
  }

  func extras() -> Extras {
    var extras = Extras()
    for grant in policy.grants {
      let content: Entry.Content
      let origin: Derivation.Origin
      switch grant.content {
      case .role(let role):
        content = .role(role.value)
        origin = .grantedRole
      case .permissions(let rules):
        content = .rules(self.rules(of: rules))
        origin = .grant
      }
      var seen: Set<PrincipalName> = []
      for to in grant.to where seen.insert(to.value).inserted {
        guard let principal = number[to.value] else { continue }
        extras.entries[principal, default: []].append(
          Entry(
            origin: origin, content: content, span: grant.span, name: to.span, term: grant.term.interval,
            reason: grant.reason?.value))
      }
    }
    addCustodians(to: &extras)
    return extras
  }

  private func rules(of written: [PermissionRule]) -> [Rule] {
    written.flatMap { rule in
      selectors(of: rule, .allow).map { Rule(selector: $0, span: rule.operation.span, chain: []) }
    }
  }

  /// Custodians of an age vault are recipients of every folder in it: they can read, and so use, all of it.
  private func addCustodians(to extras: inout Extras) {
    for group in policy.sharingGroups.values {
      guard case .age(_, let custodians)? = policy.settings.vaults[group.vault.value]?.kind else { continue }
      for custodian in custodians {
        guard let principal = number[custodian.value] else { continue }
        let rule = PermissionRule(
          resource: Located(group.name.value, custodian.span), scope: .whole,
          operation: Located(.one(.read), custodian.span))
        extras.entries[principal, default: []].append(
          Entry(
            origin: .custodian, content: .rules(rules(of: [rule])), span: custodian.span, name: custodian.span,
            term: .always))
      }
    }
  }

  /// Everything written about one principal.
  func entries(of principal: Int, _ extras: Extras) -> [Entry] {
    var entries = policy.assignments(of: principals[principal]).map {
      Entry(
        origin: .assignment, content: .role($0.role.value), span: $0.span, name: $0.role.span, term: $0.term.interval,
        reason: $0.reason?.value)
    }
    entries += extras.entries[principal] ?? []
    return entries
  }

  /// What the entry allows and denies; bare rules are a role without a name.
  mutating func given(by entry: Entry) -> ClosedRole {
    switch entry.content {
    case .role(let role): closedRole(role)
    case .rules(let rules): ClosedRole(allow: rules)
    }
  }

  /// For each personal tree, whose folders there are: everybody to whom an assignment or a grant gives the bare permission,
  /// whenever it holds and whatever is denied. The folder of somebody who left is still there.
  mutating func folders(_ extras: Extras) -> [Int: [Int]] {
    var owners: [Int: [Int]] = [:]
    guard personal.contains(true) else { return owners }
    var trees: [RoleName: Set<Int>] = [:]
    for principal in principals.indices {
      var found: Set<Int> = []
      for entry in entries(of: principal, extras) {
        if case .role(let role) = entry.content, let known = trees[role] {
          found.formUnion(known)
          continue
        }
        let own = Set(given(by: entry).allow.filter { $0.selector.reach == .own }.map(\.selector.key.resource))
        if case .role(let role) = entry.content { trees[role] = own }
        found.formUnion(own)
      }
      for tree in found { owners[tree, default: []].append(principal) }
    }
    return owners
  }
}

// MARK: Roles held

extension Evaluation {
  /// When the principal holds each role, included ones too, through assignments and grants, while it is active.
  mutating func rolesHeld(by principal: Int, _ extras: Extras) -> [RoleName: IntervalSet] {
    let active = policy.activity(of: principals[principal])
    var held: [RoleName: IntervalSet] = [:]
    if active.isEmpty { return held }
    for entry in entries(of: principal, extras) {
      guard case .role(let role) = entry.content else { continue }
      let holds = active.intersection(IntervalSet(entry.term))
      if holds.isEmpty { continue }
      for name in closedRole(role).roles { held[name] = held[name]?.union(holds) ?? holds }
    }
    return held
  }
}
