extension JSONValue {
  /// What a value encodes itself as. Integers too large for every reader of JSON become texts; fractions are refused.
  ///
  /// - Throws: `EncodingError`.
  public init(encoding value: some Encodable) throws {
    let slot = JSONSlot()
    try slot.put(value, [])
    self = slot.json
  }
}

/// A place in a value that is being made.
private final class JSONSlot {
  private var value = JSONValue.null
  private var members: [String: JSONSlot]?
  private var elements: [JSONSlot]?

  var json: JSONValue {
    if let members { return .object(members.mapValues(\.json)) }
    if let elements { return .array(elements.map(\.json)) }
    return value
  }

  func beginObject() { if members == nil { members = [:] } }
  func beginArray() { if elements == nil { elements = [] } }
  var count: Int { elements?.count ?? 0 }

  func member(_ name: String) -> JSONSlot {
    let slot = JSONSlot()
    members?[name] = slot
    return slot
  }

  func element() -> JSONSlot {
    let slot = JSONSlot()
    elements?.append(slot)
    return slot
  }

  func put<T: Encodable>(_ new: T, _ path: [any CodingKey]) throws {
    switch new {
    case let text as String: value = .string(text)
    case let flag as Bool: value = .bool(flag)
    case let number as any FixedWidthInteger: value = Self.json(number)
    case is Double, is Float:
      throw EncodingError.invalidValue(new, .init(codingPath: path, debugDescription: "fractions are not written"))
    default: try new.encode(to: JSONValueEncoder(slot: self, codingPath: path))
    }
  }

  private static func json(_ number: some FixedWidthInteger) -> JSONValue {
    guard let small = Int(exactly: number), abs(Double(small)) < Double(JSONValue.integerLimit) else {
      return .string(String(number))
    }
    return .integer(small)
  }
}

private struct JSONValueEncoder: Encoder {
  let slot: JSONSlot
  let codingPath: [any CodingKey]
  var userInfo: [CodingUserInfoKey: Any] { [:] }

  func container<Key: CodingKey>(keyedBy type: Key.Type) -> KeyedEncodingContainer<Key> {
    slot.beginObject()
    return KeyedEncodingContainer(Keyed(slot: slot, codingPath: codingPath))
  }

  func unkeyedContainer() -> any UnkeyedEncodingContainer {
    slot.beginArray()
    return Unkeyed(slot: slot, codingPath: codingPath)
  }

  func singleValueContainer() -> any SingleValueEncodingContainer { Single(slot: slot, codingPath: codingPath) }

  struct Keyed<Key: CodingKey>: KeyedEncodingContainerProtocol {
    let slot: JSONSlot
    let codingPath: [any CodingKey]

    func encodeNil(forKey key: Key) {}

    func encode<T: Encodable>(_ value: T, forKey key: Key) throws {
      try slot.member(key.stringValue).put(value, codingPath + [key])
    }

    func nestedContainer<Nested: CodingKey>(
      keyedBy type: Nested.Type, forKey key: Key
    ) -> KeyedEncodingContainer<Nested> {
      JSONValueEncoder(slot: slot.member(key.stringValue), codingPath: codingPath + [key]).container(keyedBy: type)
    }

    func nestedUnkeyedContainer(forKey key: Key) -> any UnkeyedEncodingContainer {
      JSONValueEncoder(slot: slot.member(key.stringValue), codingPath: codingPath + [key]).unkeyedContainer()
    }

    func superEncoder() -> any Encoder {
      JSONValueEncoder(slot: slot.member("super"), codingPath: codingPath)
    }

    func superEncoder(forKey key: Key) -> any Encoder {
      JSONValueEncoder(slot: slot.member(key.stringValue), codingPath: codingPath + [key])
    }
  }

  struct Unkeyed: UnkeyedEncodingContainer {
    let slot: JSONSlot
    let codingPath: [any CodingKey]
    var count: Int { slot.count }

    func encodeNil() { _ = slot.element() }
    func encode<T: Encodable>(_ value: T) throws { try slot.element().put(value, codingPath) }

    func nestedContainer<Nested: CodingKey>(keyedBy type: Nested.Type) -> KeyedEncodingContainer<Nested> {
      JSONValueEncoder(slot: slot.element(), codingPath: codingPath).container(keyedBy: type)
    }

    func nestedUnkeyedContainer() -> any UnkeyedEncodingContainer {
      JSONValueEncoder(slot: slot.element(), codingPath: codingPath).unkeyedContainer()
    }

    func superEncoder() -> any Encoder { JSONValueEncoder(slot: slot.element(), codingPath: codingPath) }
  }

  struct Single: SingleValueEncodingContainer {
    let slot: JSONSlot
    let codingPath: [any CodingKey]

    func encodeNil() {}
    func encode<T: Encodable>(_ value: T) throws { try slot.put(value, codingPath) }
  }
}
