extension Change {
  /// Who moved: the policy, the target, or both (design §5).
  public enum Difference: String, Sendable, Hashable, Codable {
    /// The policy moved.
    case change
    /// Live moved.
    case drift
    /// Both moved.
    case conflict
  }
}

extension Planner {
  func classification(_ id: ObjectID, _ wanted: DesiredState.Entry, _ state: ObjectState) -> Change.Difference {
    guard let known = base.objects[id] else { return .change }
    let policyMoved = known.state != wanted.state
    let seen = ObjectState(state.attributes.filter { known.state.attributes[$0.key] != nil })
    // A tree's deviations are counted against desired, so where the rule itself moved they say nothing of live.
    let liveMoved = policyMoved && id.kind == .tree ? false : seen != known.state
    switch (policyMoved, liveMoved) {
    // What lies between the two is a move half made, as an apply leaves it that was partial or only took away.
    case (true, true): return seen.lies(between: known.state, and: wanted.state) ? .change : .conflict
    case (false, _): return .drift
    case (true, false): return .change
    }
  }
}
