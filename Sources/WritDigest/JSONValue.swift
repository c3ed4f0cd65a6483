/// A JSON value as ledger entries, plans and machine-readable output use it: no fractions, no null.
///
/// An absent member is left out, never null; digests, ids and amounts are strings.
public enum JSONValue: Sendable, Hashable {
  case string(String)
  case integer(Int)
  case bool(Bool)
  case array([JSONValue])
  case object([String: JSONValue])
  /// Written as `null`; for published formats that say so (design §10), never in what is signed.
  case null
  /// Canonical bytes made earlier, written as they are: for output that says one large thing many times.
  case encoded([UInt8])
}

extension JSONValue: ExpressibleByStringLiteral, ExpressibleByIntegerLiteral, ExpressibleByBooleanLiteral,
  ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral
{
  public init(stringLiteral value: String) { self = .string(value) }
  public init(integerLiteral value: Int) { self = .integer(value) }
  public init(booleanLiteral value: Bool) { self = .bool(value) }
  public init(arrayLiteral elements: JSONValue...) { self = .array(elements) }
  public init(dictionaryLiteral elements: (String, JSONValue)...) {
    self = .object(Dictionary(elements) { $1 })
  }
}

extension JSONValue {
  /// Canonical bytes (RFC 8785 restricted to integers and ASCII keys): one line, keys sorted by byte, no white
  /// space, escapes only where JSON demands them. Without a final line feed.
  ///
  /// Equal values give equal bytes, so a digest of them means something.
  public var canonical: [UInt8] {
    var out: [UInt8] = []
    write(to: &out)
    return out
  }

  /// ``canonical`` as text.
  public var canonicalText: String { String(decoding: canonical, as: UTF8.self) }

  /// Adds ``canonical`` to what is there.
  public func write(to out: inout [UInt8]) {
    switch self {
    case .string(let text): Self.write(text, to: &out)
    case .integer(let number): out.append(contentsOf: String(number).utf8)
    case .bool(let flag): out.append(contentsOf: (flag ? "true" : "false").utf8)
    case .null: out.append(contentsOf: "null".utf8)
    case .encoded(let bytes): out.append(contentsOf: bytes)
    case .array(let elements):
      out.append(UInt8(ascii: "["))
      for (index, element) in elements.enumerated() {
        if index > 0 { out.append(UInt8(ascii: ",")) }
        element.write(to: &out)
      }
      out.append(UInt8(ascii: "]"))
    case .object(let members):
      out.append(UInt8(ascii: "{"))
      var isFirst = true
      for (key, value) in members.sorted(by: { Self.precedes($0.key, $1.key) }) {
        if !isFirst { out.append(UInt8(ascii: ",")) }
        isFirst = false
        Self.write(key, to: &out)
        out.append(UInt8(ascii: ":"))
        value.write(to: &out)
      }
      out.append(UInt8(ascii: "}"))
    }
  }

  /// By byte, which is not how `String` compares.
  private static func precedes(_ a: String, _ b: String) -> Bool {
    let found = a.utf8.withContiguousStorageIfAvailable { a in
      b.utf8.withContiguousStorageIfAvailable { b in
        for index in 0..<min(a.count, b.count) where a[index] != b[index] { return a[index] < b[index] }
        return a.count < b.count
      }
    }
    return (found ?? nil) ?? a.utf8.lexicographicallyPrecedes(b.utf8)
  }

  private static func write(_ text: String, to out: inout [UInt8]) {
    var text = text
    text.withUTF8 { write($0, to: &out) }
  }

  private static func write(_ text: UnsafeBufferPointer<UInt8>, to out: inout [UInt8]) {
    out.append(UInt8(ascii: "\""))
    // Almost no text holds anything to escape.
    if text.allSatisfy({ $0 >= 0x20 && $0 != UInt8(ascii: "\"") && $0 != UInt8(ascii: "\\") }) {
      out.append(contentsOf: text)
      out.append(UInt8(ascii: "\""))
      return
    }
    for byte in text {
      switch byte {
      case UInt8(ascii: "\""): out.append(contentsOf: #"\""#.utf8)
      case UInt8(ascii: "\\"): out.append(contentsOf: #"\\"#.utf8)
      case 0x08: out.append(contentsOf: #"\b"#.utf8)
      case 0x0c: out.append(contentsOf: #"\f"#.utf8)
      case 0x0a: out.append(contentsOf: #"\n"#.utf8)
      case 0x0d: out.append(contentsOf: #"\r"#.utf8)
      case 0x09: out.append(contentsOf: #"\t"#.utf8)
      case 0..<0x20:
        let digits = Array("0123456789abcdef".utf8)
        out.append(contentsOf: #"\u00"#.utf8)
        out.append(digits[Int(byte >> 4)])
        out.append(digits[Int(byte & 15)])
      default: out.append(byte)
      }
    }
    out.append(UInt8(ascii: "\""))
  }
}
