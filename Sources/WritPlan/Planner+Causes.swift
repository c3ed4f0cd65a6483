internal import WritPolicy

/// Why each change is planned: the written lines, the end that passed, or what other hands did.
extension Planner {
  func elementCauses(
    added wanted: ObjectState, from state: ObjectState, _ entry: DesiredState.Entry
  ) -> [Cause] {
    var causes: [Cause] = []
    for name in wanted.attributes.keys.sorted() {
      let there = Set(state.list(name))
      for element in wanted.list(name) where !there.contains(element) {
        causes += entry.elementCauses["\(name)=\(element)"] ?? []
      }
    }
    return unique(causes)
  }

  func removalCauses(
    _ before: ObjectState, _ after: ObjectState, _ id: ObjectID, _ wanted: DesiredState.Entry,
    _ difference: Change.Difference
  ) -> [Cause] {
    var causes: [Cause] = []
    for name in before.attributes.keys.sorted() {
      let kept = Set(after.list(name))
      let planned = Set(base.objects[id]?.state.list(name) ?? [])
      for element in before.list(name) where !kept.contains(element) {
        if let known = base.objects[id]?.elementCauses["\(name)=\(element)"] {
          causes += known.map(gone)
        } else if planned.contains(element) || difference == .change {
          causes += wanted.causes
        } else {
          causes.append(Cause(.drift, Self.driftLine(name, element)))
        }
      }
      if case .text(let old)? = before[name], case .text(let new)? = after[name], old != new {
        causes.append(
          difference == .drift
            ? Cause(.drift, "\(name) was changed on the target from `\(new)` to `\(old)`") : wanted.causes[0])
      }
    }
    if id.kind == .egress { causes += heldBackCauses(before, after, base: base.objects[id], wanted) }
    // Of a file that is put back whole perhaps nothing was added.
    if causes.isEmpty {
      causes = difference == .change ? wanted.causes : [Cause(.drift, driftText(of: id, before, after))]
    }
    return unique(causes)
  }

  /// Why accounts come to be held back: what gave them the permission is gone, they are new, or somebody let them out by hand.
  private func heldBackCauses(
    _ before: ObjectState, _ after: ObjectState, base: DesiredState.Entry?, _ wanted: DesiredState.Entry
  ) -> [Cause] {
    let there = Set(before.list("denied"))
    return after.list("denied").filter { !there.contains($0) }.flatMap { uid in
      if let given = base?.elementCauses["allowed=\(uid)"] { return given.map(gone) }
      let known = base?.state.list("denied").contains(uid) == true
      return known
        ? [Cause(.drift, "`\(uid)` is gone from denied")] : wanted.elementCauses["denied=\(uid)"] ?? wanted.causes
    }
  }

  func goneCauses(_ entry: DesiredState.Entry) -> [Cause] {
    unique((entry.causes + entry.elementCauses.sorted { $0.key < $1.key }.flatMap(\.value)).map(gone))
  }

  /// Turns the cause for which something was there into the cause for which it no longer is.
  func gone(_ cause: Cause) -> Cause {
    guard let edge = cause.edge else {
      return Cause(.revoked, "no longer needed: \(cause.text)", place: cause.place, commit: cause.commit)
    }
    if let until = cause.until, until <= instant {
      return Cause(.ended, cause.text, edge: edge, place: cause.place, until: until, commit: cause.commit)
    }
    if let still = access[edge], !still.holds.isEmpty,
      let ended = still.holds.intervals.last(where: { $0.end <= instant })
    {
      return Cause(.ended, "\(edge) was given", edge: edge, until: ended.end)
    }
    if access.holds(edge, at: instant) {
      return Cause(.revoked, "\(edge) holds in another way now", edge: edge)
    }
    return Cause(.revoked, "policy no longer gives \(edge)", edge: edge, place: nil, commit: cause.commit)
  }

  func unique(_ causes: [Cause]) -> [Cause] {
    var seen: Set<Cause> = []
    return causes.filter { seen.insert($0).inserted }
  }

  private static func driftLine(_ attribute: String, _ element: String) -> String {
    switch attribute {
    // The differences themselves stand above the causes.
    case "deviations", "faults": "changed on the target since the last apply"
    default: "`\(element)` was added to \(attribute) on the target"
    }
  }

  func driftText(of id: ObjectID, _ seen: ObjectState, _ wanted: ObjectState) -> String {
    var parts: [String] = []
    for name in wanted.attributes.keys.sorted() where seen[name] != wanted[name] {
      switch (seen[name], wanted[name]) {
      case (.text(let old)?, .text(let new)?): parts.append("\(name) is `\(old)`, not `\(new)`")
      case (.lines?, _) where name == "deviations" || name == "faults":
        parts.append("changed on the target since the last apply")
      default:
        let there = Set(seen.list(name))
        let known = base.objects[id].map { Set($0.state.list(name)) }
        // What the policy adds now was never there, so it cannot be gone.
        let gone = wanted.list(name).filter { !there.contains($0) && known?.contains($0) != false }
        parts.append(gone.isEmpty ? "\(name) differ" : "\(gone.joined(separator: ", ")) gone from \(name)")
      }
    }
    return parts.isEmpty ? "changed on the target" : parts.joined(separator: "; ")
  }
}
