import Testing
import WritPolicy
import WritSyntax
import WritYAML

/// Edits of a policy's text change what they are about and no other byte.
@Suite struct PolicyEditTests {
  private static let source = SourceID(index: 0)

  private func edited(_ text: String, _ make: (Node) -> PolicyEdit?) throws -> String? {
    let file = SourceFile(path: "policies/a.yaml", bytes: Array(text.utf8))
    let root = try #require(YAML.parse(file, id: Self.source).root)
    var editor = PolicyFileEditor(file, root: root)
    let edit = try #require(make(root))
    return editor.apply(edit) ? String(decoding: editor.bytes, as: UTF8.self) : nil
  }

  /// The first scalar that says this.
  private static func span(_ text: String, in node: Node) -> SourceSpan? {
    switch node.content {
    case .scalar(let value, _): return value == text ? node.span : nil
    case .sequence(let items): return items.lazy.compactMap { span(text, in: $0) }.first
    case .mapping(let entries):
      return entries.lazy.compactMap { $0.key.value == text ? $0.key.span : span(text, in: $0.value) }.first
    }
  }

  @Test(
    arguments: [
      ("a:\n  x: { k: [1, 2] }   # c\n", "a:\n  x: { k: [1, 2, N] }   # c\n"),
      ("a:\n  x: { k: [] }\n", "a:\n  x: { k: [N] }\n"),
      ("a:\n  x: {}\n", "a:\n  x: { k: [N] }\n"),
      ("a: { x: { u: 1 } }\n", "a: { x: { u: 1, k: [N] } }\n"),
      ("a:\n  x:\n    u: 1   # c\n\n  y: 2\n", "a:\n  x:\n    u: 1   # c\n    k: [N]\n\n  y: 2\n"),
      (
        "a:\n  x:\n    k:   # list\n      - 1  # one\n      # two\n    u: 1\n",
        "a:\n  x:\n    k:   # list\n      - 1  # one\n      - N\n      # two\n    u: 1\n"
      ),
      (
        "a:\n  x:\n    k:\n    - 1\n    - |\n      t\n\n    u: 1\n",
        "a:\n  x:\n    k:\n    - 1\n    - |\n      t\n\n    - N\n    u: 1\n"
      ),
      (
        "a:\n  x:\n    k:\n      - { r: 1,\n          s: 2 }   # c",
        "a:\n  x:\n    k:\n      - { r: 1,\n          s: 2 }   # c\n      - N\n"
      ),
      (
        "a:\r\n  x:\r\n    k:\r\n      - 1\r\n    u: 1\r\n",
        "a:\r\n  x:\r\n    k:\r\n      - 1\r\n      - N\r\n    u: 1\r\n"
      ),
      (
        "a:\n  x:\n    k: [\n      1, # one\n      2  # two\n    ]\n",
        "a:\n  x:\n    k: [\n      1, # one\n      2, N  # two\n    ]\n"
      ),
    ])
  func `an entry is added in the layout of its list`(text: String, expected: String) throws {
    #expect(try edited(text) { _ in .append("N", to: ["a", "x", "k"], in: Self.source) } == expected)
  }

  @Test(
    arguments: [
      ("a: 1 # c", "a: 1 # c\nk:\n  - N\n"), ("a: 1\n\n", "a: 1\n\nk:\n  - N\n"), ("{ a: 1 }\n", "{ a: 1, k: [N] }\n"),
      ("k:\n- 1\n# end\n", "k:\n- 1\n- N\n# end\n"),
    ])
  func `a section is added at the end`(text: String, expected: String) throws {
    #expect(try edited(text) { _ in .append("N", to: ["k"], in: Self.source) } == expected)
  }

  @Test(
    arguments: [
      ("a: { k: [X, 2] }\n", "a: { k: [2] }\n"), ("a: { k: [1, X] } # c\n", "a: { k: [1] } # c\n"),
      ("a: { k: [1, \"X\", 3] }\n", "a: { k: [1, 3] }\n"),
      ("a: { k: [X], l: 1 }\n", "a: { l: 1 }\n"), ("a: { l: 1, k: [X] }\n", "a: { l: 1 }\n"),
      ("a:\n  k:\n    - 1\n    - X   # x\n    # c\n  l: 1\n", "a:\n  k:\n    - 1\n    # c\n  l: 1\n"),
      ("a:\n  k:   # list\n    - X\n  l: 1\n", "a:\n  l: 1\n"), ("a:\n- X\nb: 1\n", "b: 1\n"),
    ])
  func `an entry is taken out, and its list with the last one`(text: String, expected: String) throws {
    #expect(try edited(text) { root in Self.span("X", in: root).map { .remove($0) } } == expected)
  }

  @Test(
    arguments: [
      "a: { k: [X] }\n", "a:\n  k: [\n    1, # one\n    X\n  ]\n", "a:\n  k:\n    - - X\n      - 2\n", "a: [X]\n",
    ])
  func `where a comment or a mapping would go with it nothing is edited`(text: String) throws {
    #expect(try edited(text) { root in Self.span("X", in: root).map { .remove($0) } } == nil)
  }

  @Test(
    arguments: [
      ("a: { X: 1, l: 2 }\n", "a: { l: 2 }\n"), ("a: { k: 1, X: [2, 3] }  # c\n", "a: { k: 1 }  # c\n"),
      ("a:\n  X:\n    - 1\n    - 2\n  # c\n  k: 1\n", "a:\n  # c\n  k: 1\n"),
    ])
  func `a key is taken out with its value`(text: String, expected: String) throws {
    #expect(try edited(text) { root in Self.span("X", in: root).map { .removeKey($0) } } == expected)
  }

  @Test func `a key that stands behind a dash stays`() throws {
    #expect(try edited("a:\n  - X: 1\n    k: 2\n") { root in Self.span("X", in: root).map { .removeKey($0) } } == nil)
  }

  @Test(
    arguments: [
      ("a: { x: { k: 1 } } # c\n", "a: { x: { k: N } } # c\n"),
      ("a:\n  x:\n    k: '1'  # c\n", "a:\n  x:\n    k: N  # c\n"),
      ("a:\n  x:\n    l: 1\n", "a:\n  x:\n    l: 1\n    k: N\n"),
    ])
  func `a value is set`(text: String, expected: String) throws {
    #expect(try edited(text) { _ in .set("N", at: ["a", "x", "k"], in: Self.source) } == expected)
  }

  @Test func `a text in quotes cannot leave them`() {
    #expect(quotedScalar("a\"b\\ \u{1b}\u{202e}\n#") == "\"a\\\"b\\\\ \\\\u{1b}\\\\u{202e}\\\\n#\"")
  }
}
