internal import WritSyntax

/// The bytes of one file, without a byte-order mark.
struct SourceText {
  let bytes: UnsafeBufferPointer<UInt8>
  let id: SourceID

  init(_ whole: UnsafeBufferPointer<UInt8>, id: SourceID) {
    let mark: [UInt8] = [0xef, 0xbb, 0xbf]
    bytes = whole.starts(with: mark) ? UnsafeBufferPointer(rebasing: whole[mark.count...]) : whole
    self.id = id
  }

  func span(from start: SourcePosition, columns: Int) -> SourceSpan {
    SourceSpan(
      source: id, start: start,
      end: SourcePosition(line: start.line, column: start.column + UInt32(columns)))
  }
}
