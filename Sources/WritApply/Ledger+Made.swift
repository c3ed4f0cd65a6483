internal import WritDigest
public import WritPlan
public import WritPolicy

extension Ledger {
  /// What writ made on each target and has not taken away since, by every plan and outcome there ever was.
  ///
  /// ``LedgerState/owned`` is enough as long as base's policy can be read, which names the rest. Where it cannot, this
  /// keeps a leaver's access from being forgotten. Nothing is in it of targets that were let go.
  ///
  /// - Throws: ``LedgerError``; a plan that is missing or no plan is ``LedgerError/faulty(_:)``.
  public func madeObjects() throws(LedgerError) -> [TargetName: Set<ObjectID>] {
    guard let state = try read() else { return [:] }
    let intents = state.entries.compactMap { entry -> Intent? in
      if case .intent(let intent) = entry.record { intent } else { nil }
    }
    let paths = Set(intents.map { LedgerLayout.plan($0.plan) })
    var files = try clone.git.files(of: state.commit)
    try clone.git.load(&files) { paths.contains($0) }
    var plans: [String: Plan] = [:]
    for intent in intents {
      let path = LedgerLayout.plan(intent.plan)
      guard let bytes = files[path], Digest(of: bytes) == intent.plan,
        let plan = try? Plan(recorded: bytes, at: intent.at)
      else { throw .faulty([LedgerFault(.badPlan, path: path, "not the plan that the intent names")]) }
      plans[intent.attempt] = plan
    }
    return Self.made(state.entries, plans)
  }

  static func made(_ entries: [LedgerEntry], _ plans: [String: Plan]) -> [TargetName: Set<ObjectID>] {
    var made: [TargetName: Set<ObjectID>] = [:]
    var leaving: [String: [TargetName]] = [:]
    for entry in entries {
      switch entry.record {
      case .intent(let intent):
        leaving[intent.attempt] = intent.extent == .all ? intent.leaving : []
        for change in plans[intent.attempt]?.changes ?? [] where change.readiness == .ready {
          made[change.target, default: []].insert(change.object)
        }
      case .outcome(let outcome):
        let gone = Set(outcome.results.filter { $0.result.isOK && $0.action == Change.Action.remove.rawValue })
        for result in gone {
          if let object = ObjectID(result.object) { made[result.target]?.remove(object) }
        }
        for target in leaving[outcome.attempt] ?? [] where outcome.standings[target] == .complete { made[target] = nil }
      case .release(let release): made[release.target] = nil
      default: break
      }
    }
    return made
  }
}
