internal import WritDigest
public import WritHistory
public import WritPolicy

/// Many blames as JSON lines, with what they have in common kept once.
///
/// A commit stands in most lines of a history several times. ``body`` refers to it by a mark, which is what makes a large answer
/// quick to make, small to keep, and quick to write again: ``write(body:fragments:to:)`` puts the pieces in.
public struct BlameLines: Sendable, Hashable {
  /// No byte of UTF-8 text. Four bytes follow it, the number of a fragment, lowest first.
  static let mark: UInt8 = 0xff
  /// What is written at once.
  static let chunk = 1 << 18

  /// The first is the instant that every line answers for.
  public private(set) var fragments: [[UInt8]]
  public private(set) var body: [UInt8] = []
  private var numbers: [String: Int] = [:]
  private let skipped: JSONValue

  public init(at instant: Instant, skipped: [SkippedCommit]) {
    fragments = [Self.fragment(at: instant), BlameJSON.skipped(skipped).canonical]
    self.skipped = Self.reference(1)
  }

  /// The first fragment for another instant.
  public static func fragment(at instant: Instant) -> [UInt8] { JSONValue.string(instant.rfc3339).canonical }

  /// Adds a line that says what ``BlameJSON/document(_:applied:provenance:)`` says.
  ///
  /// - Parameters:
  ///   - variant: tells apart what `provenance` says of one commit in different lines.
  ///   - provenance: who stands behind a commit; asked once for each variant of it.
  public mutating func add<Failure: Error>(
    _ blame: Blame, applied: [AppliedEntry] = [], variant: (CommitRef) -> String = { _ in "" },
    provenance: (CommitRef) throws(Failure) -> CommitProvenance?
  ) throws(Failure) {
    var own: [(id: String, number: Int)] = []
    for commit in blame.commits {
      let name = commit.id + variant(commit)
      let number = numbers[name] ?? fragments.count
      if number == fragments.count {
        numbers[name] = number
        fragments.append(CommitJSON.value(commit, try provenance(commit)).canonical)
      }
      own.append((commit.id, number))
    }
    let line = BlameJSON.document(
      blame, applied: applied, at: Self.reference(0), skipped: skipped,
      commit: { commit in own.first { $0.id == commit.id }.map { Self.reference($0.number) } ?? .null })
    line.write(to: &body)
    body.append(UInt8(ascii: "\n"))
  }

  private static func reference(_ number: Int) -> JSONValue {
    .encoded([mark] + (0..<4).map { UInt8(truncatingIfNeeded: number >> ($0 * 8)) })
  }

  /// Writes the lines, a chunk at a time.
  public func write(to output: (UnsafeRawBufferPointer) -> Void) {
    body.withUnsafeBytes { _ = Self.write(body: $0, fragments: fragments, to: output) }
  }

  /// False, with nothing written, when a mark names no fragment: such lines were not made here.
  public static func write(
    body: UnsafeRawBufferPointer, fragments: [[UInt8]], to output: (UnsafeRawBufferPointer) -> Void
  ) -> Bool {
    guard isWhole(body, fragments.count) else { return false }
    var chunk: [UInt8] = []
    chunk.reserveCapacity(Self.chunk * 2)
    var position = 0
    while position < body.count {
      let end = next(body, position)
      chunk.append(contentsOf: body[position..<end])
      position = end
      if position < body.count {
        chunk.append(contentsOf: fragments[number(body, position)])
        position += 5
      }
      if chunk.count >= Self.chunk {
        chunk.withUnsafeBytes(output)
        chunk.removeAll(keepingCapacity: true)
      }
    }
    chunk.withUnsafeBytes(output)
    return true
  }

  private static func isWhole(_ body: UnsafeRawBufferPointer, _ count: Int) -> Bool {
    var position = next(body, 0)
    while position < body.count {
      guard position + 5 <= body.count, number(body, position) < count else { return false }
      position = next(body, position + 5)
    }
    return true
  }

  /// The next mark, or the end. Eight bytes at a time: a word holds the mark where its complement holds a zero byte.
  private static func next(_ body: UnsafeRawBufferPointer, _ start: Int) -> Int {
    var position = start
    while position + 8 <= body.count {
      let word = ~body.loadUnaligned(fromByteOffset: position, as: UInt64.self)
      if (word &- 0x0101_0101_0101_0101) & ~word & 0x8080_8080_8080_8080 != 0 { break }
      position += 8
    }
    while position < body.count, body[position] != mark { position += 1 }
    return position
  }

  private static func number(_ body: UnsafeRawBufferPointer, _ position: Int) -> Int {
    Int(UInt32(littleEndian: body.loadUnaligned(fromByteOffset: position + 1, as: UInt32.self)))
  }
}
