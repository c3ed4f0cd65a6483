internal import WritApply
internal import WritHistory
internal import WritPlan
internal import WritPolicy
internal import WritRender

/// Which ledger entries put an access on its targets.
struct AppliedRecord {
  let ledger: LedgerState?
  /// Position of each commit on the first-parent line.
  private let positions: [String: Int]

  init(ledger: LedgerState?, line: HistoryLine) {
    self.ledger = ledger
    positions = Dictionary(line.commits.enumerated().map { ($1.id, $0) }) { $1 }
  }

  /// For each target of the edge that holds: the first complete apply of a commit that has it, in the time in which it holds.
  func entries(for blame: Blame, _ access: Access) -> [AppliedEntry] {
    guard let ledger, let current = blame.current, let since = positions[current.since.id], let edge = access[blame.key]
    else { return [] }
    var found: [TargetName: Int] = [:]
    var intents: [String: Intent] = [:]
    for entry in ledger.entries {
      switch entry.record {
      case .intent(let intent): intents[intent.attempt] = intent
      case .outcome(let outcome):
        guard let intent = intents[outcome.attempt], intent.extent == .all, let position = positions[intent.commit],
          position >= since, intent.at >= current.interval.start
        else { continue }
        for (target, standing) in outcome.standings where standing == .complete && edge.targets.contains(target) {
          if found[target] == nil { found[target] = entry.sequence }
        }
      default: continue
      }
    }
    return found.sorted { $0.key < $1.key }.map { AppliedEntry(target: $0.key.description, entry: $0.value) }
  }
}

extension Workspace {
  /// The ledger for commands that only mention it: one that cannot be read is a warning, not the end.
  func ledgerIfAny() throws -> LedgerState? {
    do { return try ledgerState() } catch {
      let failure = CommandFailure.from(error) ?? CommandFailure("\(error)")
      Terminal.message(
        "warning: what was applied is not said, since the ledger cannot be relied on: \(failure.message)")
      return nil
    }
  }
}
