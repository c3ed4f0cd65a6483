public import WritDigest
public import WritHistory
internal import WritPolicy
public import WritSyntax

/// The difference of two revisions as the published JSON form has it (design §10).
public enum DiffJSON {
  /// - Parameters:
  ///   - base: full id of the earlier commit; empty where there is none.
  public static func document(
    _ review: Review, base: String, head: String, baseSources: SourceTable, headSources: SourceTable
  ) -> JSONValue {
    let difference = review.difference
    return [
      "format_version": 1, "base": .string(base), "head": .string(head), "from": .string(difference.from.rfc3339),
      "changes_access": .bool(difference.changesAccess),
      "lost": .array(difference.lost.flatMap { changes($0, baseSources, review) }),
      "gained": .array(difference.gained.flatMap { changes($0, headSources, review) }),
      "indirect_lost": .array(review.indirectLost.map(indirect)),
      "indirect_gained": .array(review.indirectGained.map(indirect)),
      "sensitive": .array(difference.sensitive.map(sensitive)),
      "approvals": .array((review.approvals?.lines ?? []).map(approval)),
      "amplification": .array(
        difference.amplification.map {
          [
            "cause": BlameJSON.place($0.cause.place), "kind": .string($0.cause.kind.rawValue),
            "principals": names($0.principals), "edges": .integer($0.edges),
          ]
        }),
      "moved_ends": .array(review.movedEnds.map(moved)), "coming_ends": .array(review.comingEnds.map(coming)),
      "expiry_rules": .array(review.expiryRules.map(rule)),
      "separation_rules": .array(review.separationRules.map(rule)),
      "emptied": .array(
        review.emptied.map {
          .object(
            [
              "section": .string($0.place.section), "entry": $0.place.entry.map { .string($0) },
              "key": $0.place.key.map { .string($0) }, "before": .integer($0.before), "written": .bool($0.isWritten),
            ].compactMapValues { $0 })
        }),
      "silent_commits": .array(
        review.silentCommits.map {
          [
            "commit": CommitJSON.value($0.commit), "edges": .integer($0.edges), "principals": .integer($0.principals),
          ]
        }),
      "unchecked_commits": .integer(review.uncheckedCommits),
    ]
  }

  /// One object for each stretch of time; `until` is absent where no end is written.
  private static func changes(
    _ change: AccessDifference.Change, _ sources: SourceTable, _ review: Review
  ) -> [JSONValue] {
    change.holds.intervals.map { interval in
      let derivations = change.derivations.filter { !$0.holds.intersection(IntervalSet(interval)).isEmpty }
      var members: [String: JSONValue] = [
        "principal": .string(change.key.principal.text), "permission": .string(change.key.permission.description),
        "targets": .array(change.targets.map { .string($0.description) }), "whole": .bool(change.isWhole),
        "high_risk": .bool(review.isHighRisk(change)),
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
      "principals": names(change.principals),
    ]
  }

  private static func approval(_ line: ApprovalSummary.Line) -> JSONValue {
    [
      "item": line.item.json, "rule": .string(line.rule.text), "place": BlameJSON.place(line.rule.place),
      "needed": .integer(line.needed), "missing": .integer(line.missing), "approved_by": names(line.approvedBy),
      "eligible": names(line.eligible),
      "refused": .array(
        line.refused.map { ["approver": .string($0.approver.text), "reason": .string($0.reason.rawValue)] }),
    ]
  }

  private static func indirect(_ edge: IndirectEdge) -> JSONValue {
    [
      "principal": .string(edge.principal.text), "as": .string(edge.reached.principal.text),
      "permission": .string(edge.reached.permission.description),
      "via": .array(edge.via.map { .string($0.description) }), "owner": .bool(edge.means == .ownership),
    ]
  }

  /// An end that is not written is null.
  private static func moved(_ end: MovedEnd) -> JSONValue {
    [
      "principal": .string(end.key.principal.text), "permission": .string(end.key.permission.description),
      "before": end.before.map { .string($0.rfc3339) } ?? .null,
      "after": end.after.map { .string($0.rfc3339) } ?? .null,
    ]
  }

  private static func coming(_ end: ComingEnd) -> JSONValue {
    [
      "until": .string(end.end.rfc3339), "principal": .string(end.principal.text),
      "permissions": .array(end.permissions.map { .string($0.description) }), "entry": BlameJSON.place(end.place),
    ]
  }

  private static func rule(_ rule: BindingExpiryRule) -> JSONValue {
    [
      "rule": .string(rule.text), "place": BlameJSON.place(rule.place),
      "edges": .array(
        rule.edges.map {
          ["principal": .string($0.principal.text), "permission": .string($0.permission.description)]
        }),
    ]
  }

  private static func rule(_ rule: TouchedSeparationRule) -> JSONValue {
    [
      "rule": .string(rule.text), "place": BlameJSON.place(rule.place), "person": .string(rule.person.text),
      "roles": .array(rule.roles.map { .string($0.text) }), "gained": .array(rule.gained.map { .string($0.text) }),
    ]
  }

  private static func names(_ names: [PrincipalName]) -> JSONValue { .array(names.map { .string($0.text) }) }
}
