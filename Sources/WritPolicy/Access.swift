public import WritDigest
public import WritSyntax

/// One way in which an edge came about, with the lines that say so.
public struct Derivation: Sendable, Hashable {
  public enum Origin: Sendable, Hashable {
    /// A role held by assignment.
    case assignment
    /// A role held through a grant.
    case grantedRole
    /// A permission granted straight to the principal.
    case grant
    /// Custodian of the vault that holds the sharing group.
    case custodian
  }

  public var origin: Origin
  /// From the role that is held to the role whose rule gives the permission; empty for `grant` and `custodian`.
  public var roles: [RoleName]
  /// The assignment, grant or custodian entry.
  public var entry: SourceSpan
  /// The `allow` line that gives the permission; the same as `entry` for custodians.
  public var rule: SourceSpan
  /// When this derivation gives the permission: its term, the principal's activity, less what is denied.
  public var holds: IntervalSet
  public var reason: String?

  public init(
    origin: Origin, roles: [RoleName], entry: SourceSpan, rule: SourceSpan, holds: IntervalSet, reason: String? = nil
  ) {
    self.origin = origin
    self.roles = roles
    self.entry = entry
    self.rule = rule
    self.holds = holds
    self.reason = reason
  }
}

/// (principal, permission), with all that follows from the policy about it.
public struct Edge: Sendable {
  public var principal: PrincipalName
  public var permission: Permission
  /// Every instant at which the edge holds: the union of its derivations' intervals. Never empty.
  public var holds: IntervalSet
  /// Never empty; in file and line order.
  public var derivations: [Derivation]
  /// Sorted. Empty for `external` resources.
  public var targets: [TargetName]
  /// Digest of how the permission is enforced (design §3).
  public var control: Digest

  public init(
    principal: PrincipalName, permission: Permission, holds: IntervalSet, derivations: [Derivation],
    targets: [TargetName], control: Digest
  ) {
    self.principal = principal
    self.permission = permission
    self.holds = holds
    self.derivations = derivations
    self.targets = targets
    self.control = control
  }

  public var key: EdgeKey { EdgeKey(principal, permission) }
}

/// What names an edge.
public struct EdgeKey: Hashable, Sendable, Comparable, CustomStringConvertible {
  public var principal: PrincipalName
  public var permission: Permission

  public init(_ principal: PrincipalName, _ permission: Permission) {
    self.principal = principal
    self.permission = permission
  }

  public var description: String { "\(principal) \(permission)" }

  public static func < (a: EdgeKey, b: EdgeKey) -> Bool {
    a.principal != b.principal ? a.principal < b.principal : a.permission < b.permission
  }
}

/// The effective access of one policy over all time (design §3): a pure function of the policy, from which an instant selects.
public struct Access: Sendable {
  /// Sorted by principal, then permission.
  public let edges: [Edge]
  /// Where each principal's edges are.
  private let ranges: [PrincipalName: Range<Int>]

  /// `edges` in any order; each (principal, permission) once.
  public init(_ edges: [Edge]) {
    self.edges = Self.isSorted(edges) ? edges : edges.sorted { $0.key < $1.key }
    var ranges: [PrincipalName: Range<Int>] = [:]
    var start = 0
    for position in self.edges.indices {
      let next = position + 1
      if next == self.edges.count || self.edges[next].principal != self.edges[start].principal {
        ranges[self.edges[start].principal] = start..<next
        start = next
      }
    }
    self.ranges = ranges
  }

  /// The evaluator makes edges in order; seeing that costs a fraction of sorting them again.
  private static func isSorted(_ edges: [Edge]) -> Bool {
    edges.indices.dropFirst().allSatisfy { next in
      let (a, b) = (edges[next - 1].principal, edges[next].principal)
      return a == b ? edges[next - 1].permission < edges[next].permission : a < b
    }
  }

  /// One principal's edges, sorted by permission.
  public func edges(of principal: PrincipalName) -> ArraySlice<Edge> {
    edges[ranges[principal] ?? 0..<0]
  }

  public subscript(key: EdgeKey) -> Edge? {
    let own = edges(of: key.principal)
    var (low, high) = (own.startIndex, own.endIndex)
    while low < high {
      let middle = (low + high) / 2
      if own[middle].permission < key.permission { low = middle + 1 } else { high = middle }
    }
    return low < own.endIndex && own[low].permission == key.permission ? own[low] : nil
  }

  public func edges(at instant: Instant) -> [Edge] { edges.filter { $0.holds.contains(instant) } }

  public func holds(_ key: EdgeKey, at instant: Instant) -> Bool {
    self[key]?.holds.contains(instant) ?? false
  }

  /// The first instant after `instant` at which any edge changes; nil when none ever does.
  public func nextChange(after instant: Instant) -> Instant? {
    edges.lazy.compactMap { $0.holds.nextChange(after: instant) }.min()
  }
}
