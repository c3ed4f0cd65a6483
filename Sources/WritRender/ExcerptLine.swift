internal import WritSyntax

/// One line of source as a terminal shows it: tabs expanded, hidden characters visible, cut to what there is room for.
struct ExcerptLine {
  /// What is shown for each character of the source.
  private let cells: [String]
  /// The columns before each cell, and at the end those of the whole line.
  private let offsets: [Int]

  private static let tab = 4

  init(_ line: String) {
    var cells: [String] = []
    var offsets = [0]
    var column = 0
    for scalar in line.unicodeScalars {
      var shown = ""
      if scalar == "\t" {
        shown = String(repeating: " ", count: Self.tab - column % Self.tab)
      } else {
        appendVisible(scalar, to: &shown)
      }
      column += DisplayWidth.of(shown)
      cells.append(shown)
      offsets.append(column)
    }
    self.cells = cells
    self.offsets = offsets
  }

  /// The cells that are shown, and whether something is missing before and after them.
  struct Window {
    fileprivate var cells: Range<Int>
    fileprivate var cutBefore: Bool
    fileprivate var cutAfter: Bool
  }

  /// The part of the line that has room in so many columns and shows where the mark begins (column from 1).
  func window(around column: UInt32, room: Int) -> Window {
    guard offsets[cells.count] > room else {
      return Window(cells: 0..<cells.count, cutBefore: false, cutAfter: false)
    }
    let mark = min(max(Int(column) - 1, 0), cells.count)
    // The line is shown from its beginning while the mark begins in the first three quarters; else a quarter of the
    // room goes to what stands before the mark.
    let wanted = offsets[mark] < room * 3 / 4 ? 0 : offsets[mark] - room / 4
    let first = min(offsets.firstIndex { $0 >= wanted } ?? 0, mark)
    let cutBefore = first > 0
    // Room for the `…` on either side.
    let limit = offsets[first] + room - (cutBefore ? 2 : 1)
    var last = first
    while last < cells.count, offsets[last + 1] <= limit { last += 1 }
    return Window(cells: first..<last, cutBefore: cutBefore, cutAfter: last < cells.count)
  }

  func text(in window: Window) -> String {
    var shown = (window.cutBefore ? "…" : "") + cells[window.cells].joined() + (window.cutAfter ? "…" : "")
    while shown.utf8.last == UInt8(ascii: " ") { shown.removeLast() }
    return shown
  }

  /// Where a mark from one column up to another (from 1) lies below ``text(in:)``: columns before it, and its length,
  /// which is one at least. Without an end on this line it reaches to the last character.
  func mark(from start: UInt32, to end: UInt32?, in window: Window) -> (before: Int, length: Int) {
    func shown(_ cell: Int) -> Int { min(max(cell, window.cells.lowerBound), window.cells.upperBound) }
    let first = shown(Int(start) - 1)
    let last = max(first, shown(end.map { Int($0) - 1 } ?? cells.count))
    let shift = offsets[window.cells.lowerBound] - (window.cutBefore ? 1 : 0)
    return (offsets[first] - shift, max(1, offsets[last] - offsets[first]))
  }
}
