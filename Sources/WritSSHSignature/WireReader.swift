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

  /// A positive mpint, without the zero byte that keeps its first bit from being a sign; nil also for one that is spelled
  /// with more zeros than that.
  mutating func natural() -> [UInt8]? {
    guard let bytes = string(), let first = bytes.first, first < 0x80 else { return nil }
    guard first == 0 else { return bytes }
    guard bytes.count > 1, bytes[1] >= 0x80 else { return nil }
    return Array(bytes.dropFirst())
  }
}

/// Writes what ``WireReader`` reads.
struct WireWriter {
  private(set) var bytes: [UInt8]

  init(_ bytes: [UInt8] = []) { self.bytes = bytes }

  mutating func add(number: UInt32) {
    for shift: UInt32 in [24, 16, 8, 0] { bytes.append(UInt8(truncatingIfNeeded: number >> shift)) }
  }

  mutating func add(string: some Collection<UInt8>) {
    add(number: UInt32(string.count))
    bytes.append(contentsOf: string)
  }
}
