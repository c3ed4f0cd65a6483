internal import WritSyntax

/// An access that somebody has not by permission, but by running a command as an account that has it (design §4).
public struct IndirectEdge: Sendable, Hashable {
  public enum Means: Sendable, Hashable {
    /// The account has the permission.
    case permission
    /// The account owns the tree, so the kernel lets it read and write whether or not the policy gives it that.
    case ownership
  }
  public var principal: PrincipalName
  /// The commands, in the order in which they are run; never empty.
  public var via: [Permission]
  /// The account that the last command runs as, and what it reaches.
  public var reached: EdgeKey
  public var means: Means
  /// While every step of the way holds.
  public var holds: IntervalSet
  /// The hosts on which it holds: a command that runs on one host reaches nothing on another.
  public var targets: [TargetName]
}

/// What everybody reaches by running commands as service accounts, those accounts' own commands included.
///
/// What the principal has by permission anyway is listed too. Commands that run as root are left out: they reach everything.
/// Folders of vaults are not reached: their keys belong to an identity, not to a Unix account. Sorted by principal, reached
/// edge and way.
public func indirectAccess(of policy: Policy, access: Access) -> [IndirectEdge] {
  var reach = IndirectReach(policy, access)
  return access.edges.filter { reach.runAs(of: $0.permission) != nil }.flatMap { reach.edges(from: $0) }
    .sorted { a, b in
      if a.principal != b.principal { return a.principal < b.principal }
      if a.reached != b.reached { return a.reached < b.reached }
      if a.via != b.via { return a.via.lexicographicallyPrecedes(b.via) }
      return a.means == .permission && b.means == .ownership
    }
}

private struct IndirectReach {
  /// A way by more commands than this is followed no further.
  static let depthLimit = 8

  let policy: Policy
  let access: Access
  private var accounts: [ResourceName: PrincipalName] = [:]
  private var owned: [PrincipalName: [ResourceName]] = [:]

  init(_ policy: Policy, _ access: Access) {
    self.policy = policy
    self.access = access
    for (name, resource) in policy.resources {
      switch resource.kind {
      case .command(let command): accounts[name] = command.runAs?.value
      case .tree(let tree):
        // The folders below a personal tree belong to their accounts, not to the owner of what holds them.
        if let owner = tree.owner?.value, !tree.isPersonal { owned[owner, default: []].append(name) }
      case .login, .unixGroup, .egress, .external: break
      }
    }
  }

  func runAs(of permission: Permission) -> PrincipalName? { accounts[permission.object.resource] }

  mutating func edges(from edge: Edge) -> [IndirectEdge] {
    var found: [IndirectEdge] = []
    follow(edge, via: [], visited: [edge.principal], of: edge.principal, edge.holds, edge.targets, into: &found)
    return found
  }

  private func follow(
    _ step: Edge, via: [Permission], visited: Set<PrincipalName>, of principal: PrincipalName, _ holds: IntervalSet,
    _ targets: [TargetName], into found: inout [IndirectEdge]
  ) {
    guard let account = runAs(of: step.permission), !visited.contains(account), via.count < Self.depthLimit else {
      return
    }
    let via = via + [step.permission]
    func add(_ permission: Permission, _ means: IndirectEdge.Means, _ holds: IntervalSet, _ targets: [TargetName]) {
      if holds.isEmpty || targets.isEmpty { return }
      found.append(
        IndirectEdge(
          principal: principal, via: via, reached: EdgeKey(account, permission), means: means, holds: holds,
          targets: targets))
    }
    for edge in access.edges(of: account) {
      let both = targets.filter(edge.targets.contains)
      let when = holds.intersection(edge.holds)
      add(edge.permission, .permission, when, both)
      if !both.isEmpty, !when.isEmpty {
        follow(edge, via: via, visited: visited.union([account]), of: principal, when, both, into: &found)
      }
    }
    for tree in owned[account] ?? [] {
      let there = policy.targets(of: tree)
      for operation in [Operation.read, .write] {
        add(Permission(Object(tree), operation), .ownership, holds, targets.filter(there.contains))
      }
    }
  }
}
