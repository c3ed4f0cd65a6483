import Testing
import WritSyntax
import WritTestSupport
import WritYAML

/// A random tree, written in a random layout with numbered comments wherever one may stand.
private struct RandomLayout {
  var generator: SeededGenerator
  private var comments = 0
  private var text = ""

  init(seed: UInt64) { generator = SeededGenerator(seed: seed) }

  private mutating func chance(_ percent: Int) -> Bool { Int.random(in: 0..<100, using: &generator) < percent }
  private mutating func one<T>(_ all: [T]) -> T { all[Int.random(in: 0..<all.count, using: &generator)] }

  private mutating func comment() -> String {
    comments += 1
    return "# c\(comments)." + one(["", "", " x: y", " - z", " [", " \"", " #", " '"])
  }

  /// Blanks, and perhaps a comment, up to the end of the line.
  private mutating func endLine() {
    if chance(20) { text += one([" ", "   "]) + comment() } else if chance(10) { text += "  " }
    text += "\n"
    while chance(15) {
      if chance(50) { text += String(repeating: " ", count: Int.random(in: 0...9, using: &generator)) + comment() }
      text += "\n"
    }
  }

  private mutating func plain(inFlow: Bool) -> String {
    let all = [
      "a", "no", "0640", "2026-12-31", "x y", "a:b", "-1", "http://h/p", "王芳", "a#b", "it's", "2026-11-20T09:00",
    ]
    return one(
      inFlow ? all : all + ["a, b", "[x", "b}", "x ?", "- ".isEmpty ? "" : "q, [r]: s".replacing(": ", with: ":")]
    )
    .replacing("[x", with: "x[")
  }

  private mutating func scalar(inFlow: Bool, indent: Int) -> String {
    let more = "\n" + String(repeating: " ", count: indent + 1 + Int.random(in: 0...3, using: &generator))
    switch Int.random(in: 0..<10, using: &generator) {
    case 0: return "'it''s, # [\(one(["", "x"]))'"
    case 1: return "\"a\\n # \\\" {b\""
    case 2: return "one" + more + "two" + one(["", "\n" + more + "three"])
    case 3: return "\"one" + one(["", "  "]) + more + "two # no\""
    case 4: return "'one" + more + "# no'"
    case 5: return one(["\"\"", "''"])
    default: return plain(inFlow: inFlow)
    }
  }

  private mutating func key(_ number: Int) -> String {
    let name = one(["k", "people", "roles", "grants", "bob", "key-"]) + "\(number)"
    let bare = ["people", "roles", "grants", "bob"]
    let short = one(bare)
    return number < 1 && chance(60) ? short : chance(10) ? "\"\(name)\"" : chance(10) ? "'\(name)'" : name
  }

  private mutating func gap() {
    switch Int.random(in: 0..<8, using: &generator) {
    case 0: text += "  "
    case 1:
      text += " " + comment() + "\n"
      text += String(repeating: " ", count: flowIndent)
    case 2: text += "\n" + String(repeating: " ", count: flowIndent)
    default: text += one(["", " "])
    }
  }
  private var flowIndent = 0

  private mutating func flow(depth: Int, indent: Int) {
    flowIndent = indent + 1
    let isMapping = chance(60)
    text += isMapping ? "{" : "["
    let count = depth > 3 ? 0 : Int.random(in: 0...3, using: &generator)
    for number in 0..<count {
      gap()
      if isMapping {
        text += key(number) + ":"
        if chance(8) {
          // Nothing written.
          text += " "
        } else {
          text += " "
          flowValue(depth: depth, indent: indent)
        }
      } else {
        flowValue(depth: depth, indent: indent)
      }
      gap()
      if number + 1 < count || chance(15) { text += "," }
    }
    gap()
    text += isMapping ? "}" : "]"
  }

  private mutating func flowValue(depth: Int, indent: Int) {
    if chance(30) { flow(depth: depth + 1, indent: indent) } else { text += scalar(inFlow: true, indent: flowIndent) }
  }

  private mutating func blockScalar(_ indent: Int) {
    text += one(["|", ">", "|-", ">+", "|+"]) + (chance(20) ? " " + comment() : "") + "\n"
    let margin = String(repeating: " ", count: indent + Int.random(in: 1...3, using: &generator))
    if chance(15) { text += "\n" }
    text += margin + one(["text", "# no comment", "key: [x"]) + "\n"
    while chance(40) { text += one(["\n", margin + one(["more", "  deeper", "- x"]) + "\n"]) }
  }

