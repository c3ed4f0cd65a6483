/// Standard base64 (RFC 4648 §4), read strictly: one text for one sequence of bytes.
public enum Base64 {
  private static let digits = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)

  private static let values: [UInt8] = {
    var values = [UInt8](repeating: 0xff, count: 256)
    for (value, digit) in digits.enumerated() { values[Int(digit)] = UInt8(value) }
    return values
  }()

  /// With padding unless told otherwise.
  public static func encoded(_ bytes: [UInt8], padded: Bool = true) -> String {
    var out: [UInt8] = []
    out.reserveCapacity((bytes.count + 2) / 3 * 4)
    for start in stride(from: 0, to: bytes.count, by: 3) {
      let group = bytes[start..<min(start + 3, bytes.count)]
      var word: UInt32 = 0
      for position in 0..<3 {
        word = word << 8 | (position < group.count ? UInt32(group[start + position]) : 0)
      }
      for position in 0..<4 {
        if position <= group.count {
          out.append(digits[Int(word >> UInt32(18 - 6 * position) & 63)])
        } else if padded {
          out.append(UInt8(ascii: "="))
        }
      }
    }
    return String(decoding: out, as: UTF8.self)
  }

  /// Nil for a foreign character, missing or (with `padded` false) present padding, and bits that are not used but set.
  public static func decoded(_ text: some Sequence<UInt8>, padded: Bool = true) -> [UInt8]? {
    var digits = Array(text)
    if padded {
      guard digits.count % 4 == 0 else { return nil }
      var padding = 0
      while padding < 2, digits.last == UInt8(ascii: "=") {
        digits.removeLast()
        padding += 1
      }
      guard (digits.count + padding) % 4 == 0 else { return nil }
    }
    guard digits.count % 4 != 1 else { return nil }
    var out: [UInt8] = []
    out.reserveCapacity(digits.count * 3 / 4)
    var word: UInt32 = 0
    var bits: UInt32 = 0
    for digit in digits {
      let value = values[Int(digit)]
      guard value != 0xff else { return nil }
      word = word << 6 | UInt32(value)
      bits += 6
      if bits >= 8 {
        bits -= 8
        out.append(UInt8(truncatingIfNeeded: word >> bits))
        word &= (1 << bits) - 1
      }
    }
    return word == 0 ? out : nil
  }
}
