internal import WritSyntax

/// The bytes of one file, without a byte-order mark, and the places in them.
struct SourceText {
  let bytes: UnsafeBufferPointer<UInt8>
  let id: SourceID

  init(_ whole: UnsafeBufferPointer<UInt8>, id: SourceID) {
    let mark: [UInt8] = [0xef, 0xbb, 0xbf]
    bytes = whole.starts(with: mark) ? UnsafeBufferPointer(rebasing: whole[mark.count...]) : whole
    self.id = id
  }

  /// Where the byte at the offset stands. Slow (it counts from the beginning): for findings only.
  func position(atByte offset: Int) -> SourcePosition {
    var line: UInt32 = 1
    var lineStart = 0
    for index in 0..<offset where bytes[index] == UInt8(ascii: "\n") {
      line += 1
      lineStart = index + 1
    }
    let column = bytes[lineStart..<offset].reduce(UInt32(1)) { $0 + ($1 & 0xc0 == 0x80 ? 0 : 1) }
    return SourcePosition(line: line, column: column)
  }

  /// The scalars from a position to the end of its line. Slow: for findings only.
  func restOfLine(from position: SourcePosition) -> [Unicode.Scalar] {
    var index = 0
    var line: UInt32 = 1
    while line < position.line, index < bytes.count {
      if bytes[index] == UInt8(ascii: "\n") { line += 1 }
      index += 1
    }
    let lineBytes = bytes[index...].prefix { $0 != UInt8(ascii: "\n") && $0 != UInt8(ascii: "\r") }
    return Array(String(decoding: lineBytes, as: UTF8.self).unicodeScalars.dropFirst(Int(position.column) - 1))
  }

  func span(from start: SourcePosition, columns: Int) -> SourceSpan {
    SourceSpan(
      source: id, start: start,
      end: SourcePosition(line: start.line, column: start.column + UInt32(columns)))
  }
}
