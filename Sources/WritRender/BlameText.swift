public import WritHistory
internal import WritPolicy
internal import WritSyntax

/// Who gave an access, when and why, as people read it: the answer first, then what it stands on.
public struct BlameText {
  public var style: TextStyle

  public init(style: TextStyle = .plain) { self.style = style }

  /// - Parameter provenance: who stands behind the commits, by id.
  public func text(
    _ blame: Blame, applied: [AppliedEntry] = [], provenance: [String: CommitProvenance] = [:]
  ) -> String {
    var out = headline(blame) + "\n"
    if let current = blame.current {
      out += "  given by \(line(current.since))\n"
      for line in ProvenanceText(style: style).lines(current.since, provenance[current.since.id]) {
        out += "  \(line)\n"
      }
      if current.mayBeOlder {
        out += "  " + style.warning("perhaps older: this clone's history begins with that commit") + "\n"
      }
      if let control = blame.sameControlSince, control.id != current.since.id {
        out += "  enforced as it is now since \(line(control))\n"
      }
    }
    for path in blame.paths { out += self.path(path) }
    for entry in applied { out += "  applied on \(visible(entry.target)) by ledger entry \(entry.entry)\n" }
    let others = blame.earlier + blame.coming
    if !others.isEmpty { out += "\n" + style.bold("other periods") + "\n" }
    for period in others { out += self.period(period) }
    if !blame.skipped.isEmpty {
      out += "\n" + style.warning("commits that cannot be read, passed over") + "\n"
      for skipped in blame.skipped { out += "  \(line(skipped.commit))\n      \(visible(skipped.problem))\n" }
    }
    return out
  }

  private func headline(_ blame: Blame) -> String {
    let principal = blame.key.principal
    let permission = blame.key.permission
    if let current = blame.current {
      let since = current.interval.start == .distantPast ? "" : " since \(current.interval.start.rfc3339)"
      return style.bold("\(principal) has \(permission)") + since
        + (blame.until.map { ", until \($0.rfc3339)" } ?? ", without an end")
    }
    let not = style.bold("\(principal) does not have \(permission)")
    if let next = blame.coming.first { return not + ", it begins at \(next.interval.start.rfc3339)" }
    guard let last = blame.earlier.last else { return not + ", and never had" }
    switch last.end {
    case .commit(let commit): return not + ", taken away by \(line(commit))"
    case .date, .open: return not + ", it ended by date at \(last.interval.end.rfc3339)"
    }
  }

  /// `77e01d4abc  2026-05-19  chen.bo <…>  grant wang.fang the curator's role`
  func line(_ commit: CommitRef) -> String {
    let day = Instant(seconds: commit.time).rfc3339.prefix { $0 != "T" }
    return "\(commit.short)  \(day)  \(visible(commit.author))  \(visible(commit.subject))"
  }

  private func path(_ path: Blame.Path) -> String {
    let roles = path.roles.map(\.text).joined(separator: " > ")
    let through =
      switch path.origin {
      case .assignment: roles
      case .grantedRole: roles + " (exception)"
      case .grant: "an exception"
      case .custodian: "the vault's custody"
      }
    var out = "  through \(through)"
    if let reason = path.reason { out += ": \(visible(reason))" }
    out += "\n"
    for cause in path.causes { out += "      \(visible(cause.file)):\(cause.line):\(cause.column)\n" }
    out += "      " + (path.since.map { "since \(line($0))" } ?? "not at this time") + "\n"
    if path.since != nil, path.survivesWithout { out += "      the access would survive without it\n" }
    return out
  }

  private func period(_ period: Blame.Period) -> String {
    let start = period.interval.start == .distantPast ? "always" : period.interval.start.rfc3339
    let end = period.interval.end == .distantFuture ? "" : " to \(period.interval.end.rfc3339)"
    var out = "  \(start)\(end)\n      \(style.added("given")) by \(line(period.since))\n"
    switch period.end {
    case .open: break
    case .commit(let commit): out += "      \(style.removed("ended")) by \(line(commit))\n"
    case .date(let written): out += "      ended by date, written by \(line(written))\n"
    }
    return out
  }
}
