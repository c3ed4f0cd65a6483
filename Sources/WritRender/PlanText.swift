internal import WritHistory
public import WritPlan
internal import WritPolicy
internal import WritSyntax

/// A plan as people read it: by target, in the order in which it runs, each change with its reason.
public struct PlanText {
  /// Columns of the terminal; lines of sets wrap there.
  public var width: Int
  public var style: TextStyle

  public init(width: Int = 100, style: TextStyle = .plain) {
    self.width = width
    self.style = style
  }

  public func text(_ plan: Plan) -> String {
    var out = "plan for \(plan.commit.prefix(10)) at \(plan.at.rfc3339)"
    if let until = plan.validUntil { out += ", valid until \(until.rfc3339)" }
    out += "\n"
    for target in plan.targets { out += "\n" + section(target, base: plan.base[target.target]) }
    if !plan.notes.isEmpty { out += "\n" + plan.notes.map { "note: \(visible($0))\n" }.joined() }
    if !plan.guards.isEmpty { out += "\n" + plan.guards.map(line).joined() }
    return out + "\n" + summary(plan) + "\n"
  }

  /// `guard max-removal stops an apply: 9 of 14 accesses would be removed; …  (by commit 1234567890)`
  private func line(of trip: TrippedGuard) -> String {
    var out = "guard \(trip.name.rawValue) "
    if trip.stops {
      out += style.warning("stops an apply") + ": " + visible(trip.text)
    } else {
      let words = trip.overrides.map { "\($0.commit.prefix(10)): \(visible($0.reason))" }
      out += "is overridden (\(words.joined(separator: "; "))): " + visible(trip.text)
    }
    if !trip.commits.isEmpty {
      out += "  (by commit \(trip.commits.map { String($0.prefix(10)) }.joined(separator: ", ")))"
    }
    return out + "\n"
  }

  /// `5 changes: 2 to create, 3 to update; 1 blocked` or `nothing to change`.
  public func summary(_ plan: Plan) -> String {
    let changes = plan.changes
    let incomplete = plan.targets.filter { $0.standing != .complete }
    var line: String
    if changes.isEmpty {
      line = incomplete.isEmpty ? "nothing to change" : "no change can be planned"
    } else {
      let counts = [
        (Change.Action.create, "to create"), (.update, "to update"), (.remove, "to remove"), (.retire, "to retire"),
      ].compactMap { action, words -> String? in
        let count = changes.filter { $0.action == action }.count
        return count == 0 ? nil : "\(count) \(words)"
      }
      line = "\(changes.count) \(changes.count == 1 ? "change" : "changes"): " + counts.joined(separator: ", ")
      let blocked = changes.filter { $0.readiness != .ready }.count
      if blocked > 0 { line += "; \(blocked) blocked" }
    }
    if !incomplete.isEmpty {
      line += "; not read whole: " + incomplete.map(\.target.description).joined(separator: ", ")
    }
    return line
  }

  /// One target with its changes, what could not be read, and what someone should know of.
  public func section(_ target: TargetPlan, base: Plan.Base?) -> String {
    let name: String
    switch target.target {
    case .host(let host): name = "\(host) (host)"
    case .vault(let vault): name = "\(vault) (vault)"
    }
    var out = style.bold(name)
    out += base.map { "  since \($0.commit.prefix(10)) at \($0.at.rfc3339)" } ?? "  first apply"
    out += "\n"
    switch target.standing {
    case .complete: break
    case .partial(let missing):
      for line in missing { out += "  ? \(style.warning("unknown"))  \(visible(line))\n" }
    case .unreachable(let reason): out += "  ? \(style.warning("unreachable"))  \(visible(reason))\n"
    }
    if target.changes.isEmpty, target.standing == .complete { out += "  nothing to change\n" }
    for change in target.changes { out += lines(of: change) }
    for notice in target.notices {
      let more = notice.finding.map { "  (\(style.warning("finding")): writ explain \($0.rawValue))" } ?? ""
      out += "  ! \(visible(notice.object.description)): \(visible(notice.text))\(more)\n"
    }
    for remark in target.remarks { out += "  note: \(visible(remark))\n" }
    return out
  }

