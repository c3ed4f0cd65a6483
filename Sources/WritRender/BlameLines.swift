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

  public init(at instant: Instant, skipped: [SkippedCommit]) {
    fragments = [Self.fragment(at: instant), BlameJSON.skipped(skipped).canonical]
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
    body += [try line(blame, applied: applied, variant: variant, provenance: provenance)].encoded
  }

  /// A line that ``add(_:applied:variant:provenance:)`` would add, for ``append(_:)``: writing it down is half of the work, and
  /// may be done elsewhere.
  public mutating func line<Failure: Error>(
    _ blame: Blame, applied: [AppliedEntry] = [], variant: (CommitRef) -> String = { _ in "" },
    provenance: (CommitRef) throws(Failure) -> CommitProvenance?
  ) throws(Failure) -> BlameLine {
    var commits: [(id: String, number: Int)] = []
    for commit in blame.commits {
      let variant = variant(commit)
      let name = variant.isEmpty ? commit.id : commit.id + variant
      let number = numbers[name] ?? fragments.count
      if number == fragments.count {
        numbers[name] = number
        fragments.append(CommitJSON.value(commit, try provenance(commit)).canonical)
      }
      commits.append((commit.id, number))
    }
    return BlameLine(blame: blame, applied: applied, commits: commits)
  }

  /// Adds lines of this answer, as ``Swift/Array/encoded`` has them.
  public mutating func append(_ batches: [[UInt8]]) {
    body.reserveCapacity(batches.reduce(body.count) { $0 + $1.count })
    for batch in batches { body += batch }
  }

  fileprivate static func reference(_ number: Int) -> JSONValue {
    let bytes = UInt32(truncatingIfNeeded: number)
    func byte(_ place: UInt32) -> UInt8 { UInt8(truncatingIfNeeded: bytes >> (place * 8)) }
    return .encoded([mark, byte(0), byte(1), byte(2), byte(3)])
  }

  /// False, with nothing written, when a mark names no fragment: such lines were not made here.
  public static func write(
    body: UnsafeRawBufferPointer, fragments: [UnsafeRawBufferPointer], to output: (UnsafeRawBufferPointer) -> Void
  ) -> Bool {
    guard let marks = marks(body, fragments.count) else { return false }
    var chunk = Chunk()
    var position = 0
    for mark in marks {
      chunk.add(UnsafeRawBufferPointer(rebasing: body[position..<mark]), output)
      chunk.add(fragments[number(body, mark)], output)
      position = mark + 5
    }
    chunk.add(UnsafeRawBufferPointer(rebasing: body[position...]), output)
    chunk.flush(output)
    return true
  }

  /// What is written at once. An array that grows piece by piece takes several times as long as the copying.
  private struct Chunk: ~Copyable {
    private let room = UnsafeMutableRawBufferPointer.allocate(byteCount: BlameLines.chunk, alignment: 64)
    private var count = 0

    deinit { room.deallocate() }

    mutating func add(_ piece: UnsafeRawBufferPointer, _ output: (UnsafeRawBufferPointer) -> Void) {
      if piece.count > room.count - count { flush(output) }
      if piece.count > room.count { return output(piece) }
      UnsafeMutableRawBufferPointer(rebasing: room[count...]).copyMemory(from: piece)
      count += piece.count
    }

    mutating func flush(_ output: (UnsafeRawBufferPointer) -> Void) {
      if count > 0 { output(UnsafeRawBufferPointer(rebasing: room[..<count])) }
      count = 0
    }
  }

  /// Where the marks are; nil when one names no fragment.
  private static func marks(_ body: UnsafeRawBufferPointer, _ count: Int) -> [Int]? {
    var marks: [Int] = []
    // They are some hundred bytes apart.
    marks.reserveCapacity(body.count / 96)
    var position = next(body, 0)
    while position < body.count {
      guard position + 5 <= body.count, number(body, position) < count else { return nil }
      marks.append(position)
      position = next(body, position + 5)
    }
    return marks
  }

  /// The next mark, or the end. Eight bytes at a time: a word holds the mark where its complement holds a zero byte.
  private static func next(_ body: UnsafeRawBufferPointer, _ start: Int) -> Int {
    func marks(_ position: Int) -> UInt64 {
      let word = ~body.loadUnaligned(fromByteOffset: position, as: UInt64.self)
      return (word &- 0x0101_0101_0101_0101) & ~word & 0x8080_8080_8080_8080
    }
    var position = start
    // Four at once, as long as there is none.
    while position + 32 <= body.count,
      marks(position) | marks(position + 8) | marks(position + 16) | marks(position + 24) == 0
    {
      position += 32
    }
    while position + 8 <= body.count, marks(position) == 0 { position += 8 }
    while position < body.count, body[position] != mark { position += 1 }
    return position
  }

  private static func number(_ body: UnsafeRawBufferPointer, _ position: Int) -> Int {
    Int(UInt32(littleEndian: body.loadUnaligned(fromByteOffset: position + 1, as: UInt32.self)))
  }
}

/// One blame, with the numbers of its commits in a ``BlameLines``.
public struct BlameLine: Sendable {
  fileprivate let blame: Blame
  fileprivate let applied: [AppliedEntry]
  fileprivate let commits: [(id: String, number: Int)]
}

extension [BlameLine] {
  /// As ``BlameLines/body`` has them.
  public var encoded: [UInt8] {
    var bytes: [UInt8] = []
    let (at, skipped) = (BlameLines.reference(0), BlameLines.reference(1))
    // By index: as an element of a loop each would be copied whole.
    for index in indices {
      let document = BlameJSON.document(
        self[index].blame, applied: self[index].applied, at: at, skipped: skipped,
        commit: { commit in
          self[index].commits.first { $0.id == commit.id }.map { BlameLines.reference($0.number) } ?? .null
        })
      document.write(to: &bytes)
      bytes.append(UInt8(ascii: "\n"))
    }
    return bytes
  }
}
