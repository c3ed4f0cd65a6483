/// The text on one line with nothing hidden: control, bidirectional and other characters that take no place of
/// their own are written as `\n`, `\t` or `\u{202e}`.
///
/// For every text from git, YAML or a target before it is printed. It is for reading, not for reading back: a
/// backslash stays a backslash.
public func visible(_ text: String) -> String {
  if text.utf8.allSatisfy({ $0 >= 0x20 && $0 < 0x7f }) { return text }
  var out = ""
  out.reserveCapacity(text.utf8.count + 16)
  for scalar in text.unicodeScalars { appendVisible(scalar, to: &out) }
  return out
}

/// Appends one character as ``visible(_:)`` shows it.
public func appendVisible(_ scalar: Unicode.Scalar, to out: inout String) {
  switch scalar {
  case "\n": out += #"\n"#
  case "\t": out += #"\t"#
  case "\r": out += #"\r"#
  case _ where scalar.isDeceptive || scalar.takesNoPlace: out += #"\u{\#(String(scalar.value, radix: 16))}"#
  default: out.unicodeScalars.append(scalar)
  }
}

extension Unicode.Scalar {
  /// Characters that are not shown at all and could make two names look alike: zero-width space, word joiner,
  /// soft hyphen and the tag characters. Joiners between letters or in emoji are left alone.
  fileprivate var takesNoPlace: Bool {
    switch value {
    case 0x00ad, 0x200b, 0x2060...0x2064, 0xe0000...0xe007f: true
    default: false
    }
  }
}
