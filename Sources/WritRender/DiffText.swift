public import WritHistory
internal import WritPolicy
internal import WritSyntax

/// The difference of two revisions as people read it on a terminal: removals first, people × permissions, nothing left out.
public struct DiffText {
  /// Columns of the terminal; lists of names wrap there.
  public var width: Int
  public var style: TextStyle
  private let words = DiffWords(quote: visible)

  public init(width: Int = 100, style: TextStyle = .plain) {
    self.width = width
    self.style = style
  }

  public func text(_ review: Review) -> String {
    let difference = review.difference
    var out = difference.changesAccess ? "" : "no access change\n"
    out += section("lost", "-", difference.lost, review, style.removed)
    for wave in difference.amplification { out += style.warning(words.line(wave)) + "\n" }
    out += section("gained", "+", difference.gained, review, style.added)
    out += section("no longer reached by running commands", style.removed("-"), review.indirectLost.map(words.line))
    out += section("reached by running commands", style.added("+"), review.indirectGained.map(words.line))
    out += section("ends that move", "~", review.movedEnds.map(words.line))
    out += section("sensitive", style.warning("!"), difference.sensitive.map(words.line))
    out += section(
      "rules that this touches", "·", review.expiryRules.map(words.line) + review.separationRules.map(words.line))
    out += section("approvals", "·", (review.approvals?.lines ?? []).map(words.line))
    out += section("lists that lost everything", style.warning("!"), review.emptied.map(words.line))
    out += section(
      "ends within \(Review.window), of those whom this concerns", "·", review.comingEnds.map(words.line))
    out += section(
      "commits whose message names nothing of what they give", style.warning("!"),
      review.silentCommits.map(words.line))
    if review.uncheckedCommits > 0 {
      out += "the messages of \(DiffWords.counted(review.uncheckedCommits, "older commit")) were not looked at\n"
    }
    return out
  }

  private func section(
    _ title: String, _ mark: String, _ changes: [AccessDifference.Change], _ review: Review,
    _ draw: (String) -> String
  ) -> String {
    if changes.isEmpty { return "" }
    var out = style.bold("\(title) (\(DiffWords.size(changes)))") + "\n"
    for row in ChangeRow.rows(changes, of: review) {
      out += "  \(draw(mark)) " + wrapped(row.principals.map(\.text), indent: 4) + "\n"
      var facts = [row.shared.times, row.shared.targets]
      if !row.shared.isWhole { facts.append(title == "lost" ? "the rest stays" : "beside what holds already") }
      if row.shared.isHighRisk { facts.append(style.warning("high-risk")) }
      out += "      " + wrapped(row.permissions, indent: 6)
      out += "  " + facts.filter { !$0.isEmpty }.joined(separator: "  ") + "\n"
      out += "      because \(words.place(row.shared.cause.place))\n"
    }
    return out
  }

  private func section(_ title: String, _ mark: String, _ lines: [String]) -> String {
    if lines.isEmpty { return "" }
    return style.bold("\(title) (\(lines.count))") + "\n" + lines.map { "  \(mark) \($0)\n" }.joined()
  }

  /// `a, b, c`, broken between names.
  private func wrapped(_ names: [String], indent: Int) -> String {
    var out = ""
    var column = indent
    for (index, name) in names.enumerated() {
      let text = visible(name) + (index + 1 < names.count ? "," : "")
      let length = DisplayWidth.of(text) + 1
      if index > 0 {
        if column + length > max(40, width) {
          out += "\n" + String(repeating: " ", count: indent)
          column = indent
        } else {
          out += " "
        }
      }
      out += text
      column += length
    }
    return out
  }
}
