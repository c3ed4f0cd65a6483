/// A SHA-256 digest (FIPS 180-4).
public struct Digest: Hashable, Sendable, Comparable, Codable, CustomStringConvertible {
  /// The 32 bytes.
  public let bytes: [UInt8]

  init(raw: [UInt8]) { bytes = raw }

  /// The digest of `data`.
  public init(of data: [UInt8]) {
    let stream = DigestStream()
    stream.add(data)
    self = stream.finish()
  }

  /// The digest of the UTF-8 bytes of `text`.
  public init(of text: String) { self.init(of: Array(text.utf8)) }

  /// Reads 64 lower-case hexadecimal digits; anything else is nil.
  public init?(hex: String) { self.init(digits: hex.utf8[...]) }

  init?(digits: Substring.UTF8View) {
    var raw: [UInt8] = []
    raw.reserveCapacity(32)
    var high: UInt8?
    for digit in digits {
      guard let value = Self.value(of: digit), raw.count < 32 else { return nil }
      if let first = high {
        raw.append(first << 4 | value)
        high = nil
      } else {
        high = value
      }
    }
    guard raw.count == 32, high == nil else { return nil }
    self.init(raw: raw)
  }

  private static func value(of digit: UInt8) -> UInt8? {
    switch digit {
    case UInt8(ascii: "0")...UInt8(ascii: "9"): digit - UInt8(ascii: "0")
    case UInt8(ascii: "a")...UInt8(ascii: "f"): digit - UInt8(ascii: "a") + 10
    default: nil
    }
  }

  /// 64 lower-case hexadecimal digits.
  public var hex: String {
    let digits = Array("0123456789abcdef".utf8)
    var out: [UInt8] = []
    out.reserveCapacity(64)
    for byte in bytes {
      out.append(digits[Int(byte >> 4)])
      out.append(digits[Int(byte & 15)])
    }
    return String(decoding: out, as: UTF8.self)
  }

  public var description: String { "sha256:" + hex }

  public init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    guard let digest = Digest(hex: try container.decode(String.self)) else {
      throw DecodingError.dataCorruptedError(in: container, debugDescription: "not 64 hexadecimal digits")
    }
    self = digest
  }

  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(hex)
  }

  public static func < (a: Digest, b: Digest) -> Bool {
    a.bytes.lexicographicallyPrecedes(b.bytes)
  }
}
