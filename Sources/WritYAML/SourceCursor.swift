internal import WritSyntax

/// A place in the text, both as a byte offset and as line and column.
///
/// It only moves forward, so that a file full of mistakes is walked through once and not once for each.
struct SourceCursor {
  private let bytes: UnsafeBufferPointer<UInt8>
  private var offset = 0
  private(set) var position = SourcePosition(line: 1, column: 1)

  init(_ text: SourceText) { bytes = text.bytes }

  mutating func move(toByte target: Int) {
    while offset < target { step() }
  }

  mutating func move(to target: SourcePosition) {
    while position < target, offset < bytes.count { step() }
    while offset < bytes.count, bytes[offset] & 0xc0 == 0x80 { step() }
  }

  /// The characters from here on, to the end of the line or of so many bytes.
  func following(atMost limit: Int) -> [Unicode.Scalar] {
    let near = bytes[offset..<min(bytes.count, offset + limit)]
    return Array(String(decoding: near.prefix { $0 != 0x0a && $0 != 0x0d }, as: UTF8.self).unicodeScalars)
  }

  private mutating func step() {
    let byte = bytes[offset]
    offset += 1
    if byte == UInt8(ascii: "\n") {
      position = SourcePosition(line: position.line + 1, column: 1)
    } else if byte & 0xc0 != 0x80 {
      // The first byte of a character counts for all of it.
      position.column += 1
    }
  }
}
