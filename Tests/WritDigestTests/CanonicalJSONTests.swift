import Glibc
import Testing
import WritDigest
import WritTestSupport

@Suite struct CanonicalJSONTests {
  static func random(_ generator: inout SeededGenerator, depth: Int = 0) -> JSONValue {
    let texts = ["", "a", "a10", "a2", "B", "名字", "\u{1}", "\"\\/\n\t\u{8}\u{c}\r\u{1f}\u{7f}", "e\u{301}", "é", "🙂"]
    switch Int.random(in: 0..<(depth < 4 ? 7 : 5), using: &generator) {
    case 0: return .string(texts.randomElement(using: &generator) ?? "")
    case 1: return .integer(Int.random(in: -JSONValue.integerLimit...JSONValue.integerLimit, using: &generator))
    case 2: return .integer(Int.random(in: -2...2, using: &generator))
    case 3: return .bool(Bool.random(using: &generator))
    case 4: return .null
    case 5:
      return .array((0..<Int.random(in: 0...3, using: &generator)).map { _ in random(&generator, depth: depth + 1) })
    default:
      var members: [String: JSONValue] = [:]
      for _ in 0..<Int.random(in: 0...4, using: &generator) {
        members[texts.randomElement(using: &generator) ?? ""] = random(&generator, depth: depth + 1)
      }
      return .object(members)
    }
  }

  @Test func `what is written is read again`() throws {
    for seed in 0..<2000 as Range<UInt64> {
      var generator = SeededGenerator(seed: seed)
      let value = Self.random(&generator)
      #expect(try JSONValue(canonical: value.canonical).canonical == value.canonical, "seed \(seed)")
    }
  }

  @Test func `a text that differs in one byte is refused or is another value`() throws {
    for seed in 0..<100 as Range<UInt64> {
      var generator = SeededGenerator(seed: seed)
      let bytes = Self.random(&generator).canonical
      for position in bytes.indices {
        var changed = bytes
        changed[position] ^= UInt8.random(in: 1...255, using: &generator)
        if let value = try? JSONValue(canonical: changed) {
          #expect(value.canonical == changed, "seed \(seed), byte \(position)")
        }
      }
    }
  }

  /// `make proofs` takes 200,000.
  static let rounds = Int(getenv("WRIT_FUZZ").map { String(cString: $0) } ?? "") ?? 3000

  @Test func `bent texts are read as what they say, or not at all`() {
    var generator = SeededGenerator(seed: 41)
    var readable = 0
    for round in 0..<Self.rounds {
      let bytes = generator.bent(Self.random(&generator).canonical)
      guard let value = try? JSONValue(canonical: bytes) else { continue }
      readable += 1
      #expect(value.canonical == bytes, "round \(round)")
      #expect((try? JSONValue(canonicalLine: bytes + [0x0a])) == value, "round \(round)")
    }
    #expect(readable > Self.rounds / 10)
  }

  @Test(arguments: [
    #"{"b":1,"a":2}"#, #"{"a":1,"a":1}"#, #"{"a":1, "b":2}"#, #" 1"#, "1\n", #""\/""#, #""\u0041""#, #""\u001F""#,
    #""\u000a""#, "-0", "01", #"["\u00e9"]"#, "{\"e\u{301}\":1,\"\u{e9}\":1}",
  ]) func `JSON that is not canonical is refused`(text: String) {
    #expect(throws: JSONFault.self) { try JSONValue(canonical: Array(text.utf8)) }
  }

  @Test(arguments: [
    "", "1.5", "1e3", "{", "[1", "[1,]", #"{"a"}"#, #"{1:2}"#, "\"", "\"\u{1}\"", "tru", "nul", "9007199254740992",
    "'a'",
    #""\ud83d\ude42""#, "1 2", "-", "\u{feff}1",
  ]) func `what is no JSON of ours is refused`(text: String) {
    #expect(throws: JSONFault.self) { try JSONValue(canonical: Array(text.utf8)) }
  }

  @Test func `invalid UTF-8 is refused`() {
    for bytes: [UInt8] in [[0xff], [0xc0, 0x80], [0xed, 0xa0, 0x80], [0xf4, 0x90, 0x80, 0x80], [0xe4, 0xb8]] {
      #expect(throws: JSONFault.self) { try JSONValue(canonical: [0x22] + bytes + [0x22]) }
    }
  }

  @Test func `nesting is limited, not a crash`() throws {
    let limit = JSONValue.depthLimit
    let allowed = Array(repeating: UInt8(ascii: "["), count: limit) + Array(repeating: UInt8(ascii: "]"), count: limit)
    #expect(try JSONValue(canonical: allowed).canonical == allowed)
    #expect(throws: JSONFault.tooDeep(levels: limit)) {
      try JSONValue(canonical: Array(repeating: UInt8(ascii: "["), count: 1_000_000))
    }
  }

  @Test func `keys are sorted by byte, not naturally`() {
    let value: JSONValue = ["a2": 1, "a10": 2, "B": 3, "a": 4]
    #expect(value.canonicalText == #"{"B":3,"a":4,"a10":2,"a2":1}"#)
  }

  @Test func `a file ends in exactly one line feed`() throws {
    #expect(try JSONValue(canonicalLine: Array("1\n".utf8)) == 1)
    for text in ["1", "1\n\n", "1\r\n", ""] {
      #expect(throws: JSONFault.self) { try JSONValue(canonicalLine: Array(text.utf8)) }
    }
  }
}