  private func lines(of change: Change) -> String {
    let symbol =
      switch change.action {
      case .create: style.added("+")
      case .update: change.phase == .revoke ? style.removed("~") : style.added("~")
      case .remove: style.removed("-")
      case .retire: style.removed("x")
      }
    let kind = change.object.kind.rawValue.padded(to: 10)
    var out = "  \(symbol) \(kind) \(visible(change.object.name))"
    if change.difference != .change { out += "  (\(change.difference.rawValue))" }
    out += "\n"
    let indent = "      "
    for line in differences(change) { out += indent + line + "\n" }
    if !change.risk.isEmpty { out += indent + style.warning("risk: ") + visible(change.risk) + "\n" }
    if case .blocked(let reason) = change.readiness {
      out += indent + style.warning("blocked: ") + visible(reason) + "\n"
    }
    for cause in change.causes { out += indent + style.faint("because ") + Self.line(of: cause) + "\n" }
    return out
  }

  /// `zhao.lei has … through member (policies/people/zhao.lei.yaml:11:5) until …  77e01d4  chen.bo  2026-05-19`
  static func line(of cause: Cause) -> String {
    var out = visible(cause.text)
    if let place = cause.place { out += " (\(visible(place)))" }
    if let until = cause.until { out += " until \(until.rfc3339)" }
    if let commit = cause.commit {
      out += "  \(commit.short)  \(visible(commit.author))  \(Instant(seconds: commit.time).rfc3339.prefix(10))"
    }
    return out
  }

  private func differences(_ change: Change) -> [String] {
    var out: [String] = []
    let before = change.before?.attributes ?? [:]
    guard let after = change.after?.attributes else { return [] }
    if change.action == .create, change.object.kind == .account { return [Self.accountLine(after)] }
    for name in after.keys.sorted() where before[name] != after[name] {
      switch (before[name], after[name]) {
      case (.text(let old)?, .text(let new)?):
        out.append("\(name): \(Self.value(name, old)) → \(Self.value(name, new))")
      case (nil, .text(let new)?): if !new.isEmpty { out.append("\(name): \(visible(new))") }
      case (_, .set(let elements)?):
        let old = Set(change.before?.list(name) ?? [])
        let new = Set(elements)
        let gone = (change.before?.list(name) ?? []).filter { !new.contains($0) }
        let come = elements.filter { !old.contains($0) }
        if !gone.isEmpty { out += wrapped(name, style.removed("-"), gone) }
        if !come.isEmpty { out += wrapped(name, style.added("+"), come) }
      case (_, .lines(let lines)?):
        let old = change.before?.list(name) ?? []
        let (before, after) = (Set(old), Set(lines))
        for line in old where !after.contains(line) { out.append(style.removed("- ") + visible(Self.bare(name, line))) }
        for line in lines where !before.contains(line) { out.append(style.added("+ ") + visible(line)) }
      default: continue
      }
    }
    return out
  }

  /// `uid 20011, /home/wangfang, /bin/bash, expires 2027-01-01`
  private static func accountLine(_ account: [String: AttributeValue]) -> String {
    let state = ObjectState(account)
    var parts = ["uid \(state.text("uid") ?? "?")", state.text("home") ?? "", state.text("shell") ?? ""]
    if let day = state.text("expires"), !day.isEmpty { parts.append("expires \(Self.value("expires", day))") }
    return visible(parts.filter { !$0.isEmpty }.joined(separator: ", "))
  }

  /// An attribute's text as people read it: the day of an account's end, which shadow(5) counts from 1970, as a date.
  private static func value(_ attribute: String, _ text: String) -> String {
    guard attribute == "expires" else { return visible(text) }
    if text.isEmpty { return "never" }
    guard let day = Int64(text), (0..<1_000_000).contains(day) else { return visible(text) }
    return String(Instant(seconds: day * 86400).rfc3339.prefix(10))
  }

  private static func bare(_ attribute: String, _ line: String) -> String {
    attribute == "deviations" || attribute == "faults" ? String(line.dropFirst(2)) : line
  }

  /// `members: + a, b, c`, broken between names; nothing is left out.
  private func wrapped(_ name: String, _ sign: String, _ elements: [String]) -> [String] {
    var lines: [String] = []
    var line = "\(name): \(sign) "
    var length = name.count + 4
    for (index, element) in elements.enumerated() {
      let text = visible(element) + (index + 1 < elements.count ? ", " : "")
      if length + text.count > max(40, width - 6), index > 0 {
        lines.append(line.last == " " ? String(line.dropLast()) : line)
        line = String(repeating: " ", count: name.count + 4)
        length = name.count + 4
      }
      line += text
      length += text.count
    }
    return lines + [line]
  }
}

extension String {
  /// Filled up with blanks on the right.
  func padded(to width: Int) -> String {
    self + String(repeating: " ", count: max(0, width - count))
  }
}
