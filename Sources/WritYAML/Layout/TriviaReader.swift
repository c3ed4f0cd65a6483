/// Finds the comments between two places of a text.
///
/// Between the places that libyaml names there is nothing but blanks, line ends, indicators and comments, so that every `#` there begins
/// one.
struct TriviaReader {
  private let text: [Unicode.Scalar]
  /// Up to where the text was looked at.
  private var position = 0
  /// Comments that belong to nothing yet, in order.
  private var pending: [Layout.Comment] = []
  /// Whether an empty line stands between the last of them and `position`.
  private var endsBlank = false
  /// Whether a line ended between the last token and `position`.
  private var isOnNewLine = true
  /// Line ends since the last token or comment.
  private var lineEnds = 0

  init(_ text: [Unicode.Scalar]) { self.text = text }

  var end: Int { text.count }

  func text(_ range: Range<Int>) -> String {
    var out = String.UnicodeScalarView()
    for scalar in text[range] where scalar != "\r" { out.append(scalar) }
    return String(out)
  }

  /// A token was read up to here; what comes on the same line trails it.
  mutating func tokenEnds(at offset: Int) {
    position = max(position, offset)
    // A block scalar ends where the next line begins, and takes the empty lines after it along.
    lineEnds = 0
    var index = position
    while index > 0, [" ", "\t", "\r", "\n"].contains(text[index - 1]) {
      index -= 1
      if text[index] == "\n" { lineEnds += 1 }
    }
    isOnNewLine = lineEnds > 0
    endsBlank = lineEnds > 1
  }

  mutating func scan(to target: Int) {
    while position < target {
      let scalar = text[position]
      if scalar == "#" {
        readComment()
        continue
      }
      if scalar == "\n" {
        lineEnds += 1
        isOnNewLine = true
        if lineEnds > 1 { endsBlank = true }
      } else if scalar != " ", scalar != "\t", scalar != "\r" {
        // An indicator: a dash, a comma, a bracket, a question mark.
        lineEnds = 0
      }
      position += 1
    }
  }

  private mutating func readComment() {
    var end = position
    while end < text.count, text[end] != "\n", text[end] != "\r" { end += 1 }
    var last = end
    while text[last - 1] == " " || text[last - 1] == "\t" { last -= 1 }
    var column = 0
    while position - column > 0, text[position - column - 1] != "\n" { column += 1 }
    pending.append(
      Layout.Comment(
        text: text(position..<last), column: column, isTrailing: !isOnNewLine, followsBlank: endsBlank))
    endsBlank = false
    lineEnds = 0
    position = end
  }

  // MARK: Taking

  mutating func takeTrailing() -> Layout.Comment? {
    guard let first = pending.first, first.isTrailing else { return nil }
    return pending.removeFirst()
  }

  mutating func takeAll() -> [Layout.Comment] {
    defer { pending = [] }
    return pending
  }

  /// Everything before an item, and whether an empty line stands right before it.
  mutating func takeLeading() -> ([Layout.Comment], followsBlank: Bool) {
    defer {
      pending = []
      endsBlank = false
    }
    return (pending, endsBlank)
  }

  /// The comments that belong at the end of a collection: those that stand no further left than its items, up to the first that
  /// does, unless they stand where what comes next begins.
  mutating func takeTail(of column: Int, before next: Int) -> [Layout.Comment] {
    let tail = pending.prefix { $0.column >= column && $0.column > next }
    pending.removeFirst(tail.count)
    return Array(tail)
  }
}
