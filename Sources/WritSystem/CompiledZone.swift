internal import WritPolicy

/// The rules of one zone: its transitions, and the rule that goes on for ever after the last of them.
struct CompiledZone: ZoneRules {
  /// Sorted; when each offset begins.
  private var starts: [Int64] = []
  private var offsets: [Int64] = []
  /// In force before the first transition.
  private var first: Int64 = 0
  private var footer: ZoneFooter?

  /// Reads a file in the format TZif, version 2 or later (RFC 9636 §3). Nil when it is none, or counts leap seconds.
  init?(_ bytes: [UInt8]) {
    var reader = ByteReader(bytes)
    // The first block holds 32-bit times for old programs; it is passed over.
    guard let old = Header(&reader), old.version >= UInt8(ascii: "2"), reader.skip(old.size(timeSize: 4)),
      let header = Header(&reader), header.types > 0, header.leaps == 0
    else { return nil }
    for _ in 0..<header.transitions {
      guard let time = reader.number(8) else { return nil }
      starts.append(time)
    }
    var indices: [Int] = []
    for _ in 0..<header.transitions {
      guard let index = reader.number(1) else { return nil }
      indices.append(Int(index & 0xff))
    }
    var types: [Int64] = []
    for _ in 0..<header.types {
      guard let offset = reader.number(4), reader.skip(2) else { return nil }
      types.append(offset)
    }
    guard indices.allSatisfy({ $0 < types.count }), zip(starts, starts.dropFirst()).allSatisfy({ $0 < $1 }),
      reader.skip(header.characters + header.standard + header.universal), let text = reader.line()
    else { return nil }
    first = types[0]
    offsets = indices.map { types[$0] }
    if !text.isEmpty {
      guard let footer = ZoneFooter(text) else { return nil }
      self.footer = footer
    }
  }

  func offset(at instant: Instant) -> Int64 {
    let seconds = instant.seconds
    guard let last = starts.last, seconds < last else {
      return footer?.offset(at: seconds) ?? offsets.last ?? first
    }
    // The last start that is not after the instant.
    var low = 0
    var high = starts.count
    while low < high {
      let middle = (low + high) / 2
      if starts[middle] <= seconds { low = middle + 1 } else { high = middle }
    }
    return low == 0 ? first : offsets[low - 1]
  }

  private struct Header {
    var version: UInt8
    var universal, standard, leaps, transitions, types, characters: Int

    init?(_ reader: inout ByteReader) {
      guard reader.magic(), let version = reader.number(1), reader.skip(15), let universal = reader.count(),
        let standard = reader.count(), let leaps = reader.count(), let transitions = reader.count(),
        let types = reader.count(), let characters = reader.count()
      else { return nil }
      self.version = UInt8(truncatingIfNeeded: version)
      self.universal = universal
      self.standard = standard
      self.leaps = leaps
      self.transitions = transitions
      self.types = types
      self.characters = characters
    }

    func size(timeSize: Int) -> Int {
      transitions * (timeSize + 1) + types * 6 + characters + leaps * (timeSize + 4) + standard + universal
    }
  }

  private struct ByteReader {
    private var rest: ArraySlice<UInt8>
    init(_ bytes: [UInt8]) { rest = bytes[...] }

    mutating func skip(_ count: Int) -> Bool {
      guard count <= rest.count else { return false }
      rest = rest.dropFirst(count)
      return true
    }

    mutating func magic() -> Bool {
      guard rest.starts(with: "TZif".utf8) else { return false }
      return skip(4)
    }

    /// Big-endian, in two's complement.
    mutating func number(_ size: Int) -> Int64? {
      guard size <= rest.count else { return nil }
      var value: Int64 = rest.first.map { Int64(Int8(bitPattern: $0)) } ?? 0
      for byte in rest.prefix(size).dropFirst() { value = value << 8 | Int64(byte) }
      rest = rest.dropFirst(size)
      return value
    }

    /// A count of the header; far beyond what any zone has is refused before anything is multiplied.
    mutating func count() -> Int? {
      guard let number = number(4), (0...100_000).contains(number) else { return nil }
      return Int(number)
    }

    /// The footer: text between two line feeds.
    mutating func line() -> String? {
      guard rest.first == UInt8(ascii: "\n"), let end = rest.dropFirst().firstIndex(of: UInt8(ascii: "\n")) else {
        return nil
      }
      return String(decoding: rest[(rest.startIndex + 1)..<end], as: UTF8.self)
    }
  }
}
