public import WritDigest
internal import WritHistory
public import WritPolicy

/// A finished answer about everybody, as it lies in a file that may be deleted at any time.
///
/// All numbers are little-endian:
///
///     "writbla1" | key 32 | latest i64 | valid from i64 | until i64 | notes | zones | fragments | body | checksum u64
///     notes, zones, fragments: count u32, then for each its length u32 and bytes · body: length u64 and bytes
///
/// Reading one never fails loudly: what is not exactly what was written is nothing.
public struct BlameAnswer: Sendable {
  static let magic = Array("writbla1".utf8)

  /// Of everything that the answer follows from, but for the instant.
  public var key: Digest
  /// See ``HistoryIndex/latest``.
  public var latest: Instant
  /// When it is the answer.
  public var valid: Interval
  /// What is said beside it, a line each.
  public var notes: [String]
  /// The time zones that were read, `NAME DIGEST`.
  public var zones: [String]
  /// Where each fragment is in ``pool``; as arrays of their own each use of one would be counted.
  private let fragments: [Range<Int>]
  private let pool: [UInt8]
  private let bytes: [UInt8]
  private let body: Range<Int>

  public init(
    key: Digest, latest: Instant, valid: Interval, notes: [String], zones: [String], lines: BlameLines
  ) {
    self.key = key
    self.latest = latest
    self.valid = valid
    self.notes = notes
    self.zones = zones
    var pool: [UInt8] = []
    fragments = lines.fragments.map { fragment in
      pool += fragment
      return pool.count - fragment.count..<pool.count
    }
    self.pool = pool
    bytes = lines.body
    body = lines.body.indices
  }

  /// Writes the lines for an instant at which they are valid. False when they are damaged; then nothing is written.
  public func write(at instant: Instant, to output: (UnsafeRawBufferPointer) -> Void) -> Bool {
    guard !fragments.isEmpty else { return false }
    return BlameLines.fragment(at: instant).withUnsafeBytes { first in
      pool.withUnsafeBytes { pool in
        bytes.withUnsafeBytes { bytes in
          var fragments = fragments.map { UnsafeRawBufferPointer(rebasing: pool[$0]) }
          fragments[0] = first
          return BlameLines.write(
            body: UnsafeRawBufferPointer(rebasing: bytes[body]), fragments: fragments, to: output)
        }
      }
    }
  }

  public var encoded: [UInt8] {
    var out = Self.magic + key.bytes
    out.reserveCapacity(body.count + fragments.reduce(1 << 12) { $0 + $1.count + 4 })
    func put(_ number: some FixedWidthInteger) {
      withUnsafeBytes(of: number.littleEndian) { out.append(contentsOf: $0) }
    }
    func put(_ texts: some Collection<some Collection<UInt8>>) {
      put(UInt32(texts.count))
      for text in texts {
        put(UInt32(text.count))
        out += text
      }
    }
    for instant in [latest, valid.start, valid.end] { put(instant.seconds) }
    put(notes.map { Array($0.utf8) })
    put(zones.map { Array($0.utf8) })
    put(fragments.map { pool[$0] })
    put(UInt64(body.count))
    out += bytes[body]
    put(out.withUnsafeBytes { Checksum(of: $0).value })
    return out
  }

  /// Nil for anything but ``encoded`` of the same key.
  public init?(_ bytes: [UInt8], key: Digest) {
    var reader = Reader(bytes: bytes)
    guard reader.isSound, reader.take(Self.magic.count)?.elementsEqual(Self.magic) == true,
      reader.take(key.bytes.count)?.elementsEqual(key.bytes) == true, let latest = reader.number(Int64.self),
      let start = reader.number(Int64.self), let end = reader.number(Int64.self), let notes = reader.texts(),
      let zones = reader.texts(), let fragments = reader.places(), let count = reader.number(UInt64.self),
      let length = Int(exactly: count), let body = reader.take(length), reader.isAtEnd
    else { return nil }
    self.key = key
    self.latest = Instant(seconds: latest)
    valid = Interval(Instant(seconds: start), Instant(seconds: end))
    self.notes = notes
    self.zones = zones
    self.fragments = fragments
    pool = bytes
    self.bytes = bytes
    self.body = body.indices
  }

  private struct Reader {
    let bytes: [UInt8]
    var position = 0
    private var end: Int { bytes.count - 8 }

    init(bytes: [UInt8]) { self.bytes = bytes }

    var isSound: Bool {
      guard end >= 0 else { return false }
      return bytes.withUnsafeBytes { all in
        Checksum(of: UnsafeRawBufferPointer(rebasing: all[..<end])).value
          == UInt64(littleEndian: all.loadUnaligned(fromByteOffset: end, as: UInt64.self))
      }
    }
    var isAtEnd: Bool { position == end }

    mutating func take(_ count: Int) -> ArraySlice<UInt8>? {
      guard count >= 0, count <= end - position else { return nil }
      defer { position += count }
      return bytes[position..<position + count]
    }

    mutating func number<Number: FixedWidthInteger>(_ type: Number.Type) -> Number? {
      guard let slice = take(MemoryLayout<Number>.size) else { return nil }
      return slice.reversed().reduce(into: Number(0)) { $0 = $0 << 8 | Number(truncatingIfNeeded: $1) }
    }

    mutating func texts() -> [String]? {
      places().map { $0.map { String(decoding: bytes[$0], as: UTF8.self) } }
    }

    /// Where so many texts are.
    mutating func places() -> [Range<Int>]? {
      guard let count = number(UInt32.self), Int(count) <= (end - position) / 4 else { return nil }
      var places: [Range<Int>] = []
      places.reserveCapacity(Int(count))
      for _ in 0..<count {
        guard let length = number(UInt32.self), let text = take(Int(length)) else { return nil }
        places.append(text.indices)
      }
      return places
    }
  }
}
