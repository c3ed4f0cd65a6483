import Testing
import WritDigest
import WritHistory
import WritPolicy
import WritRender
import WritTestSupport

@Suite struct `A finished answer` {
  /// Some hundred edges over a few commits, one of which cannot be read.
  static func index() -> HistoryIndex {
    let roles = (0..<12).map { "r\($0): { allow: { repo: \($0 % 2 == 0 ? "push" : "pull") } }" }.joined(separator: ", ")
    func text(_ step: Int) -> String {
      let people = (0..<20).map { "p\($0): { name: \"王芳 \\\"\($0)\\\"\", roles: [r\(($0 + step) % 12), r3] }" }
      return """
        resources: { repo: { external: git host, operations: [push, pull] } }
        roles: { \(roles) }
        people: { \(people.joined(separator: ", ")) }
        """
    }
    return MemoryHistory(
      commits: (0..<6).map {
        .init(time: start + Int64($0) * 10, files: ["p/a.yaml": $0 == 3 ? "people: [" : text($0)])
      }
    ).index()
  }

  static let key = Digest(of: "key")

  static func lines(_ index: HistoryIndex, at instant: Instant) -> BlameLines {
    var lines = BlameLines(at: instant, skipped: index.skipped)
    for blame in index.blames(at: instant) { lines.add(blame) { _ throws(Never) in nil } }
    return lines
  }

  static func answer(_ index: HistoryIndex, at instant: Instant) -> BlameAnswer {
    BlameAnswer(
      key: key, latest: index.latest, valid: index.validity(at: instant), notes: ["a note"], zones: ["UTC x"],
      lines: lines(index, at: instant))
  }

  static func text(_ answer: BlameAnswer, at instant: Instant) -> String? {
    var out: [UInt8] = []
    return answer.write(at: instant) { out.append(contentsOf: $0) } ? String(decoding: out, as: UTF8.self) : nil
  }

  @Test func `says what every document by itself says, also read back and at another instant`() throws {
    let index = Self.index()
    let answer = Self.answer(index, at: at(60))
    let read = try #require(BlameAnswer(answer.encoded, key: Self.key))
    for instant in [at(60), at(9000)] {
      #expect(read.valid.contains(instant))
      let plain = index.blames(at: instant).map { BlameJSON.document($0).canonicalText + "\n" }.joined()
      #expect(plain.utf8.count > 20_000)
      #expect(Self.text(answer, at: instant) == plain)
      #expect(Self.text(read, at: instant) == plain)
    }
    #expect(read.notes == ["a note"] && read.zones == ["UTC x"] && read.latest == at(50))
    #expect(BlameAnswer(answer.encoded, key: Digest(of: "other")) == nil)
  }

  @Test func `is valid up to the next instant at which any way begins or ends`() {
    func index(_ term: String) -> HistoryIndex {
      MemoryHistory(commits: [
        .init(
          time: start,
          files: [
            "p/a.yaml": """
            resources: { repo: { external: git host, operations: [push] } }
            roles: { dev: { allow: { repo: push } }, also: { allow: { repo: push } } }
            people: { bob: { roles: [dev, { role: also\(term) }] } }
            """
          ])
      ]).index()
    }
    let day: Int64 = 86400
    #expect(index("").validity(at: at(5)) == Interval(at(0), .distantFuture))
    let dated = index(", from: 2026-01-02, until: 2026-01-03")
    #expect(dated.validity(at: at(5)) == Interval(at(0), at(day)))
    #expect(dated.validity(at: at(day)) == Interval(at(day), at(3 * day)))
    #expect(dated.validity(at: at(3 * day)) == Interval(at(3 * day), .distantFuture))
    #expect(dated.validity(at: at(-100)) == Interval(at(0), at(day)))
  }

  @Test func `is nothing at all when a byte is changed, lost or added`() throws {
    let whole = Self.answer(Self.index(), at: at(60)).encoded
    var random = SeededGenerator(seed: 11)
    for _ in 0..<3000 {
      var bytes = whole
      switch Int.random(in: 0..<4, using: &random) {
      case 0: bytes[Int.random(in: bytes.indices, using: &random)] ^= UInt8.random(in: 1...255, using: &random)
      case 1: bytes.removeLast(Int.random(in: 1...bytes.count, using: &random))
      case 2: bytes.remove(at: Int.random(in: bytes.indices, using: &random))
      default:
        bytes.insert(UInt8.random(in: 0...255, using: &random), at: Int.random(in: 0...bytes.count, using: &random))
      }
      if bytes == whole { continue }
      #expect(BlameAnswer(bytes, key: Self.key) == nil)
    }
  }

  /// Whoever can write the file can make the checksum fit; the program must stand what is in it all the same.
  @Test func `never ends the program, even with a checksum that fits`() throws {
    let whole = Self.answer(Self.index(), at: at(60)).encoded
    var random = SeededGenerator(seed: 12)
    var read = 0
    for _ in 0..<3000 {
      var bytes = Array(whole.dropLast(8))
      for _ in 0..<Int.random(in: 1...4, using: &random) {
        let near = Bool.random(using: &random) ? min(400, bytes.count) : bytes.count
        bytes[Int.random(in: 0..<near, using: &random)] = [0, 1, 0x7f, 0x80, 0xff].randomElement(using: &random) ?? 0
      }
      if Bool.random(using: &random) { bytes.removeLast(Int.random(in: 0..<bytes.count, using: &random)) }
      let checksum = bytes.withUnsafeBytes { Checksum(of: $0).value }
      withUnsafeBytes(of: checksum.littleEndian) { bytes.append(contentsOf: $0) }
      guard let answer = BlameAnswer(bytes, key: Self.key) else { continue }
      read += 1
      _ = Self.text(answer, at: at(60))
    }
    #expect(read > 100)
  }
}
