/// Reads the JSON that canonical texts can consist of: no white space, no fractions. What else is wrong with the
/// text shows when the value is encoded again.
struct JSONReader {
  private let bytes: [UInt8]
  private var position = 0
  private var depth = 0

  init(_ bytes: [UInt8]) { self.bytes = bytes }

  mutating func document() throws(JSONFault) -> JSONValue {
    let value = try self.value()
    guard position == bytes.count else { throw .syntax(offset: position) }
    return value
  }

  private var next: UInt8? { position < bytes.count ? bytes[position] : nil }

  private mutating func take(_ byte: UInt8) -> Bool {
    guard next == byte else { return false }
    position += 1
    return true
  }

  private mutating func expect(_ text: StaticString) throws(JSONFault) {
    for index in 0..<text.utf8CodeUnitCount where !take(text.utf8Start[index]) { throw .syntax(offset: position) }
  }

  private mutating func value() throws(JSONFault) -> JSONValue {
    switch next {
    case UInt8(ascii: "\"")?: return .string(try string())
    case UInt8(ascii: "{")?: return try nested { (reader: inout JSONReader) throws(JSONFault) in try reader.object() }
    case UInt8(ascii: "[")?: return try nested { (reader: inout JSONReader) throws(JSONFault) in try reader.array() }
    case UInt8(ascii: "t")?:
      try expect("true")
      return .bool(true)
    case UInt8(ascii: "f")?:
      try expect("false")
      return .bool(false)
    case UInt8(ascii: "n")?:
      try expect("null")
      return .null
    default: return .integer(try integer())
    }
  }

  private mutating func nested(
    _ body: (inout JSONReader) throws(JSONFault) -> JSONValue
  ) throws(JSONFault) -> JSONValue {
    depth += 1
    guard depth <= JSONValue.depthLimit else { throw .tooDeep(levels: JSONValue.depthLimit) }
    position += 1
    let value = try body(&self)
    depth -= 1
    return value
  }

  private mutating func array() throws(JSONFault) -> JSONValue {
    var elements: [JSONValue] = []
    if take(UInt8(ascii: "]")) { return .array(elements) }
    while true {
      elements.append(try value())
      if take(UInt8(ascii: "]")) { return .array(elements) }
      guard take(UInt8(ascii: ",")) else { throw .syntax(offset: position) }
    }
  }

  private mutating func object() throws(JSONFault) -> JSONValue {
    var members: [String: JSONValue] = [:]
    if take(UInt8(ascii: "}")) { return .object(members) }
    while true {
      guard next == UInt8(ascii: "\"") else { throw .syntax(offset: position) }
      let key = try string()
      guard take(UInt8(ascii: ":")) else { throw .syntax(offset: position) }
      // A key given twice is lost here, and so found when the object is encoded again.
      members[key] = try value()
      if take(UInt8(ascii: "}")) { return .object(members) }
      guard take(UInt8(ascii: ",")) else { throw .syntax(offset: position) }
    }
  }

  private mutating func integer() throws(JSONFault) -> Int {
    let start = position
    let negative = take(UInt8(ascii: "-"))
    var number = 0
    var digits = 0
    while let byte = next, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) {
      number = number * 10 + Int(byte - UInt8(ascii: "0"))
      guard number <= JSONValue.integerLimit else { throw .syntax(offset: start) }
      position += 1
      digits += 1
    }
    guard digits > 0 else { throw .syntax(offset: position) }
    return negative ? -number : number
  }

  private mutating func string() throws(JSONFault) -> String {
    position += 1
    var units: [UInt8] = []
    var start = position
    while let byte = next {
      switch byte {
      case UInt8(ascii: "\""):
        units.append(contentsOf: bytes[start..<position])
        guard let text = String(validating: units, as: UTF8.self) else { throw .syntax(offset: start) }
        position += 1
        return text
      case UInt8(ascii: "\\"):
        units.append(contentsOf: bytes[start..<position])
        position += 1
        units.append(try escape())
        start = position
      case 0..<0x20: throw .syntax(offset: position)
      default: position += 1
      }
    }
    throw .syntax(offset: position)
  }

  /// The canonical form escapes only ASCII characters, so one byte is all an escape can stand for.
  private mutating func escape() throws(JSONFault) -> UInt8 {
    guard let letter = next else { throw .syntax(offset: position) }
    position += 1
    switch letter {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"): return letter
    case UInt8(ascii: "b"): return 0x08
    case UInt8(ascii: "f"): return 0x0c
    case UInt8(ascii: "n"): return 0x0a
    case UInt8(ascii: "r"): return 0x0d
    case UInt8(ascii: "t"): return 0x09
    case UInt8(ascii: "u"):
      try expect("00")
      var byte: UInt8 = 0
      for _ in 0..<2 {
        switch next {
        case let digit? where (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(digit):
          byte = byte << 4 | (digit - UInt8(ascii: "0"))
        case let digit? where (UInt8(ascii: "a")...UInt8(ascii: "f")).contains(digit):
          byte = byte << 4 | (digit - UInt8(ascii: "a") + 10)
        default: throw .syntax(offset: position)
        }
        position += 1
      }
      guard byte < 0x20 else { throw .syntax(offset: position) }
      return byte
    default: throw .syntax(offset: position - 1)
    }
  }
}
