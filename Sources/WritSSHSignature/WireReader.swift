/// Reads the SSH wire encoding (RFC 4251 §5); every method answers nil when the bytes do not suffice.
struct WireReader {
  private var rest: ArraySlice<UInt8>

  init(_ bytes: [UInt8]) { rest = bytes[...] }

  var isAtEnd: Bool { rest.isEmpty }

  mutating func take(_ count: Int) -> [UInt8]? {
    guard count <= rest.count else { return nil }
    defer { rest = rest.dropFirst(count) }
    return Array(rest.prefix(count))
  }

  mutating func number() -> UInt32? { take(4)?.reduce(0) { $0 << 8 | UInt32($1) } }

  mutating func string() -> [UInt8]? { number().flatMap { take(Int($0)) } }

  /// A string that is valid UTF-8.
  mutating func text() -> String? { string().flatMap { String(validating: $0, as: UTF8.self) } }
}
