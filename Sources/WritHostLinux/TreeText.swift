/// A file's name, or any other bytes from a host, for people: control characters, marks that turn the writing direction,
/// what is not UTF-8, and the backslash itself are written out.
func visible(_ bytes: some Sequence<UInt8>) -> String {
  let all = Array(bytes)
  let isASCII = all.allSatisfy { $0 >= 0x20 && $0 < 0x7f && $0 != UInt8(ascii: "\\") }
  if isASCII { return String(decoding: all, as: UTF8.self) }
  var text = ""
  var rest = all[...]
  while let first = rest.first {
    // A scalar is at most four bytes; the shortest prefix that is valid UTF-8 is one scalar.
    var length = 0
    for candidate in 1...4 where candidate <= rest.count {
      if String(validating: rest.prefix(candidate), as: UTF8.self) != nil {
        length = candidate
        break
      }
    }
    guard length > 0 else {
      text += "\\x" + hexadecimal(first)
      rest = rest.dropFirst()
      continue
    }
    for scalar in String(decoding: rest.prefix(length), as: UTF8.self).unicodeScalars {
      text += isPlain(scalar) ? String(scalar) : escaped(scalar)
    }
    rest = rest.dropFirst(length)
  }
  return text
}

func visible(_ text: String) -> String { visible(text.utf8) }

/// Four octal digits.
func octal(_ mode: UInt16) -> String {
  let digits = String(mode & 0o7777, radix: 8)
  return String(repeating: "0", count: 4 - digits.count) + digits
}

private func hexadecimal(_ byte: UInt8) -> String { (byte < 16 ? "0" : "") + String(byte, radix: 16) }

private func isPlain(_ scalar: Unicode.Scalar) -> Bool {
  switch scalar.properties.generalCategory {
  case .control, .format, .lineSeparator, .paragraphSeparator, .privateUse, .surrogate, .unassigned: false
  default: scalar != "\\"
  }
}

private func escaped(_ scalar: Unicode.Scalar) -> String {
  switch scalar {
  case "\\": "\\\\"
  case "\n": "\\n"
  case "\t": "\\t"
  case "\r": "\\r"
  default:
    scalar.value < 0x80 ? "\\x" + hexadecimal(UInt8(scalar.value)) : "\\u{" + String(scalar.value, radix: 16) + "}"
  }
}
