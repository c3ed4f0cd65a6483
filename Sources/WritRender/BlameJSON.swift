public import WritDigest
public import WritHistory
public import WritPolicy

/// A ledger entry that applied an access on one target.
public struct AppliedEntry: Sendable, Hashable {
  /// As ``TargetName`` writes it.
  public var target: String
  /// Sequence number.
  public var entry: Int
  /// What the entry says of when.
  public var time: Instant?

  public init(target: String, entry: Int, time: Instant? = nil) {
    self.target = target
    self.entry = entry
    self.time = time
  }
}

/// Blame as the published JSON form has it (design §10).
public enum BlameJSON {
  /// One edge's history. `to` of a period is the commit that ended it, null when none did; `start` and `end` are instants, absent
  /// where nothing is written.
  ///
  /// - Parameter provenance: who stands behind the commits, by id.
  public static func document(
    _ blame: Blame, applied: [AppliedEntry] = [], provenance: [String: CommitProvenance] = [:]
  ) -> JSONValue {
    document(
      blame, applied: applied, at: .string(blame.at.rfc3339), skipped: skipped(blame.skipped),
      commit: { CommitJSON.value($0, provenance[$0.id]) })
  }

  /// With what many documents have in common given as values.
  static func document(
    _ blame: Blame, applied: [AppliedEntry], at: JSONValue, skipped: JSONValue, commit value: (CommitRef) -> JSONValue
  ) -> JSONValue {
    var members: [String: JSONValue] = [
      "format_version": 1, "principal": .string(blame.key.principal.text),
      "permission": .string(blame.key.permission.description), "at": at,
      "holds": .bool(blame.holds), "paths": .array(blame.paths.map { path($0, value) }),
      "periods": .array(blame.periods.map { period($0, value) }),
      "applied": .array(applied.map(Self.applied)),
      "skipped": skipped,
    ]
    members["until"] = blame.until.map { .string($0.rfc3339) } ?? .null
    members["since"] = blame.current.map { value($0.since) } ?? .null
    members["same_control_since"] = blame.sameControlSince.map(value) ?? .null
    if let current = blame.current, current.mayBeOlder { members["history_is_cut"] = true }
    return .object(members)
  }

  static func applied(_ entry: AppliedEntry) -> JSONValue {
    [
      "target": .string(entry.target), "entry": .integer(entry.entry),
      "time": entry.time.map { .string($0.rfc3339) } ?? .null,
    ]
  }

  static func skipped(_ commits: [SkippedCommit]) -> JSONValue { .array(commits.map { .string($0.commit.id) }) }

  static func period(_ period: Blame.Period, _ value: (CommitRef) -> JSONValue) -> JSONValue {
    var members: [String: JSONValue] = ["from": value(period.since), "to": .null]
    if period.interval.start != .distantPast { members["start"] = .string(period.interval.start.rfc3339) }
    if period.interval.end != .distantFuture { members["end"] = .string(period.interval.end.rfc3339) }
    switch period.end {
    case .open: break
    case .commit(let commit):
      members["to"] = value(commit)
      members["ended_by"] = "commit"
    case .date(let written):
      members["ended_by"] = "date"
      members["end_written"] = value(written)
    }
    return .object(members)
  }

  private static func path(_ path: Blame.Path, _ value: (CommitRef) -> JSONValue) -> JSONValue {
    var members: [String: JSONValue] = [
      "kind": .string(name(path.origin)), "through": .array(path.roles.map { .string($0.text) }),
      "cause": .array(path.causes.map(place)), "survives_without": .bool(path.survivesWithout),
    ]
    members["since"] = path.since.map(value) ?? .null
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
