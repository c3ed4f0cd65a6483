internal import WritPlan
internal import WritPolicy

/// What the entries say of each target's last complete apply.
struct LedgerBases: Sendable {
  var applied: [TargetName: LedgerState.Applied] = [:]
  /// Of targets that were let go: sequence number of the entry that did it.
  var released: [TargetName: Int] = [:]
  /// Of the outcomes behind ``applied``: ids of the changes that hold.
  private var held: [TargetName: Set<String>] = [:]

  init(_ entries: [LedgerEntry]) {
    var intents: [String: (sequence: Int, intent: Intent)] = [:]
    for entry in entries {
      switch entry.record {
      case .intent(let intent): intents[intent.attempt] = (entry.sequence, intent)
      case .outcome(let outcome):
        guard let (sequence, intent) = intents[outcome.attempt], intent.extent == .all else { continue }
        for (target, standing) in outcome.standings where standing == .complete {
          if intent.leaving.contains(target) {
            release(target, by: entry.sequence)
            continue
          }
          applied[target] = LedgerState.Applied(
            base: Plan.Base(commit: intent.commit, at: intent.at), tree: intent.tree, intent: sequence,
            outcome: entry.sequence)
          held[target] = Set(outcome.results.filter { $0.target == target && $0.result.isOK }.map(\.result.change))
        }
      case .release(let release): self.release(release.target, by: entry.sequence)
      default: break
      }
    }
  }

  private mutating func release(_ target: TargetName, by sequence: Int) {
    applied[target] = nil
    released[target] = sequence
  }

  /// What base's own plan took away from the target, so that nothing of writ's is left: whoever puts such a thing there again
  /// meant it, and the undo of a tree that left the policy stays. Of any other plan everything is in doubt.
  ///
  /// Sessions may still hold a membership that is gone, and a folder of secrets keeps its secrets: both stay owned.
  func objectsLetGo(by plan: TargetPlan, _ sequence: Int) -> Set<ObjectID> {
    guard applied[plan.target]?.intent == sequence, let held = held[plan.target] else { return [] }
    let steps = Dictionary(grouping: plan.changes, by: \.object)
    return Set(
      steps.filter { object, changes in
        object.kind != .membership && object.kind != .folder
          && changes.allSatisfy { $0.action == .remove && held.contains($0.id) }
      }.keys)
  }

  /// The first entry whose plan may have made something that is still there, or changed it since base.
  func first(of target: TargetName) -> Int { applied[target]?.intent ?? released[target] ?? 0 }

  /// Whether what an intent's plan made may still be there.
  func concerns(_ intent: Intent, _ sequence: Int) -> Bool {
    intent.live.keys.contains { sequence >= first(of: $0) }
  }
}
