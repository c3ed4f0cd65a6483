/// Why bytes are not the canonical JSON that ``JSONValue/canonical`` writes.
public enum JSONFault: Error, Sendable, Hashable {
  /// Not JSON as this project writes it; the offset of the first byte that does not belong.
  case syntax(offset: Int)
  /// JSON, but written in another way than the canonical one: key order, white space, an escape, a key twice.
  case notCanonical
  case tooLarge(bytes: Int)
  case tooDeep(levels: Int)
}

extension JSONValue {
  /// How many bytes are read at most.
  public static let sizeLimit = 256 << 20
  /// How deep arrays and objects may be nested.
  public static let depthLimit = 64
  /// The largest magnitude of an integer that every reader of JSON keeps exactly: 2^53 − 1 (RFC 8785).
  public static let integerLimit = 9_007_199_254_740_991

  /// Reads what ``canonical`` writes, and nothing else: the value's own encoding must equal the bytes.
  ///
  /// So two readers can never take one signed text for two different things. A final line feed is not part of the value;
  /// see ``init(canonicalLine:)``.
  ///
  /// - Throws: ``JSONFault``.
  public init(canonical bytes: [UInt8]) throws(JSONFault) {
    try self.init(canonical: bytes, end: bytes.count)
  }

  private init(canonical bytes: [UInt8], end: Int) throws(JSONFault) {
    guard end <= Self.sizeLimit else { throw .tooLarge(bytes: end) }
    var reader = JSONReader(canonical: bytes, end: end)
    self = try reader.document()
  }

  /// Reads a file of one canonical line that ends in a line feed.
  public init(canonicalLine bytes: [UInt8]) throws(JSONFault) {
    guard bytes.last == UInt8(ascii: "\n") else { throw .syntax(offset: bytes.count) }
    try self.init(canonical: bytes, end: bytes.count - 1)
  }

  /// ``canonical`` with a final line feed: a file.
  public var canonicalLine: [UInt8] { canonical + [UInt8(ascii: "\n")] }

  public var string: String? {
    if case .string(let text) = self { text } else { nil }
  }

  public var integer: Int? {
    if case .integer(let number) = self { number } else { nil }
  }

  public var bool: Bool? {
    if case .bool(let flag) = self { flag } else { nil }
  }

  public var array: [JSONValue]? {
    if case .array(let elements) = self { elements } else { nil }
  }

  public var object: [String: JSONValue]? {
    if case .object(let members) = self { members } else { nil }
  }

  /// A member of an object; nil when this is none, or has none of that name.
  public subscript(key: String) -> JSONValue? { object?[key] }
}
