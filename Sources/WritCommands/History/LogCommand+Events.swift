internal import WritDigest
internal import WritHistory
internal import WritPolicy
internal import WritRender
internal import WritSystem

extension LogCommand {
  /// What happened to accesses, by policy and on targets.
  func runEvents() throws {
    let now = SystemClock.now()
    let past = try PastQuestion(try Workspace(options: repository), upTo: commit)
    let subject: HistorySubject =
      if let principal { .principal(try past.principal(principal)) } else {
        try resource.map { .resource(try past.resource($0)) } ?? .everything
      }
    var events = Array(past.index.events(of: subject, until: now).reversed())
    if let maxCount { events = Array(events.prefix(max(0, maxCount))) }
    let ledger = try past.workspace.ledgerIfAny()
    let record = AppliedRecord(ledger: ledger, line: past.index.line)
    let targets = EnforcingTargets(past)
    let lines = events.map { event -> HistoryText.Line in
      let all = targets.targets(of: event)
      let applied = record.entries(for: event, on: all)
      let reached = Set(applied.map(\.target))
      return HistoryText.Line(
        event: event, applied: applied, waiting: all.filter { !reached.contains($0.description) })
    }
    switch format {
    case .json:
      let reader = try past.provenance(ledger)
      let known = try lines.map { line -> (line: HistoryText.Line, provenance: CommitProvenance?) in
        (line, try reader.provenance(of: line.event.commit, about: line.event.key))
      }
      Terminal.writeLine(
        HistoryJSON.document(events: known, commit: past.head, now: now, index: past.index).canonicalText)
    default:
      Terminal.write(
        lines.isEmpty ? "nothing happened\n" : HistoryText(style: Terminal.outputStyle).events(lines, now: now))
    }
  }
}

/// Where accesses of the past are or were enforced.
private final class EnforcingTargets {
  private let past: PastQuestion
  /// Of resources that the policy does not have any more.
  private var gone: [ResourceName: [TargetName]] = [:]

  init(_ past: PastQuestion) { self.past = past }

  /// The targets of the event's resource now; of one that is gone, those it had at the newest event that names it.
  func targets(of event: AccessEvent) -> [TargetName] {
    let resource = event.key.permission.object.resource
    let policy = past.snapshot.policy
    if policy.resources[resource] != nil || policy.sharingGroups[resource] != nil {
      return policy.targets(of: resource)
    }
    if let known = gone[resource] { return known }
    let found = targets(of: resource, before: event)
    gone[resource] = found
    return found
  }

  /// The commit of the event has the resource, or is the first without it.
  private func targets(of resource: ResourceName, before event: AccessEvent) -> [TargetName] {
    let changes = past.index.changes
    guard let position = changes.firstIndex(where: { $0.id == event.commit.id }) else { return [] }
    for change in changes[max(0, position - 1)...position].reversed() {
      guard let files = try? past.workspace.files(.commit(change.id)) else { continue }
      let policy = past.workspace.loader.load(files, at: event.time).policy
      if !policy.operations(of: resource).isEmpty { return policy.targets(of: resource) }
    }
    return []
  }
}
