internal import WritSyntax

/// Text of people's in Markdown that a code host renders (GitHub Flavored Markdown and its relatives).
enum Markdown {
  /// The text as a code span, in which nothing has a meaning: no mention, no reference to an issue, no link, no HTML, no mark-up.
  ///
  /// Entities would not do, since hosts look for `@name` after they were resolved. A backtick would end the span, and a `|` the
  /// cell of a table, even in a code span, and a backslash before it does not help where another stands before that; both are
  /// written as hidden characters are.
  static func code(_ text: String) -> String {
    var out = ""
    for scalar in visible(text).unicodeScalars {
      switch scalar {
      case "`", "|": out += #"\u{\#(String(scalar.value, radix: 16))}"#
      default: out.unicodeScalars.append(scalar)
      }
    }
    // A span of blanks alone, or of nothing, would be none.
    return out.allSatisfy { $0 == " " } ? "`(empty)`" : "`\(out)`"
  }

  /// A row of a table.
  static func row(_ cells: [String]) -> String { "| " + cells.joined(separator: " | ") + " |\n" }
}
