internal import WritSyntax

/// What one commit does to the names of the policy, by kind.
public struct NameMoves: Sendable {
  /// Names of one kind.
  public struct Of<Kind>: Sendable {
    /// Those that the policy before did not have; of a first policy, all.
    public var added: [Identifier<Kind>] = []
    /// Names that say what they were called before, each with those earlier names that nothing has now.
    public var previously: [(name: Identifier<Kind>, olds: [Identifier<Kind>])] = []

    fileprivate mutating func note(
      _ name: Identifier<Kind>, _ olds: [Identifier<Kind>], where isDefined: (Identifier<Kind>) -> Bool
    ) {
      let gone = olds.filter { !isDefined($0) }
      if !gone.isEmpty { previously.append((name, gone)) }
    }
  }

  public private(set) var principals = Of<PrincipalTag>()
  public private(set) var roles = Of<RoleTag>()
  public private(set) var resources = Of<ResourceTag>()

  /// Those of a first policy.
  init(_ policy: Policy) {
    self.init(handedOnIn: policy)
    principals.added = Array(policy.people.keys) + Array(policy.serviceAccounts.keys)
    roles.added = Array(policy.roles.keys)
    resources.added = Array(policy.resources.keys) + Array(policy.sharingGroups.keys)
  }

  /// Those of a step that leads to the policy.
  init(_ touched: Touched, in policy: Policy) {
    self.init(handedOnIn: policy)
    principals.added = touched.people.filter { $0.value.isAdded }.map(\.key)
    roles.added = touched.roles.filter { $0.value.isAdded }.map(\.key)
    resources.added = touched.resources.filter { $0.value.isAdded }.map(\.key)
  }

  private init(handedOnIn policy: Policy) {
    for person in policy.people.values where !person.previously.isEmpty {
      principals.note(person.name.value, person.previously.map(\.value), where: policy.isPrincipal)
    }
    for account in policy.serviceAccounts.values where !account.previously.isEmpty {
      principals.note(account.name.value, account.previously.map(\.value), where: policy.isPrincipal)
    }
    for role in policy.roles.values where !role.previously.isEmpty {
      roles.note(role.name.value, role.previously.map(\.value)) { policy.roles[$0] != nil }
    }
    let isResource = { (name: ResourceName) in policy.resources[name] != nil || policy.sharingGroups[name] != nil }
    for resource in policy.resources.values where !resource.previously.isEmpty {
      resources.note(resource.name.value, resource.previously.map(\.value), where: isResource)
    }
    for group in policy.sharingGroups.values where !group.previously.isEmpty {
      resources.note(group.name.value, group.previously.map(\.value), where: isResource)
    }
  }
}

extension Touched.Pair {
  fileprivate var isAdded: Bool { old == nil && new != nil }
}
