internal import WritDigest

/// A second look at a finished plan, independent of the planner: what every plan must keep (design §5, §12).
public struct PlanCheck: Sendable {
  public struct Fault: Sendable, Hashable, Error {
    public var change: String
    public var text: String
  }

  /// Everything wrong with the plan; empty for every plan that may be applied.
  public static func faults(in plan: Plan) -> [Fault] {
    var faults: [Fault] = []
    var ids: Set<String> = []
    for target in plan.targets {
      var phase = Change.Phase.prepare
      for change in target.changes {
        func fault(_ text: String) { faults.append(Fault(change: change.id, text: text)) }
        if !ids.insert(change.id).inserted { fault("its id is given twice") }
        if change.causes.isEmpty { fault("it has no cause") }
        if change.target != target.target { fault("it belongs to another target") }
        if change.phase < phase { fault("it runs after a later phase") }
        phase = max(phase, change.phase)
        switch change.action {
        case .create: if change.before != nil || change.after == nil { fault("it creates what is there") }
        case .remove: if change.before == nil || change.after != nil { fault("it removes what is not there") }
        case .update, .retire: if change.before == nil || change.after == nil { fault("it changes what is not there") }
        }
        let removal: Change.Phase = change.object.kind == .egress ? .grant : .revoke
        if change.action == .remove, change.phase != removal {
          fault("it removes \(removal == .revoke ? "outside" : "among") the revocations")
        }
        if change.phase == .revoke, widens(change) { fault("it gives something among the revocations") }
      }
    }
    return faults
  }

  /// Whether a set grows, or one of those who are held back shrinks.
  private static func widens(_ change: Change) -> Bool {
    guard let after = change.after else { return false }
    for (name, value) in after.attributes {
      guard case .set(let elements) = value, let before = change.before?.list(name) else { continue }
      let isInverse = change.object.kind == .egress && name == "denied"
      if isInverse ? !Set(before).isSubset(of: elements) : !Set(elements).isSubset(of: before) { return true }
    }
    return false
  }
}
