internal import WritDigest
public import WritPolicy
internal import WritSyntax

/// What one policy gives and takes compared with an earlier one, from an instant on.
///
/// Access is compared over time: an assignment that begins next week and a later `until` are gains on the day they are written, and
/// what is over makes no difference. Names are those of the later policy; a rename through `previously` is neither a revocation
/// nor a grant.
public struct AccessDifference: Sendable {
  /// One edge that is gained or lost, wholly or for some time or on some targets.
  public struct Change: Sendable {
    public var key: EdgeKey
    /// What is gained or lost, nothing of it before the instant of comparison.
    public var holds: IntervalSet
    /// Where. Empty for what is declared and not enforced.
    public var targets: [TargetName]
    /// Whether the edge is all new or all gone, and not just longer, shorter, or on other targets.
    public var isWhole: Bool
    /// The ways that give it: of the later policy for a gain, of the earlier one for a loss.
    public var derivations: [Derivation]
    /// The written line that makes the difference.
    public var cause: WrittenCause
  }

  public var from: Instant
  /// By principal, then permission.
  public var lost: [Change]
  public var gained: [Change]
  /// In order of kind and subject.
  public var sensitive: [SensitiveChange]
  /// Lines by which several people gain, most people first.
  public var amplification: [Amplification]

  public var changesAccess: Bool { !lost.isEmpty || !gained.isEmpty }
  public var isEmpty: Bool { !changesAccess && sensitive.isEmpty }

  public init(base: Snapshot, head: Snapshot, from now: Instant) {
    from = now
    let renames = Renames(from: base.policy, to: head.policy)
    var before: [EdgeKey: Edge] = [:]
    for edge in base.access.edges { before[renames.now(edge.key)] = edge }
    var gained: [Change] = []
    var lost: [Change] = []
    var moved: [Permission: ControlMove] = [:]
    let gains = CauseFinder(head, comparedWith: base, renames: .forward(renames))
    let losses = CauseFinder(base, comparedWith: head, renames: .backward(renames))
    for edge in head.access.edges {
      let old = before.removeValue(forKey: edge.key)
      let oldTargets = (old?.targets ?? []).map(renames.now).sorted()
      for part in Self.parts(edge.holds, edge.targets, less: old?.holds ?? .empty, oldTargets, from: now) {
        let cause = gains.cause(of: edge, part.holds)
        gained.append(
          Change(
            key: edge.key, holds: part.holds, targets: part.targets, isWhole: old?.holds.from(now).isEmpty ?? true,
            derivations: edge.derivations, cause: cause))
      }
      guard let old else { continue }
      for part in Self.parts(old.holds, oldTargets, less: edge.holds, edge.targets, from: now) {
        lost.append(
          Change(
            key: edge.key, holds: part.holds, targets: part.targets, isWhole: edge.holds.from(now).isEmpty,
            derivations: old.derivations, cause: losses.cause(of: old, part.holds)))
      }
      if old.control != edge.control, !edge.holds.from(now).isEmpty, !old.holds.from(now).isEmpty {
        moved[edge.permission, default: ControlMove(before: old.control, after: edge.control)].principals
          .append(edge.principal)
      }
    }
    for (key, old) in before {
      let left = old.holds.from(now)
      if left.isEmpty { continue }
      lost.append(
        Change(
          key: key, holds: left, targets: old.targets.map(renames.now).sorted(), isWhole: true,
          derivations: old.derivations, cause: losses.cause(of: old, left)))
    }
    self.gained = gained.sorted(by: Self.inOrder)
    self.lost = lost.sorted(by: Self.inOrder)
    sensitive = SensitiveChange.all(from: base.policy, to: head.policy, renames, moved, since: now)
    amplification = Amplification.all(gained)
  }

  /// How one permission's enforcement moved, and for whom.
  struct ControlMove {
    var before: Digest
    var after: Digest
    var principals: [PrincipalName] = []
  }

  /// What the first has beyond the second: for some time on the targets of both, and at all times on those of its own.
  private static func parts(
    _ holds: IntervalSet, _ targets: [TargetName], less other: IntervalSet, _ otherTargets: [TargetName],
    from now: Instant
  ) -> [(holds: IntervalSet, targets: [TargetName])] {
    let whole = holds.from(now)
    if whole.isEmpty { return [] }
    let own = targets.filter { !otherTargets.contains($0) }
    let common = targets.filter(otherTargets.contains)
    let longer = whole.subtracting(other)
    if other.from(now).isEmpty { return [(whole, targets)] }
    var parts: [(IntervalSet, [TargetName])] = []
    // An edge without targets is one of nothing but time.
    if !longer.isEmpty, !common.isEmpty || targets.isEmpty { parts.append((longer, common)) }
    if !own.isEmpty { parts.append((whole, own)) }
    return parts
  }

  private static func inOrder(_ a: Change, _ b: Change) -> Bool {
    a.key != b.key ? a.key < b.key : a.targets.lexicographicallyPrecedes(b.targets)
  }
}

/// One written line by which several people gain.
public struct Amplification: Sendable, Hashable {
  public var cause: WrittenCause
  /// Sorted.
  public var principals: [PrincipalName]
  /// How many edges are gained through it.
  public var edges: Int

  static func all(_ gained: [AccessDifference.Change]) -> [Amplification] {
    var found: [WrittenCause: (principals: Set<PrincipalName>, edges: Set<EdgeKey>)] = [:]
    for change in gained where change.cause.kind != .other {
      found[change.cause, default: ([], [])].principals.insert(change.key.principal)
      found[change.cause]?.edges.insert(change.key)
    }
    return found.filter { $0.value.principals.count > 1 }
      .map { Amplification(cause: $0.key, principals: $0.value.principals.sorted(), edges: $0.value.edges.count) }
      .sorted {
        ($1.principals.count, $0.cause.place.file, $0.cause.place.line, $0.cause.place.column)
          < ($0.principals.count, $1.cause.place.file, $1.cause.place.line, $1.cause.place.column)
      }
  }
}
