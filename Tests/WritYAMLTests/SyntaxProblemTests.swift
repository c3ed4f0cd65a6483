internal import Testing
internal import WritSyntax
internal import WritYAML

@Suite struct `YAML that cannot be read` {
  struct Case: CustomTestStringConvertible, Sendable {
    var testDescription: String
    var marked: String
    var message: String

    init(_ name: String, _ marked: String, _ message: String) {
      (testDescription, self.marked, self.message) = (name, marked, message)
    }
  }

  @Test(arguments: [
    Case("no colon", "a: b\n«c»\nd: e\n", "this is neither `key: value` nor an entry of a list"),
    Case("second colon", "a: b«:» c\n", "a `:` is not expected here"),
    Case("list after the key", "a: «-» b\n", "an entry of a list is not expected here"),
    Case("open bracket", "a: [b, c\nd«:» e\n", "the list in brackets is not closed here"),
    Case("open brace", "a: {b: c\nd«:» e\n", "the mapping in braces is not closed here"),
    Case("open quote", "a: «\"»b\nc: d\n", "the quoted text is never closed"),
    Case("open single quote", "a: «'»b\nc: d\n", "the quoted text is never closed"),
    Case("reserved character", "a: «@»b\n", "no value can begin with this character"),
    Case("tab", "a:\n«\t»b: c\n", "no value can begin with this character"),
    Case("less indentation", "  a: b\n«c»: d\n", "this does not continue what stands above it"),
    Case("unknown escape", #"a: "b«\»q""#, "no such escape exists in double quotes"),
    Case("text after quotes", "a: \"b\" «c»\n", "a key is expected here"),
    Case("closing bracket", "a: «]»\n", "a value is expected here"),
    Case("alias without a name", "a: *« »b\n", "an anchor or alias has no name"),
  ])
  func `is one mistake in plain words`(_ test: Case) {
    let text = MarkedText(test.marked)
    let result = text.parsed()
    #expect(result.root == nil)
    #expect(result.findings.map(\.slug) == [.yamlSyntax])
    #expect(result.findings.first?.message == test.message)
    #expect(result.findings.first?.span.start == text.spans.first?.start)
    #expect(result.findings.first?.help.isEmpty == false)
  }

  @Test func `still shows what was refused before it`() {
    #expect(parse("a: &x b\na: c\nd: ]\n").findings.map(\.slug) == [.anchor, .duplicateKey, .yamlSyntax])
  }
}
