/// Replaces stretches of a file's text and leaves every other byte as it is.
public struct SourceEditor: Sendable {
  private let scalars: [Unicode.Scalar]
  /// Where each line begins, in `scalars`.
  private let lines: [Int]
  private var edits: [(range: Range<Int>, text: String)] = []

  public init(_ file: SourceFile) {
    scalars = Array(String(decoding: file.bytes, as: UTF8.self).unicodeScalars)
    // A byte-order mark counts for no column.
    var starts = [scalars.first == "\u{feff}" ? 1 : 0]
    for (offset, scalar) in scalars.enumerated() where scalar == "\n" { starts.append(offset + 1) }
    lines = starts
  }

  /// Replaces what a span covers. Spans of one editor do not overlap.
  public mutating func replace(_ span: SourceSpan, with text: String) {
    edits.append((offset(of: span.start)..<offset(of: span.end), text))
  }

  public mutating func insert(_ text: String, at position: SourcePosition) {
    edits.append((offset(of: position)..<offset(of: position), text))
  }

  /// Writes lines of their own below another one, with the line ends that the file has.
  public mutating func insertLines(_ texts: [String], below line: UInt32) {
    let next = Int(line)
    let isDOS = lines.dropFirst().contains { $0 >= 2 && scalars[$0 - 2] == "\r" }
    let end = isDOS ? "\r\n" : "\n"
    let text = texts.map { $0 + end }.joined()
    if next < lines.count {
      edits.append((lines[next]..<lines[next], text))
    } else {
      edits.append((scalars.count..<scalars.count, end + text))
    }
  }

  /// Takes what lies between two places of the file away.
  public mutating func remove(from start: SourcePosition, to end: SourcePosition) {
    edits.append((offset(of: start)..<offset(of: end), ""))
  }

  /// Takes whole lines away, with their ends.
  public mutating func removeLines(_ range: ClosedRange<UInt32>) {
    let (first, next) = (Int(range.lowerBound) - 1, Int(range.upperBound))
    guard first < lines.count else { return }
    edits.append((lines[first]..<(next < lines.count ? lines[next] : scalars.count), ""))
  }

  /// What lies between two places, as written.
  public func text(from start: SourcePosition, to end: SourcePosition) -> String {
    text(offset(of: start)..<offset(of: end))
  }

  /// How many lines end with a line end; what stands behind the last one is a line of its own.
  public var lastLine: UInt32 { UInt32(lines.last == scalars.count ? max(1, lines.count - 1) : lines.count) }

  /// What a span covers, as written.
  public func text(of span: SourceSpan) -> String {
    text(offset(of: span.start)..<offset(of: span.end))
  }

  public var bytes: [UInt8] {
    var out: [UInt8] = []
    var position = 0
    for edit in edits.sorted(by: { $0.range.lowerBound < $1.range.lowerBound }) {
      out += text(position..<edit.range.lowerBound).utf8
      out += edit.text.utf8
      position = edit.range.upperBound
    }
    return out + Array(text(position..<scalars.count).utf8)
  }

  private func text(_ range: Range<Int>) -> String {
    var view = String.UnicodeScalarView()
    view.append(contentsOf: scalars[range])
    return String(view)
  }

  private func offset(of position: SourcePosition) -> Int {
    let line = min(Int(position.line) - 1, lines.count - 1)
    return min(lines[line] + Int(position.column) - 1, scalars.count)
  }
}
