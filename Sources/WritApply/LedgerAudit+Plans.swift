internal import WritDigest
internal import WritPlan
internal import WritPolicy

extension LedgerAudit {
  /// Judges the plans of some of ``intents``, and takes over what those that are good make.
  ///
  /// - Parameter files: have the contents of these plans; of one whose content was not read, only that it is there is judged.
  mutating func judgePlans(of some: ArraySlice<Int>, in files: LedgerFiles) {
    let (entries, bases) = (entries, bases)
    let judged = SharedWork.map(Array(some)) { JudgedPlan(of: entries[$0], in: files, bases) }
    add(plans: some.count, judged.compactMap(\.fault), owned: judged.flatMap(\.owned))
  }
}

/// What is wrong with the recorded plan of an intent, or else what of it counts. The plan itself is not kept.
private struct JudgedPlan: Sendable {
  var fault: LedgerFault?
  /// What it could make or change since base.
  var owned: [(target: TargetName, objects: [ObjectID])] = []

  init(of entry: LedgerEntry, in files: LedgerFiles, _ bases: LedgerBases) {
    guard case .intent(let intent) = entry.record else { return }
    let path = LedgerLayout.plan(intent.plan)
    let refused = { (reason: String) in LedgerFault(.badPlan, entry: entry.sequence, path: path, reason) }
    guard files.listing[path] != nil else {
      fault = refused("the plan is not there")
      return
    }
    guard let bytes = files[path] else { return }
    guard Digest(of: bytes) == intent.plan else {
      fault = refused("the file has another digest than the entry says")
      return
    }
    guard let plan = try? Plan(recorded: bytes, at: intent.at) else {
      fault = refused("the file is no plan")
      return
    }
    guard plan.commit == intent.commit, Set(plan.targets.map(\.target)) == Set(intent.live.keys) else {
      fault = refused("the plan is for another commit or other targets")
      return
    }
    for target in plan.targets where entry.sequence >= bases.first(of: target.target) {
      // What was blocked was not made, and may be somebody else's: a plan that only names it takes no hold of it.
      let made = target.changes.filter { $0.readiness == .ready }
      let letGo = bases.objectsLetGo(by: target, entry.sequence)
      owned.append((target.target, made.map(\.object).filter { !letGo.contains($0) }))
    }
  }
}