  /// A mapping or list whose entries begin in column `indent`; the text stands there already for the first.
  private mutating func block(depth: Int, indent: Int) {
    let isMapping = depth == 0 || chance(65)
    let margin = String(repeating: " ", count: indent)
    for number in 0..<Int.random(in: 1...(depth == 0 ? 5 : 3), using: &generator) {
      if number > 0 { text += margin }
      if isMapping {
        text += key(number) + ":"
        value(depth: depth, indent: indent, least: isMapping && chance(25) ? indent : indent + 1, afterKey: true)
      } else {
        text += "-"
        value(depth: depth, indent: indent, least: indent + 1, afterKey: false)
      }
    }
  }

  private mutating func value(depth: Int, indent: Int, least: Int, afterKey: Bool) {
    switch Int.random(in: 0..<10, using: &generator) {
    case 0: endLine()
    case 1:
      text += " "
      blockScalar(indent)
    case 2, 3:
      text += " "
      flow(depth: depth + 1, indent: indent)
      endLine()
    case 4, 5,
      6 where depth < 4:
      let column = indent + Int.random(in: 1...4, using: &generator)
      if !afterKey, chance(50) {
        // `- key: value`, with the next key below the first.
        text += String(repeating: " ", count: column - indent - 1 + 1).dropFirst(0)
        block(depth: depth + 1, indent: column + 1)
      } else {
        endLine()
        text += String(repeating: " ", count: column)
        block(depth: depth + 1, indent: column)
      }
    default:
      if chance(10) {
        endLine()
        text += String(repeating: " ", count: indent + 1)
      }
      text += " " + scalar(inFlow: false, indent: indent)
      endLine()
    }
  }

  mutating func draw() -> String {
    if chance(30) { endLine() }
    if chance(10) { text += "---\n" }
    block(depth: 0, indent: 0)
    if chance(20) { while text.last == "\n" { text.removeLast() } }
    return chance(10) ? text.replacing("\n", with: "\r\n") : text
  }
}

@Suite struct `Formatting by law` {
  /// What a text says, without places, and its numbered comments in the order in which they stand.
  private func reading(_ text: String) -> (tree: String, isValid: Bool) {
    let file = SourceFile(path: "p.yaml", bytes: Array(text.utf8))
    let (root, findings) = YAML.parse(file, id: SourceTable([file]).ids[0])
    return (root.map(Self.says) ?? "", findings.isEmpty)
  }

  private static func says(_ node: Node) -> String {
    switch node.content {
    case .scalar(let text, let isPlain): "<\(text)\(isPlain)>"
    case .sequence(let items): "[" + items.map(says).joined(separator: ",") + "]"
    case .mapping(let entries): "{" + entries.map { "\($0.key.value)=\(says($0.value))" }.joined(separator: ",") + "}"
    }
  }

  @Test func `keeps every meaning and every comment, and is its own end`() throws {
    var (drawn, refused) = (0, 0)
    for seed in 0..<3000 as Range<UInt64> {
      var random = RandomLayout(seed: seed)
      let text = random.draw()
      let before = reading(text)
      // The generator also writes what YAML refuses: a comment without a blank before it, a key given twice.
      guard before.isValid else {
        refused += 1
        continue
      }
      drawn += 1
      let file = SourceFile(path: "p.yaml", bytes: Array(text.utf8))
      guard case .text(let bytes) = YAML.formatted(file, id: SourceTable([file]).ids[0], rules: policyRules) else {
        Issue.record("seed \(seed): not laid out\n\(text)")
        continue
      }
      let once = String(decoding: bytes, as: UTF8.self)
      #expect(reading(once).tree == before.tree, "seed \(seed)\n\(text)\n---\n\(once)")
      let marks = text.matches(of: #/# c\d+\./#).map(\.output)
      #expect(once.matches(of: #/# c\d+\./#).map(\.output) == marks, "seed \(seed)\n\(text)\n---\n\(once)")
      let again = SourceFile(path: "p.yaml", bytes: bytes)
      if case .text(let twice) = YAML.formatted(again, id: SourceTable([again]).ids[0], rules: policyRules) {
        #expect(twice.elementsEqual(bytes), "seed \(seed)\n\(once)\n---\n\(String(decoding: twice, as: UTF8.self))")
      } else {
        Issue.record("seed \(seed): not laid out again\n\(once)")
      }
      // Blanks at the end of a line are left only where quotes make them text.
      let blank = once.split(separator: "\n").first { $0.hasSuffix(" ") && !$0.hasSuffix("\"one  ") }
      #expect(blank == nil, "seed \(seed)")
    }
    #expect(drawn > 1500, "only \(drawn) of \(drawn + refused) could be used")
  }
}
