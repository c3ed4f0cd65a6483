internal import WritSyntax

extension SourceText {
  struct Check {
    var findings: [Finding] = []
    /// Whether libyaml would read the bytes as they are; otherwise the findings say what is in the way.
    var isReadable = true
  }

  /// Looks at every byte once: whether it is UTF-8, and whether it holds characters that deceive a reader.
  ///
  /// The whole file is looked at, comments too: a bidirectional override in a comment changes how the line is
  /// shown just as well. libyaml is then never given anything that its reader would refuse, or take for a line
  /// break where an editor sees none (next line U+0085, U+2028, a lone carriage return).
  func check() -> Check {
    var check = Check()
    var cursor = SourceCursor(self)
    var index = 0
    let end = bytes.count
    while index < end {
      let byte = bytes[index]
      if byte < 0x80 {
        if byte >= 0x20 && byte != 0x7f || byte == 0x0a || byte == 0x09 {
          index += 1
          continue
        }
        if byte == 0x0d, index + 1 < end, bytes[index + 1] == 0x0a {
          index += 2
          continue
        }
        cursor.move(toByte: index)
        check.refuse(Unicode.Scalar(byte), at: span(from: cursor.position, columns: 1))
        check.isReadable = false
        index += 1
        continue
      }
      guard let (scalar, length) = scalar(at: index) else {
        cursor.move(toByte: index)
        check.findings.append(
          Finding(
            .invalidUTF8, .error, "the byte 0x\(String(byte, radix: 16)) is not UTF-8 text here",
            at: span(from: cursor.position, columns: 1), help: "save the file as UTF-8"))
        check.isReadable = false
        return check
      }
      if scalar.isDeceptive {
        cursor.move(toByte: index)
        check.refuse(scalar, at: span(from: cursor.position, columns: 1))
        // Those that libyaml refuses or takes for the end of a line.
        if [0x2028, 0x2029, 0xfffe, 0xffff].contains(scalar.value) || scalar.value < 0xa0 { check.isReadable = false }
      }
      index += length
    }
    return check
  }

  /// Decodes the sequence that begins with a byte over 0x7f; nil when it is not well-formed (Unicode, table 3-7).
  private func scalar(at index: Int) -> (Unicode.Scalar, length: Int)? {
    let lead = bytes[index]
    let length: Int
    var value: UInt32
    let least: UInt32
    switch lead {
    case 0xc2...0xdf: (length, value, least) = (2, UInt32(lead & 0x1f), 0x80)
    case 0xe0...0xef: (length, value, least) = (3, UInt32(lead & 0x0f), 0x800)
    case 0xf0...0xf4: (length, value, least) = (4, UInt32(lead & 0x07), 0x1_0000)
    default: return nil
    }
    guard index + length <= bytes.count else { return nil }
    for offset in 1..<length {
      let byte = bytes[index + offset]
      guard byte & 0xc0 == 0x80 else { return nil }
      value = value << 6 | UInt32(byte & 0x3f)
    }
    // Refuses surrogates and what lies beyond U+10FFFF.
    guard value >= least, let scalar = Unicode.Scalar(value) else { return nil }
    return (scalar, length)
  }
}

extension SourceText.Check {
  /// One finding a line is enough: more of the same kind on it are one mistake, usually one paste.
  fileprivate mutating func refuse(_ scalar: Unicode.Scalar, at span: SourceSpan) {
    if let last = findings.last, last.span.start.line == span.start.line { return }
    var shown = ""
    appendVisible(scalar, to: &shown)
    findings.append(
      Finding(
        .controlCharacter, .error, "the file holds the character `\(shown)`, which hides or reorders text", at: span,
        help: "delete it"))
  }
}
