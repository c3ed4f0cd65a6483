extension Unicode.Scalar {
  /// Whether the character moves the cursor, ends a line, or changes the order in which text is shown, so that
  /// what a reviewer sees is not what the program reads.
  ///
  /// These are the control characters (C0, DEL, C1) without tab and line feed, the bidirectional controls
  /// (Unicode `Bidi_Control`, the "Trojan Source" characters), the line and paragraph separators, a byte-order
  /// mark inside text, and the two non-characters that YAML excludes.
  public var isDeceptive: Bool {
    switch value {
    case 0x09, 0x0a: false
    case 0x00..<0x20, 0x7f..<0xa0: true
    case 0x061c, 0x200e, 0x200f, 0x2028...0x202e, 0x2066...0x2069: true
    case 0xfeff, 0xfffe, 0xffff: true
    default: false
    }
  }
}
