internal import Testing
internal import WritSyntax
internal import WritYAML

@Suite struct `Refused YAML` {
  struct Case: CustomTestStringConvertible, Sendable {
    var testDescription: String
    var slugs: [Slug]
    /// Each finding underlines one mark, in order.
    var marked: String
    /// What is left of the tree.
    var outline: String?

    init(_ name: String, _ slugs: [Slug], _ marked: String, _ outline: String?) {
      (testDescription, self.slugs, self.marked, self.outline) = (name, slugs, marked, outline)
    }
  }

  @Test(arguments: [
    Case("anchor", [.anchor], "a: «&x» b\nc: d\n", "{a: b, c: d}"),
    Case("anchor of a mapping", [.anchor], "a: «&x»\n  b: c\n", "{a: {b: c}}"),
    Case("anchor of a flow list", [.anchor], "a: «&x» [b]\n", "{a: [b]}"),
    Case("anchor of a key", [.anchor], "«&x» a: b\n", "{a: b}"),
    Case("alias as a value", [.anchor, .alias], "a: «&x» b\nc: «*x»\nd: e\n", "{a: b, d: e}"),
    Case("alias in a list", [.alias], "- a\n- «*x»\n- b\n", "[a, b]"),
    Case("alias as a key", [.alias], "«*x» : {a: b}\nc: d\n", "{c: d}"),
    Case("merge key, with its alias one mistake", [.mergeKey], "a: b\n«<<»: *x\nc: d\n", "{a: b, c: d}"),
    Case("merge key with a list", [.mergeKey], "«<<»: [*x, {c: d}]\na: b\n", "{a: b}"),
    Case("tag", [.tag], "a: «!!str» b\n", "{a: b}"),
    Case("local tag of a mapping", [.tag], "a: «!thing» {b: c}\n", "{a: {b: c}}"),
    Case("tag and anchor", [.anchor, .tag], "a: «&x» «!!str» b\n", "{a: b}"),
    Case("key given twice", [.duplicateKey], "a: b\n«a»: c\nd: e\n", "{a: b, d: e}"),
    Case("key given three times", [.duplicateKey, .duplicateKey], "{a: b, «a»: c, «'a'»: d}", "{a: b}"),
    Case("mapping as a key", [.complexKey], "«{»a: b}: c\nd: e\n", "{d: e}"),
    Case("template braces", [.complexKey], "a: {«{»b}}\n", "{a: {}}"),
    Case("two documents", [.severalDocuments], "a: b\n«---»\nc: d\n", "{a: b}"),
    Case("escaped control character", [.controlCharacter], #"a: «"\u001b[31m"»"#, "{a: \"\u{1b}[31m\"}"),
    Case("escaped NUL", [.controlCharacter], #"a: «"b\0c"»"#, "{a: \"b\0c\"}"),
    Case("escaped override in a key", [.controlCharacter], #"«"a\u202eb"»: c"#, "{a\u{202e}b: c}"),
    Case("override", [.controlCharacter], "a: b«\u{202e}»c\n", "{a: b\u{202e}c}"),
    Case("override in quotes", [.controlCharacter], "a: \"b«\u{202e}»c\"\n", "{a: \"b\u{202e}c\"}"),
    Case("isolate in a comment", [.controlCharacter], "a: b # «\u{2066}»c\n", "{a: b}"),
    Case("control character", [.controlCharacter], "a: b\nc: «\u{1b}»[31m\n", nil),
    Case("lone carriage return", [.controlCharacter], "a: b«\r»c: d\n", nil),
    Case("line separator", [.controlCharacter], "a: b «\u{2028}»c: d\n", nil),
    Case("next line", [.controlCharacter], "a: b «\u{85}»c: d\n", nil),
    Case("several at once", [.anchor, .tag, .duplicateKey], "a: «&x» b\nc: «!t» d\n«a»: e\n", "{a: b, c: d}"),
  ])
  func `is reported where it stands`(_ test: Case) {
    let text = MarkedText(test.marked)
    let result = text.parsed()
    #expect(result.findings.map(\.slug) == test.slugs)
    #expect(result.findings.map(\.span) == text.spans)
    #expect(result.root?.outline == test.outline)
    #expect(result.findings.allSatisfy { $0.severity == .error && !$0.help.isEmpty && !$0.message.isEmpty })
  }

  @Test func `a key given twice shows the first`() {
    let text = MarkedText("x:\n  «a»: b\n  c: d\n  «a»: e\n")
    let finding = text.parsed().findings.first
    #expect(finding?.span == text.spans[1])
    #expect(finding?.related == [Finding.Related(text.spans[0], "first given here")])
  }

  @Test(arguments: [15, 16, 17, 40])
  func `a key given twice is found in a mapping of any size`(_ count: Int) {
    let keys = (0..<count).map { "k\($0): v\n" }.joined()
    for twice in [0, count - 1] {
      let result = parse(keys + "k\(twice): w\n" + "last: v\n")
      #expect(result.findings.map(\.slug) == [.duplicateKey])
      #expect(result.findings.first?.related.first?.span.start.line == UInt32(twice + 1))
    }
    #expect(parse(keys + "last: v\n").findings.isEmpty)
  }

  @Test func `a file over the limit is refused whole`() {
    let line = Array("# comment\n".utf8)
    var bytes: [UInt8] = []
    while bytes.count + line.count <= YAML.Limit.fileSize { bytes += line }
    bytes += Array(repeating: UInt8(ascii: "\n"), count: YAML.Limit.fileSize - bytes.count)
    #expect(parse(bytes).findings.isEmpty)
    let result = parse(bytes + [UInt8(ascii: "\n")])
    #expect(result.findings.map(\.slug) == [.fileTooLarge])
    #expect(result.root == nil)
  }

  @Test func `nesting is allowed up to its limit`() {
    func nested(_ depth: Int) -> String {
      String(repeating: "[", count: depth) + "a" + String(repeating: "]", count: depth)
    }
    #expect(parse(nested(YAML.Limit.nesting)).findings.isEmpty)
    #expect(parse(nested(YAML.Limit.nesting + 1)).findings.map(\.slug) == [.nestingTooDeep])
    // The depth of what is passed over counts too, and millions of brackets end as early as 65.
    #expect(parse("<<: " + nested(YAML.Limit.nesting)).findings.map(\.slug) == [.mergeKey, .nestingTooDeep])
    let many = String(repeating: "[", count: 1_000_000)
    #expect(parse(many).findings.map(\.slug) == [.nestingTooDeep])
    #expect(parse(String(repeating: "- ", count: 100_000)).findings.map(\.slug) == [.nestingTooDeep])
  }

  struct Bytes: CustomTestStringConvertible, Sendable {
    var testDescription: String
    var bytes: [UInt8]
    var column: UInt32
  }

  @Test(arguments: [
    Bytes(testDescription: "stray byte", bytes: Array("a: é".utf8) + [0xff], column: 5),
    Bytes(testDescription: "stray continuation", bytes: Array("a: ".utf8) + [0x80], column: 4),
    Bytes(testDescription: "cut short", bytes: Array("a: ".utf8) + [0xe7, 0x8e], column: 4),
    Bytes(testDescription: "overlong slash", bytes: Array("a: ".utf8) + [0xc0, 0xaf], column: 4),
    Bytes(testDescription: "overlong of three", bytes: Array("a: ".utf8) + [0xe0, 0x80, 0xaf], column: 4),
    Bytes(testDescription: "surrogate", bytes: Array("a: ".utf8) + [0xed, 0xa0, 0x80], column: 4),
    Bytes(testDescription: "beyond Unicode", bytes: Array("a: ".utf8) + [0xf4, 0x90, 0x80, 0x80], column: 4),
    Bytes(testDescription: "UTF-16", bytes: [0xff, 0xfe, 0x61, 0x00], column: 1),
  ])
  func `bytes that are not UTF-8 are located`(_ test: Bytes) {
    let result = parse(Array("x: y\n".utf8) + test.bytes)
    #expect(result.findings.map(\.slug) == [.invalidUTF8])
    #expect(result.findings.first?.span.start == SourcePosition(line: 2, column: test.column))
    #expect(result.root == nil)
  }
}
