internal import WritDigest
public import WritHistory
internal import WritPolicy
internal import WritSyntax

/// The difference of two revisions as one comment of a review, which a bot finds again by its first line and replaces.
///
/// Only what passes ``limit`` is cut, and never what is lost, high-risk, sensitive or missing: those come whole, even where
/// the comment then is longer than the limit.
public struct DiffMarkdown {
  /// In characters (Unicode scalars). Code hosts take 65,536; the rest is for whoever wraps the comment into another.
  public static let limit = 60_000
  /// What the comment begins with, so that a bot knows its own.
  public static let marker = "<!-- writ-diff "
  /// People in one row of a table; a cut then falls between rows.
  private static let peopleInRow = 100

  private let words = DiffWords(quote: Markdown.code)
  /// Full ids; `working-tree` for files that nobody committed, empty where there is nothing before.
  private let base: String
  private let head: String

  public init(base: String, head: String) {
    self.base = base
    self.head = head
  }

  /// One stretch of the comment.
  private struct Piece {
    var text: String
    /// What it adds to the count of what is left out: nil for what is never left out.
    var edges: Int?
  }

  public func text(_ review: Review) -> String {
    let pieces = pieces(review)
    let kept = pieces.filter { $0.edges == nil }.reduce(0) { $0 + Self.length($1.text) }
    let all = pieces.reduce(0) { $0 + Self.length($1.text) }
    let room = Self.limit - Self.length(header(review, cut: nil))
    if all <= room { return header(review, cut: nil) + pieces.map(\.text).joined() }
    var left = room - kept - Self.length(notice(edges: .max, lines: .max))
    var body = ""
    var (edges, lines) = (0, 0)
    for piece in pieces {
      if let count = piece.edges {
        // Nothing that comes later is shown once something was left out.
        guard lines == 0, Self.length(piece.text) <= left else {
          edges += count
          lines += 1
          continue
        }
        left -= Self.length(piece.text)
      }
      body += piece.text
    }
    return header(review, cut: lines) + body + notice(edges: edges, lines: lines)
  }

  private static func length(_ text: String) -> Int { text.unicodeScalars.count }

  // MARK: Parts

  private func header(_ review: Review, cut: Int?) -> String {
    var members: [String: JSONValue] = ["format_version": 1, "base": .string(base), "head": .string(head)]
    members["cut"] = cut.map { .integer($0) }
    let difference = review.difference
    let title =
      difference.changesAccess
      ? "\(difference.lost.count) lost, \(difference.gained.count) gained" : "no access change"
    let sensitive = difference.sensitive.isEmpty ? "" : ", \(difference.sensitive.count) sensitive"
    // The ids are hexadecimal, so that nothing can end the HTML comment early.
    return Self.marker + JSONValue.object(members).canonicalText + " -->\n### Access: \(title)\(sensitive)\n\n"
      + "\(short(base)) → \(short(head)), compared from \(difference.from.rfc3339) on\n"
  }

  private func short(_ id: String) -> String { id.isEmpty ? "nothing" : Markdown.code(String(id.prefix(12))) }

  private func notice(edges: Int, lines: Int) -> String {
    "\n> **\(lines) lines of this comment were cut, with \(edges) accesses**, since it would be longer than "
      + "\(Self.limit) characters. Nothing that is lost, high-risk or sensitive is among them. All of it: "
      + "`writ diff \(base.isEmpty ? "\(head.prefix(12))^!" : "\(base.prefix(12))..\(head.prefix(12))")`\n"
  }

  private func pieces(_ review: Review) -> [Piece] {
    let difference = review.difference
    var pieces = table("Lost", difference.lost, review, isCut: false)
    let risky = difference.gained.filter(review.isHighRisk)
    pieces += table("Gained, high-risk", risky, review, isCut: false)
    pieces += list("Sensitive", difference.sensitive.map(words.line), isCut: false)
    let approvals = review.approvals?.lines ?? []
    pieces += list("Approvals missing", approvals.filter { $0.missing > 0 }.map(words.line), isCut: false)
    pieces += list("Approved", approvals.filter { $0.missing == 0 }.map(words.line), isCut: true)
    pieces += list("Reached by running commands", review.indirectGained.map(words.line), isCut: false)
    pieces += list("No longer reached by running commands", review.indirectLost.map(words.line), isCut: false)
    pieces += list("One line, many people", difference.amplification.map(words.line), isCut: false)
    pieces += list("Lists that lost everything", review.emptied.map(words.line), isCut: false)
    pieces += list(
      "Rules that this touches", review.separationRules.map(words.line) + review.expiryRules.map(words.line),
      isCut: false)
    pieces += list(
      "Commits whose message names nothing of what they give", review.silentCommits.map(words.line), isCut: true)
    if review.uncheckedCommits > 0 {
      let count = DiffWords.counted(review.uncheckedCommits, "older commit")
      pieces.append(Piece(text: "\nThe messages of \(count) were not looked at.\n"))
    }
    pieces += table("Gained", difference.gained.filter { !review.isHighRisk($0) }, review, isCut: true)
    pieces += list("Ends that move", review.movedEnds.map(words.line), isCut: true)
    pieces += list(
      "Ends within \(Review.window), of those whom this concerns", review.comingEnds.map(words.line), isCut: true)
    return pieces
  }

  private func list(_ title: String, _ lines: [String], isCut: Bool) -> [Piece] {
    if lines.isEmpty { return [] }
    return [Piece(text: "\n#### \(title) (\(lines.count))\n\n", edges: isCut ? 0 : nil)]
      + lines.map { Piece(text: "- \($0)\n", edges: isCut ? 0 : nil) }
  }

  private func table(
    _ title: String, _ changes: [AccessDifference.Change], _ review: Review, isCut: Bool
  ) -> [Piece] {
    if changes.isEmpty { return [] }
    let head =
      "\n#### \(title) (\(DiffWords.size(changes)))\n\n"
      + Markdown.row(["Who", "Permission", "When", "Where", "Because"])
      + Markdown.row([String](repeating: "---", count: 5))
    var pieces = [Piece(text: head, edges: isCut ? 0 : nil)]
    for row in ChangeRow.rows(changes, of: review) {
      var rest = row.principals[...]
      while !rest.isEmpty {
        let some = rest.prefix(Self.peopleInRow)
        rest = rest.dropFirst(some.count)
        let cells = [
          words.list(some.map(\.text)), words.list(row.permissions), when(row, isLost: title == "Lost"),
          words.list([row.shared.targets]), words.place(row.shared.cause.place),
        ]
        pieces.append(Piece(text: Markdown.row(cells), edges: isCut ? some.count * row.permissions.count : nil))
      }
    }
    return pieces
  }

  private func when(_ row: ChangeRow, isLost: Bool) -> String {
    let part = row.shared.isWhole ? "" : isLost ? "(the rest stays)" : "(beside what holds already)"
    return [row.shared.times, part].filter { !$0.isEmpty }.joined(separator: " ")
  }
}
