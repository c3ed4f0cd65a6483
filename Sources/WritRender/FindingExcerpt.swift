internal import WritSyntax

/// One finding with the source lines that show it.
struct FindingExcerpt {
  /// A stretch to underline.
  private struct Mark {
    var span: SourceSpan
    var label: String
    var isPrimary: Bool
  }

  private let finding: Finding
  private let sources: SourceTable
  private let style: TextStyle
  private let marks: [Mark]
  /// Of the greatest line number.
  private let digits: Int
  private let room: Int
  private var out = ""

  /// Below this many columns cutting further would leave nothing to read.
  private static let leastRoom = 20

  init(_ finding: Finding, _ sources: SourceTable, width: Int, style: TextStyle) {
    self.finding = finding
    self.sources = sources
    self.style = style
    marks =
      [Mark(span: finding.span, label: finding.label, isPrimary: true)]
      + finding.related.map { Mark(span: $0.span, label: $0.label, isPrimary: false) }
    digits = String(marks.map(\.span.start.line).max() ?? 1).count
    room = max(Self.leastRoom, width - digits - 4)
  }

  mutating func text(_ lines: inout SourceLines) -> String {
    out = drawn("\(finding.severity.rawValue)[\(finding.slug.rawValue)]")
    out += style.bold(": \(visible(finding.message))") + "\n"
    // The finding's own file first, then the others in the order of their paths.
    let own = finding.span.source
    write(own, arrow: "-->", &lines)
    for other in Set(marks.map(\.span.source)).subtracting([own]).sorted() {
      out += bar + "\n"
      write(other, arrow: ":::", &lines)
    }
    if !finding.help.isEmpty {
      out += bar + "\n"
      out += style.faint(spaces(digits + 2) + "=") + " " + style.bold("help") + ": \(visible(finding.help))\n"
    }
    return out
  }

  /// The marked lines of one file, the line before the finding, and `...` where lines are left out.
  private mutating func write(_ source: SourceID, arrow: String, _ lines: inout SourceLines) {
    let here = marks.filter { $0.span.source == source }.sorted { ($0.span, $0.label) < ($1.span, $1.label) }
    guard let place = here.first(where: \.isPrimary) ?? here.first else { return }
    out += style.faint(spaces(digits + 1) + arrow) + " \(visible(sources.place(of: place.span)))\n"
    out += bar + "\n"

    var numbers = Set(here.map(\.span.start.line))
    if place.isPrimary, place.span.start.line > 1 {
      let before = place.span.start.line - 1
      if !lines.line(before, of: source).allSatisfy(\.isWhitespace) { numbers.insert(before) }
    }
    var previous: UInt32?
    for number in numbers.sorted() {
      if let previous, number > previous + 1 { out += style.faint("...") + "\n" }
      previous = number
      write(number, ExcerptLine(lines.line(number, of: source)), here.filter { $0.span.start.line == number })
    }
  }

  private mutating func write(_ number: UInt32, _ line: ExcerptLine, _ here: [Mark]) {
    let main = here.first(where: \.isPrimary) ?? here.first
    let window = line.window(around: main?.span.start.column ?? 1, room: room)
    let shown = line.text(in: window)
    let number = (text: String(number), value: number)
    out += style.faint(spaces(1 + digits - number.text.count) + number.text + " |") + (shown.isEmpty ? "" : " ")
    out += shown + "\n"
    for mark in here {
      let end = mark.span.end.line == number.value ? mark.span.end.column : nil
      let place = line.mark(from: mark.span.start.column, to: end, in: window)
      let under = String(repeating: mark.isPrimary ? "^" : "-", count: place.length)
      let label = mark.label.isEmpty ? "" : " " + visible(mark.label)
      out += bar + " " + spaces(place.before)
      out += (mark.isPrimary ? drawn(under + label) : style.faint(under + label)) + "\n"
    }
  }

  private func drawn(_ text: String) -> String {
    switch finding.severity {
    case .error: style.error(text)
    case .warning: style.warning(text)
    case .note: style.bold(text)
    }
  }

  private var bar: String { style.faint(spaces(digits + 2) + "|") }

  private func spaces(_ count: Int) -> String { String(repeating: " ", count: count) }
}
