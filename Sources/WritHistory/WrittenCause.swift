internal import WritPolicy
internal import WritSyntax

/// The line that makes a difference: the one of an edge's lines that the other policy does not have.
public struct WrittenCause: Sendable, Hashable {
  public enum Kind: String, Sendable, Hashable {
    /// An assignment, a grant, or an entry in a list of custodians.
    case entry
    /// One role includes another.
    case include
    /// A role's `allow` line.
    case rule
    /// None of the edge's own lines: a term of the principal, a deny, a label; the entry is shown.
    case other
  }

  public var kind: Kind
  public var place: Blame.Path.Place
}

/// Looks for the lines of one policy that another does not have.
struct CauseFinder {
  enum Direction {
    case forward(Renames)
    case backward(Renames)
  }

  private struct Held: Hashable {
    var principal: PrincipalName
    var role: RoleName
    var origin: Derivation.Origin
  }
  private struct Allowed: Hashable {
    var role: RoleName
    var resource: ResourceName
    var scope: PermissionRule.Scope
    var operations: PermissionRule.Operations
  }
  private struct Include: Hashable {
    var role: RoleName
    var included: RoleName
  }

  private let policy: Policy
  private let renames: Direction
  /// What the other policy has, in the names of the later one.
  private var held: [Held: IntervalSet] = [:]
  private var allowed: Set<Allowed> = []
  private var includes: Set<Include> = []
  private var rules: [SourceSpan: Allowed] = [:]

  init(_ snapshot: Snapshot, comparedWith other: Snapshot, renames: Direction) {
    policy = snapshot.policy
    self.renames = renames
    for principal in other.policy.principals {
      for assignment in other.policy.assignments(of: principal) {
        add(otherName(principal), otherName(assignment.role.value), .assignment, assignment.term)
      }
    }
    for grant in other.policy.grants {
      guard case .role(let role) = grant.content else { continue }
      for principal in grant.to { add(otherName(principal.value), otherName(role.value), .grantedRole, grant.term) }
    }
    for role in other.policy.roles.values {
      let name = otherName(role.name.value)
      for rule in role.allow { allowed.insert(self.rule(rule, of: name, other: true)) }
      for included in role.includes { includes.insert(Include(role: name, included: otherName(included.value))) }
    }
    for role in snapshot.policy.roles.values {
      let name = ownName(role.name.value)
      for rule in role.allow { rules[rule.operation.span] = self.rule(rule, of: name, other: false) }
    }
  }

  private mutating func add(
    _ principal: PrincipalName, _ role: RoleName, _ origin: Derivation.Origin, _ term: Term
  ) {
    let key = Held(principal: principal, role: role, origin: origin)
    held[key] = (held[key] ?? .empty).union(IntervalSet(term.interval))
  }

  /// The outermost line that is new: an assignment that was there already is not why its role gives more.
  func cause(of edge: Edge, _ difference: IntervalSet) -> WrittenCause {
    let derivations = edge.derivations.filter { !$0.holds.intersection(difference).isEmpty }
    for derivation in derivations {
      guard let first = derivation.roles.first else {
        return WrittenCause(kind: .entry, place: place(derivation.entry))
      }
      let key = Held(principal: ownName(edge.principal), role: ownName(first), origin: derivation.origin)
      let new = derivation.holds.intersection(difference)
      if !new.subtracting(held[key] ?? .empty).isEmpty {
        return WrittenCause(kind: .entry, place: place(derivation.entry))
      }
      for (role, included) in zip(derivation.roles, derivation.roles.dropFirst())
      where !includes.contains(Include(role: ownName(role), included: ownName(included))) {
        let written = policy.roles[role]?.includes.first { $0.value == included }
        return WrittenCause(kind: .include, place: place(written?.span ?? derivation.rule))
      }
      if let rule = rules[derivation.rule], !allowed.contains(rule) {
        return WrittenCause(kind: .rule, place: place(derivation.rule))
      }
    }
    return WrittenCause(kind: .other, place: place((derivations.first ?? edge.derivations[0]).entry))
  }

  private func rule(_ rule: PermissionRule, of role: RoleName, other: Bool) -> Allowed {
    let resource = rule.resource.value
    var scope = rule.scope
    if case .folder(let owner) = scope { scope = .folder(other ? otherName(owner) : ownName(owner)) }
    return Allowed(
      role: role, resource: other ? otherName(resource) : ownName(resource), scope: scope,
      operations: rule.operation.value)
  }

  private func place(_ span: SourceSpan) -> Blame.Path.Place {
    Blame.Path.Place(span, in: policy.sources)
  }

  private func otherName(_ name: PrincipalName) -> PrincipalName { forward?.now(name) ?? name }
  private func otherName(_ name: RoleName) -> RoleName { forward?.now(name) ?? name }
  private func otherName(_ name: ResourceName) -> ResourceName { forward?.now(name) ?? name }
  private func ownName(_ name: PrincipalName) -> PrincipalName { backward?.now(name) ?? name }
  private func ownName(_ name: RoleName) -> RoleName { backward?.now(name) ?? name }
  private func ownName(_ name: ResourceName) -> ResourceName { backward?.now(name) ?? name }

  private var forward: Renames? { if case .forward(let renames) = renames { renames } else { nil } }
  private var backward: Renames? { if case .backward(let renames) = renames { renames } else { nil } }
}
