internal import WritApply
internal import WritPlan
internal import WritPolicy

extension PlanningSession {
  /// What other hands changed on each target since its last complete apply, in the order of the targets, with who did it where a
  /// host knows. Targets that were never applied whole are left out, with a message.
  ///
  /// - Parameters:
  ///   - state: of the ledger that the session was made with; the session reads its newest commit.
  ///   - some: nil: all targets of the session.
  func drift(from state: LedgerState, _ some: [any Target]? = nil) throws -> [TargetPlan] {
    let some = some ?? targets
    var found: [TargetName: TargetPlan] = [:]
    var asked: [(inquiry: Planning.Inquiry, planning: Planning)] = []
    for target in some {
      switch try bases.base(of: target.name) {
      case .none:
        Terminal.message("\(target.name) was never applied whole, so nothing can have drifted from it")
      case .unreadable(let point, let problem):
        found[target.name] = TargetPlan(
          target: target.name,
          standing: .partial(
            missing: [
              "its base, commit \(point.commit.prefix(10)), is a policy that this version finds wrong (\(problem)); "
                + "the next complete apply gives it another"
            ]), liveDigest: LiveState().digest, changes: [])
      case .readable(let reading, _):
        let planning = Planning(reading: reading, ledger: state, bases: bases, targets: [target], leaving: leaving)
        asked += try planning.inquiries().map { ($0, planning) }
      }
    }
    for (asked, plan) in zip(asked, Planning.answers(asked.map(\.inquiry), fleet.crew)) {
      let reading = asked.planning.reading
      let (name, target) = (plan.target, asked.inquiry.target)
      let checked = try asked.planning.result([plan], to: [asked.inquiry]).plan.targets[0]
      found[name] = DriftNames(policies: [self.reading.policy, reading.policy]).named(
        checked.withoutHalfMade(
          from: Planning.desired(name, in: reading), to: Planning.desired(name, in: self.reading)),
        of: target, state.base[name]?.at ?? .distantPast)
    }
    return some.compactMap { found[$0.name] }
  }
}
