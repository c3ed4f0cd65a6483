public import WritHistory
internal import WritPolicy
internal import WritSyntax

/// The difference of two revisions as people read it, on a terminal or as one comment in a review: removals first, nothing left out.
public struct DiffText {
  public var style: TextStyle

  public init(style: TextStyle = .plain) { self.style = style }

  public func text(_ difference: AccessDifference) -> String {
    var out = ""
    if !difference.changesAccess { out += "no access change\n" }
    out += section("lost", "-", difference.lost, difference.from, style.removed)
    for wave in difference.amplification { out += style.warning(line(wave)) + "\n" }
    out += section("gained", "+", difference.gained, difference.from, style.added)
    if !difference.sensitive.isEmpty { out += style.bold("sensitive (\(difference.sensitive.count))") + "\n" }
    for change in difference.sensitive { out += "  " + style.warning("!") + " " + line(change) + "\n" }
    return out
  }

  private func section(
    _ title: String, _ mark: String, _ changes: [AccessDifference.Change], _ now: Instant, _ draw: (String) -> String
  ) -> String {
    if changes.isEmpty { return "" }
    var out = style.bold(Self.title(title, changes)) + "\n"
    for change in changes {
      let place = change.cause.place
      out += "  \(draw(mark)) \(Self.line(change, now))\n"
      out += "      because \(visible(place.file)):\(place.line)\n"
    }
    return out
  }

  /// For a comment that a bot keeps up to date.
  public func markdown(_ difference: AccessDifference) -> String {
    var out = difference.changesAccess ? "" : "**No access change.**\n"
    out += table("Lost", difference.lost, difference.from)
    for wave in difference.amplification { out += "\n> **\(Self.escaped(line(wave)))**\n" }
    out += table("Gained", difference.gained, difference.from)
    if !difference.sensitive.isEmpty {
      out += "\n### Sensitive (\(difference.sensitive.count))\n\n"
      for change in difference.sensitive { out += "- \(Self.escaped(line(change)))\n" }
    }
    return out
  }

  private func table(_ title: String, _ changes: [AccessDifference.Change], _ now: Instant) -> String {
    if changes.isEmpty { return "" }
    var out =
      "\n### \(Self.title(title, changes))\n\n| Who | Permission | When | Where | Because |\n| --- | --- | --- | --- | --- |\n"
    for change in changes {
      let cells = [
        change.key.principal.text, change.key.permission.description, Self.times(change, now),
        Self.targets(change), "\(change.cause.place.file):\(change.cause.place.line)",
      ]
      out += "| " + cells.map { Self.escaped(visible($0)) }.joined(separator: " | ") + " |\n"
    }
    return out
  }

  private static func title(_ title: String, _ changes: [AccessDifference.Change]) -> String {
    let people = Set(changes.map(\.key.principal)).count
    let resources = Set(changes.map(\.key.permission.object.resource)).count
    return "\(title) (\(counted(people, "principal")), \(counted(resources, "resource")))"
  }

  private static func counted(_ number: Int, _ noun: String) -> String { "\(number) \(noun)\(number == 1 ? "" : "s")" }

  private static func line(_ change: AccessDifference.Change, _ now: Instant) -> String {
    [change.key.description, times(change, now), targets(change)].filter { !$0.isEmpty }.joined(separator: "  ")
  }

  private static func times(_ change: AccessDifference.Change, _ now: Instant) -> String {
    change.holds.intervals.map { interval in
      let from = interval.start <= now ? "" : "from \(interval.start.rfc3339)"
      let until = interval.end == .distantFuture ? "" : "until \(interval.end.rfc3339)"
      return [from, until].filter { !$0.isEmpty }.joined(separator: " ")
    }
    .filter { !$0.isEmpty }.joined(separator: ", ")
  }

  private static func targets(_ change: AccessDifference.Change) -> String {
    change.targets.isEmpty ? "declared, not enforced" : change.targets.map(\.description).joined(separator: ", ")
  }

  /// `one line, 109 people: roles/gpu.yaml:4`
  private func line(_ wave: Amplification) -> String {
    let kind =
      switch wave.cause.kind {
      case .entry: "one entry"
      case .include: "one included role"
      case .rule, .other: "one line"
      }
    let place = wave.cause.place
    return
      "\(kind), \(wave.principals.count) principals gain \(Self.counted(wave.edges, "access", plural: "accesses")): "
      + "\(visible(place.file)):\(place.line)"
  }

  private static func counted(_ number: Int, _ noun: String, plural: String) -> String {
    "\(number) \(number == 1 ? noun : plural)"
  }

  private func line(_ change: SensitiveChange) -> String {
    var parts = ["\(change.kind.rawValue) \(visible(change.subject))"]
    if !change.before.isEmpty { parts.append("- " + change.before.map(visible).joined(separator: " | ")) }
    if !change.after.isEmpty { parts.append("+ " + change.after.map(visible).joined(separator: " | ")) }
    if !change.principals.isEmpty {
      parts.append("for " + change.principals.map(\.text).joined(separator: ", "))
    }
    return parts.joined(separator: "  ")
  }

  /// Text of people's stays text: no mark-up, no link, no mention.
  private static func escaped(_ text: String) -> String {
    var out = ""
    for character in text {
      switch character {
      case "&": out += "&amp;"
      case "<": out += "&lt;"
      case ">": out += "&gt;"
      case "@": out += "&#64;"
      case "#": out += "&#35;"
      case "\\", "`", "*", "_", "|", "[", "]", "!", "~": out += "\\" + String(character)
      default: out.append(character)
      }
    }
    return out
  }
}
