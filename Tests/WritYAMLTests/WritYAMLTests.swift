internal import Testing
internal import WritSyntax
internal import WritYAML

@Suite struct `Reading YAML` {
  struct Case: CustomTestStringConvertible, Sendable {
    var testDescription: String
    var text: String
    var outline: String?

    init(_ name: String, _ text: String, _ outline: String?) {
      (testDescription, self.text, self.outline) = (name, text, outline)
    }
  }

  @Test(arguments: [
    Case("empty", "", nil),
    Case("only comments", "# nothing\n\n# here\n", nil),
    Case("only a marker", "---\n", nil),
    Case("scalars stay text", "a: no\nb: 0640\nc: 2026-12-31\nd: ~\n", "{a: no, b: 0640, c: 2026-12-31, d: ~}"),
    Case("nothing written is plain", "a:\nb: ''\n", "{a: , b: \"\"}"),
    Case("block in block", "a:\n  - b\n  - c: d\n    e: f\n", "{a: [b, {c: d, e: f}]}"),
    Case("list without indentation", "a:\n- b\n- c\nd: e\n", "{a: [b, c], d: e}"),
    Case("flow", "a: {b: [c, d], e: \"f\"}\n", "{a: {b: [c, d], e: \"f\"}}"),
    Case("Windows line ends", "a: b\r\nc: d\r\n", "{a: b, c: d}"),
    Case("byte-order mark", "\u{feff}a: b\nc: d\n", "{a: b, c: d}"),
    Case("block scalar", "a: |\n  x\n  y\nb: c\n", "{a: \"x\ny\n\", b: c}"),
    Case("quoted merge key is a key", "'<<': a\n", "{<<: a}"),
    Case("escapes", #"a: "\t\u738b\n""#, "{a: \"\t王\n\"}"),
    Case("equal keys in different mappings", "- {a: b}\n- {a: c}\n", "[{a: b}, {a: c}]"),
    Case("YAML directive", "%YAML 1.1\n---\na: b\n", "{a: b}"),
  ])
  func `is text with a structure`(_ test: Case) {
    let result = parse(test.text)
    #expect(result.findings.isEmpty)
    #expect(result.root?.outline == test.outline)
  }

  @Test(arguments: [
    "«a: «b»»",
    "«a: «\"b c\"»»\n",
    "«a:\n  «- «b»\n  - «c»»»\nd: «e»\n",
    "«a:\n  «b: «c»»»\n\n\n# end\n",
    "«王芳: «{ 名: «李娜» }»»\n",
    "«a:\n«- «b»\n- «c»»»\n",
    "«a: «|\n  x\n  y\n»»",
    "«a: «b\n  c»»\n",
    "«a: «[«b», «c»]»»  # comment\n",
  ])
  func `values have exact places`(_ marked: String) {
    let text = MarkedText(marked)
    let result = text.parsed()
    guard let root = result.root else {
      Issue.record("nothing was read")
      return
    }
    let values = root.valueSpans
    // The root ends with its last entry, which a mark that closes early cannot show where more follows.
    #expect(Array(values.dropFirst()) == Array(text.spans.dropFirst()))
    #expect(values.first?.start == text.spans.first?.start)
    #expect(values.first?.end == values.map(\.end).max())
  }

  @Test func `keys have exact places`() {
    let text = MarkedText("«a»: {«b»: c, «\"d e\"»: f}\n«王芳»: g\n")
    #expect(text.parsed().root?.keySpans == text.spans)
  }
}

extension Node {
  var valueSpans: [SourceSpan] {
    switch content {
    case .scalar: [span]
    case .sequence(let items): [span] + items.flatMap(\.valueSpans)
    case .mapping(let entries): [span] + entries.flatMap(\.value.valueSpans)
    }
  }

  var keySpans: [SourceSpan] {
    switch content {
    case .scalar: []
    case .sequence(let items): items.flatMap(\.keySpans)
    case .mapping(let entries): entries.flatMap { [$0.key.span] + $0.value.keySpans }
    }
  }
}
