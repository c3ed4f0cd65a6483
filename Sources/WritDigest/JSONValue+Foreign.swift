extension JSONValue {
  /// Reads JSON that another program wrote: white space between tokens does not matter.
  ///
  /// What such programs here never write is a fault: fractions, and escapes of anything but ASCII. Of a key given twice the
  /// last one counts, as with most readers.
  ///
  /// - Throws: ``JSONFault``; its offsets count without the white space.
  public init(foreign bytes: [UInt8]) throws(JSONFault) {
    guard bytes.count <= Self.sizeLimit else { throw .tooLarge(bytes: bytes.count) }
    var reader = JSONReader(foreign: Self.withoutSpace(bytes))
    self = try reader.document()
  }

  private static func withoutSpace(_ bytes: [UInt8]) -> [UInt8] {
    var (inString, isEscaped) = (false, false)
    return bytes.filter { byte in
      if inString {
        inString = byte != UInt8(ascii: "\"") || isEscaped
        isEscaped = byte == UInt8(ascii: "\\") && !isEscaped
        return true
      }
      inString = byte == UInt8(ascii: "\"")
      return ![0x20, 0x09, 0x0a, 0x0d].contains(byte)
    }
  }
}
