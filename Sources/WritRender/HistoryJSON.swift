public import WritDigest
public import WritHistory
public import WritPolicy

/// Periods and events of the past, for programs.
public enum HistoryJSON {
  /// What held at some instant from `from` to `to`; commits as ``CommitJSON`` has them.
  public static func document(
    held: [HeldAccess], commit: String, from: Instant, to: Instant, index: HistoryIndex,
    provenance: [String: CommitProvenance] = [:]
  ) -> JSONValue {
    let value = { (commit: CommitRef) in CommitJSON.value(commit, provenance[commit.id]) }
    return .object(
      common(index).merging([
        "commit": .string(commit), "from": from == .distantPast ? .null : .string(from.rfc3339),
        "to": .string(to.rfc3339),
        "edges": .array(
          held.map { access in
            [
              "principal": .string(access.key.principal.text),
              "permission": .string(access.key.permission.description),
              "periods": .array(access.periods.map { BlameJSON.period($0, value) }),
            ]
          }),
      ]) { $1 })
  }

  /// Events in the order given, each with who stands behind its commit; `to_come` marks those after `now`.
  public static func document(
    events: [(line: HistoryText.Line, provenance: CommitProvenance?)], commit: String, now: Instant, index: HistoryIndex
  ) -> JSONValue {
    .object(
      common(index).merging([
        "commit": .string(commit), "at": .string(now.rfc3339),
        "events": .array(events.map { event($0.line, now, $0.provenance) }),
      ]) { $1 })
  }

  private static func event(
    _ line: HistoryText.Line, _ now: Instant, _ provenance: CommitProvenance?
  ) -> JSONValue {
    let event = line.event
    var members: [String: JSONValue] = [
      "event": .string(event.kind.rawValue), "principal": .string(event.key.principal.text),
      "permission": .string(event.key.permission.description), "time": .string(event.time.rfc3339),
      "until": event.until.map { .string($0.rfc3339) } ?? .null,
      "by": CommitJSON.value(event.commit, provenance),
      "applied": .array(line.applied.map(BlameJSON.applied)),
      "waiting": .array(line.waiting.map { .string($0.description) }),
    ]
    if now < event.time { members["to_come"] = true }
    return .object(members)
  }

  private static func common(_ index: HistoryIndex) -> [String: JSONValue] {
    var members: [String: JSONValue] = [
      "format_version": 1, "skipped": .array(index.skipped.map { .string($0.commit.id) }),
    ]
    if index.line.isCut { members["history_is_cut"] = true }
    return members
  }
}
