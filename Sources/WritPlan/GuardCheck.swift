internal import WritHistory
public import WritPolicy
internal import WritSyntax

/// A guard that trips: something this plan would do that nobody does on purpose every day (design §9).
public struct TrippedGuard: Sendable, Hashable {
  public enum Name: String, Sendable, Hashable, CaseIterable {
    case maxRemoval = "max-removal"
    case minAdministrators = "min-administrators"
    case applierAccess = "applier-access"
  }

  public var name: Name
  /// One line for people.
  public var text: String

  public init(_ name: Name, _ text: String) {
    self.name = name
    self.text = text
  }
}

/// The guards over one move from base to desired.
public struct GuardCheck {
  /// Share of edges over which a removal trips when policy writes none, in percent.
  public static let defaultMaxRemovalPercent = 25
  /// Losses of one resource from which its share counts.
  public static let smallestCountedLoss = 5

  public var basePolicy: Policy
  public var baseAccess: Access
  public var baseInstant: Instant
  public var policy: Policy
  public var access: Access
  public var instant: Instant
  /// Who applies, when policy knows them.
  public var applier: PrincipalName?

  public init(
    basePolicy: Policy, baseAccess: Access, baseInstant: Instant, policy: Policy, access: Access, instant: Instant,
    applier: PrincipalName?
  ) {
    self.basePolicy = basePolicy
    self.baseAccess = baseAccess
    self.baseInstant = baseInstant
    self.policy = policy
    self.access = access
    self.instant = instant
    self.applier = applier
  }

  public func tripped() -> [TrippedGuard] { removals() + administrators() + applierAccess() }

  /// An end that was already written at base is no removal.
  private func removals() -> [TrippedGuard] {
    let held = baseAccess.edges(at: baseInstant)
    let names = Renames(from: basePolicy, to: policy)
    let lost = held.filter {
      $0.holds.contains(instant) && !access.holds(names.now($0.key), at: instant)
    }
    let limit = policy.guards.maxRemovalPercent?.value ?? Self.defaultMaxRemovalPercent
    var out: [TrippedGuard] = []
    if exceeds(lost.count, of: held.count, limit) {
      out.append(
        TrippedGuard(
          .maxRemoval, "\(lost.count) of \(held.count) accesses would be removed; at most \(limit) % may go at once"))
    }
    var heldByResource: [ResourceName: Int] = [:]
    var lostByResource: [ResourceName: Int] = [:]
    for edge in held { heldByResource[edge.permission.object.resource, default: 0] += 1 }
    for edge in lost { lostByResource[edge.permission.object.resource, default: 0] += 1 }
    for (resource, count) in lostByResource.sorted(by: { $0.key < $1.key })
    where count >= Self.smallestCountedLoss && exceeds(count, of: heldByResource[resource] ?? 0, limit) {
      out.append(
        TrippedGuard(
          .maxRemoval,
          "\(count) of \(heldByResource[resource] ?? 0) accesses to \(resource) would be removed; at most \(limit) % may go at once"
        ))
    }
    return out
  }

  private func exceeds(_ count: Int, of total: Int, _ percent: Int) -> Bool {
    count > 0 && count * 100 > total * percent
  }

  private func administrators() -> [TrippedGuard] {
    guard let least = policy.guards.minAdministrators?.value, !policy.guards.administratorRoles.isEmpty else {
      return []
    }
    let roles = Set(policy.guards.administratorRoles.map(\.value))
    let count = Self.holders(of: roles, in: policy, at: instant).count
    let before = Self.holders(
      of: Set(basePolicy.guards.administratorRoles.map(\.value)), in: basePolicy, at: baseInstant
    ).count
    // Where there were too few already, what takes no further one away need not wait for others.
    guard count < least, count < before else { return [] }
    return [
      TrippedGuard(
        .minAdministrators,
        "\(count) would be left with \(roles.sorted().map(\.text).joined(separator: ", ")); at least \(least) must be")
    ]
  }

  private func applierAccess() -> [TrippedGuard] {
    guard let applier else { return [] }
    let roles = Set(basePolicy.guards.administratorRoles.map(\.value))
    if Self.holders(of: roles, in: basePolicy, at: baseInstant).contains(applier),
      !Self.holders(of: Set(policy.guards.administratorRoles.map(\.value)), in: policy, at: instant).contains(applier)
    {
      return [TrippedGuard(.applierAccess, "\(applier), who applies, would be an administrator no longer")]
    }
    let names = Renames(from: basePolicy, to: policy)
    let logins = baseAccess.edges(at: instant).filter { edge in
      edge.principal == applier && edge.permission.operation == .ssh && baseAccess.holds(edge.key, at: baseInstant)
    }
    let lost = logins.filter { !access.holds(names.now($0.key), at: instant) }
    guard let first = lost.first else { return [] }
    return [TrippedGuard(.applierAccess, "\(applier), who applies, would lose \(first.permission)")]
  }

  /// People who hold one of the roles straight or through includes of a role they hold.
  static func holders(of roles: Set<RoleName>, in policy: Policy, at instant: Instant) -> Set<PrincipalName> {
    var reaching: Set<RoleName> = roles
    var grew = true
    while grew {
      grew = false
      for role in policy.roles.values
      where !reaching.contains(role.name.value) && role.includes.contains(where: { reaching.contains($0.value) }) {
        reaching.insert(role.name.value)
        grew = true
      }
    }
    var out: Set<PrincipalName> = []
    for person in policy.people.values where policy.activity(of: person.name.value).contains(instant) {
      if person.roles.contains(where: { reaching.contains($0.role.value) && $0.term.interval.contains(instant) }) {
        out.insert(person.name.value)
      }
    }
    for grant in policy.grants {
      guard case .role(let role) = grant.content, reaching.contains(role.value), grant.term.interval.contains(instant)
      else { continue }
      for name in grant.to where policy.activity(of: name.value).contains(instant) && policy.people[name.value] != nil {
        out.insert(name.value)
      }
    }
    return out
  }
}
