/// Reads the JSON that canonical texts can consist of: no white space, no fractions.
///
/// A canonical reader refuses whatever ``JSONValue/canonical`` would write in another way where it stands, which costs a third of
/// encoding the value again and comparing. That both come to the same is a law of the tests.
struct JSONReader {
  private let bytes: [UInt8]
  private let end: Int
  private let isCanonical: Bool
  private var position = 0
  private var depth = 0

  /// - Parameter end: where the text ends; what comes after it is not looked at.
  init(canonical bytes: [UInt8], end: Int) {
    self.bytes = bytes
    self.end = end
    isCanonical = true
  }

  /// - Parameter bytes: without white space, with keys in any order; of a key given twice the last one counts.
  init(foreign bytes: [UInt8]) {
    self.bytes = bytes
    end = bytes.count
    isCanonical = false
  }

  /// - Parameter isSo: whether this can be canonical.
  private func check(_ isSo: Bool) throws(JSONFault) {
    if isCanonical && !isSo { throw .notCanonical }
  }

  mutating func document() throws(JSONFault) -> JSONValue {
    let value = try self.value()
    guard position == end else { throw .syntax(offset: position) }
    return value
  }

  private var next: UInt8? { position < end ? bytes[position] : nil }

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
    var pairs: [(key: String, value: JSONValue)] = []
    if take(UInt8(ascii: "}")) { return .object([:]) }
    while true {
      guard next == UInt8(ascii: "\"") else { throw .syntax(offset: position) }
      let key = try string()
      if let before = pairs.last?.key { try check(before.utf8.lexicographicallyPrecedes(key.utf8)) }
      guard take(UInt8(ascii: ":")) else { throw .syntax(offset: position) }
      pairs.append((key, try value()))
      if take(UInt8(ascii: "}")) { return .object(try members(pairs)) }
      guard take(UInt8(ascii: ",")) else { throw .syntax(offset: position) }
    }
  }

  private func members(_ pairs: [(key: String, value: JSONValue)]) throws(JSONFault) -> [String: JSONValue] {
    var members: [String: JSONValue] = [:]
    members.reserveCapacity(pairs.count)
    for (key, value) in pairs { members[key] = value }
    // Other bytes can be the same key to Swift, as Unicode has two ways to write é.
    try check(members.count == pairs.count)
    return members
  }

  private mutating func integer() throws(JSONFault) -> Int {
    let start = position
    let negative = take(UInt8(ascii: "-"))
    let first = next
    var number = 0
    var digits = 0
    while let byte = next, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) {
      number = number * 10 + Int(byte - UInt8(ascii: "0"))
      guard number <= JSONValue.integerLimit else { throw .syntax(offset: start) }
      position += 1
      digits += 1
    }
    guard digits > 0 else { throw .syntax(offset: position) }
    try check(first != UInt8(ascii: "0") || (digits == 1 && !negative))
    return negative ? -number : number
  }

  private mutating func string() throws(JSONFault) -> String {
    position += 1
    let start = position
    var seen: UInt8 = 0
    while position < end {
      let byte = bytes[position]
      if byte == UInt8(ascii: "\"") {
        defer { position += 1 }
        // Of ASCII alone there is nothing to validate.
        if seen < 0x80 { return String(decoding: bytes[start..<position], as: UTF8.self) }
        return try Self.text(bytes[start..<position], at: start)
      }
      if byte == UInt8(ascii: "\\") { return try escapedString(from: start) }
      guard byte >= 0x20 else { throw .syntax(offset: position) }
      seen |= byte
      position += 1
    }
    throw .syntax(offset: position)
  }

  private static func text(_ units: ArraySlice<UInt8>, at start: Int) throws(JSONFault) -> String {
    guard let text = String(validating: units, as: UTF8.self) else { throw .syntax(offset: start) }
    return text
  }

  /// The rest of a string, from its first escape on.
  private mutating func escapedString(from first: Int) throws(JSONFault) -> String {
    var units: [UInt8] = []
    var start = first
    while let byte = next {
      switch byte {
      case UInt8(ascii: "\""):
        units.append(contentsOf: bytes[start..<position])
        position += 1
        return try Self.text(units[...], at: first)
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
      // These have a shorter spelling.
      try check(![0x08, 0x09, 0x0a, 0x0c, 0x0d].contains(byte))
      return byte
    default: throw .syntax(offset: position - 1)
    }
  }
}
