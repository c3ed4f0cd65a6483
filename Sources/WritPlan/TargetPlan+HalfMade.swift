extension TargetPlan {
  /// Without the objects that are on their way from one state of the policy to another: what an apply leaves that was
  /// partial, or only took away, was made by writ and is no drift.
  ///
  /// - Parameters:
  ///   - base: what the changes of this plan lead back to.
  ///   - wanted: what the policy that was applied last says.
  public func withoutHalfMade(from base: DesiredState, to wanted: DesiredState) -> TargetPlan {
    var live: [ObjectID: ObjectState?] = [:]
    // Several changes of one object lead on from one another; the first begins at live.
    for change in changes where live[change.object] == nil { live[change.object] = .some(change.before) }
    var plan = self
    plan.changes.removeAll { change in
      let id = change.object
      let (old, new) = (base.objects[id]?.state, wanted.objects[id]?.state)
      guard old != new else { return false }
      switch (live[id] ?? nil, old, new) {
      case (nil, _, let new): return new == nil
      case (_?, nil, _): return new != nil
      // Deviations of a tree are counted against one rule, so they say nothing where the rule itself moved.
      case (let seen?, _?, nil): return id.kind == .tree || id.kind == .account && seen.text("state") == "retired"
      case (let seen?, let old?, let new?): return id.kind == .tree || seen.lies(between: old, and: new)
      }
    }
    return plan
  }
}

extension ObjectState {
  /// Whether every part is what it was at base or what it shall be, with nothing gone that both have.
  func lies(between base: ObjectState, and wanted: ObjectState) -> Bool {
    attributes.allSatisfy { name, value in
      if value == base[name] || value == wanted[name] { return true }
      if case .text = value { return false }
      let (old, new, now) = (Set(base.list(name)), Set(wanted.list(name)), Set(list(name)))
      return now.isSubset(of: old.union(new)) && now.isSuperset(of: old.intersection(new))
    }
  }
}
