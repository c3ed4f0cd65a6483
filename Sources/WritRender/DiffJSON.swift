public import WritDigest
public import WritHistory
internal import WritPolicy
public import WritSyntax

/// The difference of two revisions as the published JSON form has it (design §10).
public enum DiffJSON {
  /// - Parameters:
  ///   - approvals: what the gains still need, where approvals are judged; as whoever judges them writes it.
  public static func document(
    _ difference: AccessDifference, base: String, head: String, baseSources: SourceTable, headSources: SourceTable,
    approvals: [JSONValue] = []
  ) -> JSONValue {
    [
      "format_version": 1, "base": .string(base), "head": .string(head), "from": .string(difference.from.rfc3339),
      "lost": .array(difference.lost.flatMap { changes($0, baseSources) }),
      "gained": .array(difference.gained.flatMap { changes($0, headSources) }),
      "sensitive": .array(difference.sensitive.map(sensitive)), "approvals": .array(approvals),
      "amplification": .array(
        difference.amplification.map {
          [
            "cause": BlameJSON.place($0.cause.place), "kind": .string($0.cause.kind.rawValue),
            "principals": .array($0.principals.map { .string($0.text) }), "edges": .integer($0.edges),
          ]
        }),
    ]
  }

  /// One object for each stretch of time; `until` is absent where no end is written.
  private static func changes(_ change: AccessDifference.Change, _ sources: SourceTable) -> [JSONValue] {
    change.holds.intervals.map { interval in
      let derivations = change.derivations.filter { !$0.holds.intersection(IntervalSet(interval)).isEmpty }
      var members: [String: JSONValue] = [
        "principal": .string(change.key.principal.text), "permission": .string(change.key.permission.description),
        "targets": .array(change.targets.map { .string($0.description) }), "whole": .bool(change.isWhole),
        "from": .string(interval.start.rfc3339), "cause": BlameJSON.place(change.cause.place),
        "paths": .array(derivations.map { AccessJSON.path($0, at: interval.start, sources: sources) }),
      ]
      if interval.end != .distantFuture { members["until"] = .string(interval.end.rfc3339) }
      return .object(members)
    }
  }

  private static func sensitive(_ change: SensitiveChange) -> JSONValue {
    [
      "kind": .string(change.kind.rawValue), "subject": .string(change.subject),
      "before": .array(change.before.map { .string($0) }), "after": .array(change.after.map { .string($0) }),
      "principals": .array(change.principals.map { .string($0.text) }),
    ]
  }
}
