public import WritPolicy
internal import WritSyntax

/// An access that both policies give, and whose last end differs.
public struct MovedEnd: Sendable, Hashable {
  public var key: EdgeKey
  /// The first instant without it; nil where no end is written.
  public var before: Instant?
  public var after: Instant?

  public var isLater: Bool { (after ?? .distantFuture) > (before ?? .distantFuture) }

  static func all(_ base: Access, _ head: Access, _ renames: Renames, from now: Instant) -> [MovedEnd] {
    var old: [EdgeKey: Instant] = [:]
    for edge in base.edges {
      if let end = edge.holds.intervals.last?.end, end > now { old[renames.now(edge.key)] = end }
    }
    return head.edges.compactMap { edge in
      guard let end = edge.holds.intervals.last?.end, end > now, let before = old[edge.key], before != end else {
        return nil
      }
      return MovedEnd(key: edge.key, before: written(before), after: written(end))
    }
  }

  private static func written(_ end: Instant) -> Instant? { end == .distantFuture ? nil : end }
}

/// One entry that ends soon, and what ends with it.
public struct ComingEnd: Sendable, Hashable {
  /// The first instant without.
  public var end: Instant
  public var principal: PrincipalName
  /// Sorted.
  public var permissions: [Permission]
  /// The entry that gives them until then.
  public var place: Blame.Path.Place

  static func all(
    _ head: Snapshot, concerning principals: Set<PrincipalName>, from now: Instant
  ) -> [ComingEnd] {
    var found: [Key: [Permission]] = [:]
    for item in head.access.expiring(at: now, within: Review.window) where principals.contains(item.edge.principal) {
      guard let entry = item.derivations.first?.entry else { continue }
      let key = Key(end: item.end, principal: item.edge.principal, entry: entry)
      found[key, default: []].append(item.edge.permission)
    }
    return found.sorted { $0.key < $1.key }.map { key, permissions in
      ComingEnd(
        end: key.end, principal: key.principal, permissions: permissions.sorted(),
        place: Blame.Path.Place(key.entry, in: head.policy.sources))
    }
  }

  private struct Key: Hashable, Comparable {
    var end: Instant
    var principal: PrincipalName
    var entry: SourceSpan

    static func < (a: Key, b: Key) -> Bool {
      (a.end, a.principal, a.entry) < (b.end, b.principal, b.entry)
    }
  }
}

extension Blame.Path.Place {
  init(_ span: SourceSpan, in sources: SourceTable) {
    self.init(file: sources.path(of: span), line: Int(span.start.line), column: Int(span.start.column))
  }
}
