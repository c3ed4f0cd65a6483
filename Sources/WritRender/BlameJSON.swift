public import WritDigest
public import WritHistory
internal import WritPolicy

/// A ledger entry that applied an access on one target.
public struct AppliedEntry: Sendable, Hashable {
  /// As ``TargetName`` writes it.
  public var target: String
  /// Sequence number.
  public var entry: Int

  public init(target: String, entry: Int) {
    self.target = target
    self.entry = entry
  }
}

/// Blame as the published JSON form has it (design §10).
public enum BlameJSON {
  /// One edge's history. `to` of a period is the commit that ended it, null when none did; `start` and `end` are instants, absent
  /// where nothing is written.
  public static func document(_ blame: Blame, applied: [AppliedEntry] = []) -> JSONValue {
    var members: [String: JSONValue] = [
      "format_version": 1, "principal": .string(blame.key.principal.text),
      "permission": .string(blame.key.permission.description), "at": .string(blame.at.rfc3339),
      "holds": .bool(blame.holds), "paths": .array(blame.paths.map(path)),
      "periods": .array(blame.periods.map(period)),
      "applied": .array(applied.map { ["target": .string($0.target), "entry": .integer($0.entry)] }),
      "skipped": .array(blame.skipped.map { .string($0.commit.id) }),
    ]
    members["until"] = blame.until.map { .string($0.rfc3339) }
    members["since"] = blame.current.map { CommitJSON.value($0.since) }
    members["same_control_since"] = blame.sameControlSince.map { CommitJSON.value($0) }
    if let current = blame.current, current.mayBeOlder { members["history_is_cut"] = true }
    return .object(members)
  }

  private static func period(_ period: Blame.Period) -> JSONValue {
    var members: [String: JSONValue] = ["from": CommitJSON.value(period.since), "to": .null]
    if period.interval.start != .distantPast { members["start"] = .string(period.interval.start.rfc3339) }
    if period.interval.end != .distantFuture { members["end"] = .string(period.interval.end.rfc3339) }
    switch period.end {
    case .open: break
    case .commit(let commit):
      members["to"] = CommitJSON.value(commit)
      members["ended_by"] = "commit"
    case .date(let written):
      members["ended_by"] = "date"
      members["end_written"] = CommitJSON.value(written)
    }
    return .object(members)
  }

  private static func path(_ path: Blame.Path) -> JSONValue {
    var members: [String: JSONValue] = [
      "kind": .string(name(path.origin)), "through": .array(path.roles.map { .string($0.text) }),
      "cause": .array(path.causes.map(place)), "survives_without": .bool(path.survivesWithout),
    ]
    members["since"] = path.since.map { CommitJSON.value($0) }
    members["reason"] = path.reason.map { .string($0) }
    return .object(members)
  }

  static func place(_ place: Blame.Path.Place) -> JSONValue {
    ["file": .string(place.file), "line": .integer(place.line), "column": .integer(place.column)]
  }

  static func name(_ origin: Derivation.Origin) -> String {
    switch origin {
    case .assignment: "assignment"
    case .grantedRole: "granted-role"
    case .grant: "grant"
    case .custodian: "custodian"
    }
  }
}
