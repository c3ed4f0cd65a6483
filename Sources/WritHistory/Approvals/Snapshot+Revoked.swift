internal import WritPolicy

extension Snapshot {
  /// This policy with as much of its access as a later one left of it: what was taken away and is given again is gained anew,
  /// though this policy had it.
  public func less(whatIsMissingIn later: Snapshot) -> Snapshot {
    let renames = Renames(from: policy, to: later.policy)
    let edges = access.edges.compactMap { edge -> Edge? in
      guard let left = later.access[renames.now(edge.key)] else { return nil }
      var edge = edge
      edge.holds = edge.holds.intersection(left.holds)
      if !edge.targets.isEmpty {
        edge.targets = edge.targets.filter { left.targets.contains(renames.now($0)) }
        if edge.targets.isEmpty { return nil }
      }
      return edge.holds.isEmpty ? nil : edge
    }
    return Snapshot(policy: policy, access: Access(edges))
  }
}
