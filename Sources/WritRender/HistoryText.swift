public import WritHistory
public import WritPolicy
internal import WritSyntax

/// Periods and events of the past, as people read them.
public struct HistoryText {
  public var style: TextStyle

  public init(style: TextStyle = .plain) { self.style = style }

  /// One line for each period of each access.
  public func table(_ held: [HeldAccess]) -> String {
    if held.isEmpty { return "no access in that time\n" }
    return AccessText.aligned(
      held.flatMap { access in
        access.periods.map { period in
          let interval = period.interval
          return [
            access.key.principal.text, access.key.permission.description,
            (interval.start == .distantPast ? "always" : interval.start.rfc3339)
              + (period.mayBeOlder ? " or earlier" : ""),
            interval.end == .distantFuture ? "to no end" : "to " + interval.end.rfc3339,
            "given by \(Self.name(period.since))" + Self.ending(period.end),
          ]
        }
      })
  }

  private static func ending(_ end: Blame.Period.End) -> String {
    switch end {
    case .open: ""
    case .date(let written): ", ends by date, written by \(name(written))"
    case .commit(let commit): ", taken away by \(name(commit))"
    }
  }

  /// An event with when it reached its targets.
  public struct Line: Sendable {
    public var event: AccessEvent
    /// The first complete apply since, by target.
    public var applied: [AppliedEntry]
    /// Targets that it has not reached.
    public var waiting: [TargetName]

    public init(event: AccessEvent, applied: [AppliedEntry], waiting: [TargetName]) {
      self.event = event
      self.applied = applied
      self.waiting = waiting
    }
  }

  /// Policy time and applied time as two columns; with `now`, what is to come says so.
  public func events(_ lines: [Line], now: Instant) -> String {
    let rows = lines.map { line -> [String] in
      let event = line.event
      let what = event.kind.rawValue + (now < event.time ? ", to come" : "")
      return [
        event.time.rfc3339, Self.applied(line), what, event.key.description,
        event.until.map { "until \($0.rfc3339)" } ?? "", Self.name(event.commit) + "  " + visible(event.commit.subject),
      ]
    }
    return AccessText.aligned([["policy", "applied", "", "", "", ""]] + rows)
  }

  /// The time when the last of the targets had it.
  private static func applied(_ line: Line) -> String {
    if line.applied.isEmpty, line.waiting.isEmpty { return "not enforced" }
    let missing = line.waiting.isEmpty ? "" : "not on " + line.waiting.map(\.description).joined(separator: " ")
    guard let last = line.applied.compactMap(\.time).max() else { return missing.isEmpty ? "not yet" : missing }
    return last.rfc3339 + (missing.isEmpty ? "" : ", " + missing)
  }

  /// `77e01d4abc Li Na <li.na@example.com>`
  private static func name(_ commit: CommitRef) -> String { "\(commit.short) \(visible(commit.author))" }
}
