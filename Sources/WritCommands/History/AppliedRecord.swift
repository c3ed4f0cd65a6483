internal import WritApply
internal import WritGit
internal import WritHistory
internal import WritPlan
internal import WritPolicy
internal import WritRender
internal import WritSystem

/// Which ledger entries put an access on its targets, or took it from them.
struct AppliedRecord {
  /// One outcome, as far as it is complete.
  private struct Apply {
    var sequence: Int
    /// When the entry says that it was.
    var time: Instant
    /// Of its commit on the first-parent line.
    var position: Int
    /// The instant the policy was evaluated at.
    var at: Instant
    var extent: Intent.Extent
    var targets: Set<TargetName>
  }

  private let applies: [Apply]
  /// Of each commit on the first-parent line.
  private let positions: [String: Int]

  init(ledger: LedgerState?, line: HistoryLine) {
    let entries = ledger?.entries ?? []
    // Nobody asks where a commit is when nothing was ever applied.
    let positions = entries.isEmpty ? [:] : Dictionary(line.commits.enumerated().map { ($1.id, $0) }) { $1 }
    self.positions = positions
    var intents: [String: Intent] = [:]
    applies = entries.compactMap { entry in
      switch entry.record {
      case .intent(let intent): intents[intent.attempt] = intent
      case .outcome(let outcome):
        guard let intent = intents[outcome.attempt], let position = positions[intent.commit] else { return nil }
        return Apply(
          sequence: entry.sequence, time: entry.time, position: position, at: intent.at, extent: intent.extent,
          targets: Set(outcome.standings.filter { $0.value == .complete }.keys))
      default: break
      }
      return nil
    }
  }

  /// For each target of the edge that holds: the first complete apply of a commit that has it, in the time in which it holds.
  func entries(for blame: Blame, _ access: Access) -> [AppliedEntry] {
    guard !applies.isEmpty, let current = blame.current, let edge = access[blame.key] else { return [] }
    return entries(of: current.since, from: current.interval.start, on: edge.targets, removes: false)
  }

  /// For each target: the first complete apply since an event. What only takes away is also done by an apply of
  /// revocations alone.
  func entries(for event: AccessEvent, on targets: [TargetName]) -> [AppliedEntry] {
    entries(of: event.commit, from: event.time, on: targets, removes: event.kind == .ended || event.kind == .expired)
  }

  private func entries(
    of commit: CommitRef, from time: Instant, on targets: [TargetName], removes: Bool
  ) -> [AppliedEntry] {
    guard let position = positions[commit.id] else { return [] }
    return targets.sorted().compactMap { target in
      applies.first {
        $0.position >= position && $0.at >= time && $0.targets.contains(target) && (removes || $0.extent == .all)
      }.map { AppliedEntry(target: target.description, entry: $0.sequence, time: $0.time) }
    }
  }
}

extension Workspace {
  /// The ledger for commands that only mention it: one that cannot be read is a warning, not the end.
  func ledgerIfAny() throws -> LedgerState? {
    if hasNoLedger { return nil }
    do { return try ledgerState() } catch {
      let failure = CommandFailure.from(error) ?? CommandFailure("\(error)")
      Terminal.message(
        "warning: what was applied is not said, since the ledger cannot be relied on: \(failure.message)")
      return nil
    }
  }

  /// There is no remote that could have one, no branch here, and this clone never saw one: nothing has to be opened to know.
  private var hasNoLedger: Bool {
    repository.originURL == nil && (try? repository.resolve("refs/heads/writ/ledger")) == nil
      && (try? FileContents.read(repository.commonDirectory + "/writ/ledger-head")) == nil
  }
}
