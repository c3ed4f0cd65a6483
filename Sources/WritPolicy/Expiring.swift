/// An access that holds and will end soon.
public struct ExpiringEdge: Sendable {
  public var edge: Edge
  /// The first instant without it.
  public var end: Instant
  /// What gives it until then, and no longer.
  public var derivations: [Derivation]
}

extension Access {
  /// Edges that hold at `now` and end within `window` of it, soonest first, then by principal and permission.
  ///
  /// An edge that another way carries on beyond the end of one is not among them.
  public func expiring(at now: Instant, within window: Duration) -> [ExpiringEdge] {
    let (last, overflow) = now.seconds.addingReportingOverflow(window.seconds)
    let limit = overflow ? Instant.distantFuture : Instant(seconds: last)
    return edges.compactMap { edge -> ExpiringEdge? in
      guard let end = edge.holds.end(at: now), end <= limit, end != .distantFuture else { return nil }
      let ending = edge.derivations.filter { $0.holds.intervals.contains { $0.end == end } }
      return ExpiringEdge(edge: edge, end: end, derivations: ending)
    }
    .sorted { $0.end != $1.end ? $0.end < $1.end : $0.edge.key < $1.edge.key }
  }
}
