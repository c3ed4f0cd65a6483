internal import Testing
internal import WritSyntax
internal import WritTestSupport
internal import WritYAML

@Suite struct `Any bytes` {
  /// Places must lie in the file, or drawing them would: one past the end of a line, one line past the last.
  private func expectInside(_ bytes: [UInt8], _ result: (root: Node?, findings: [Finding]), _ seed: UInt64) {
    var lengths: [Int] = [0]
    for byte in bytes {
      if byte == UInt8(ascii: "\n") {
        lengths.append(0)
      } else if byte & 0xc0 != 0x80 {
        lengths[lengths.count - 1] += 1
      }
    }
    func isInside(_ place: SourcePosition) -> Bool {
      guard place.line >= 1, place.column >= 1 else { return false }
      // libyaml gives a file without a final line feed one more line.
      if place.line == lengths.count + 1 { return place.column == 1 }
      return place.line <= lengths.count && place.column <= lengths[Int(place.line) - 1] + 1
    }
    let spans = (result.root?.allSpans ?? []) + result.findings.flatMap { [$0.span] + $0.related.map(\.span) }
    for span in spans {
      // A finding that points at the end of a file is one column wide, where there is nothing.
      let end = SourcePosition(line: span.end.line, column: max(1, span.end.column - 1))
      #expect(isInside(span.start) && isInside(end) && span.start <= span.end, "seed \(seed): \(span)")
    }
    if result.root == nil, result.findings.isEmpty {
      // Nothing is read in silence only where nothing is written.
      let text = String(decoding: bytes, as: UTF8.self)
      let rest = text.split(whereSeparator: \.isNewline).filter { line in
        let words = line.drop { $0 == " " || $0 == "\t" || $0 == "\u{feff}" }
        return !(words.isEmpty || words.hasPrefix("#"))
      }
      #expect(
        rest.allSatisfy { $0.hasPrefix("---") || $0.hasPrefix("...") || $0.hasPrefix("%") || $0.hasPrefix("\u{feff}") },
        "seed \(seed): \(text)")
    }
  }

  @Test(arguments: Array(1...8) as [UInt64])
  func `never crash the reader`(_ seed: UInt64) {
    var random = SeededGenerator(seed: seed)
    let special = Array("&*!<<:-[]{}?|>'\"%@`#,\\ \n\r\t~\u{feff}\u{2028}王é".utf8)
    for _ in 0..<150 {
      let bytes = (0..<Int.random(in: 0...60, using: &random)).map { _ in
        Bool.random(using: &random)
          ? UInt8.random(in: 0x20...0x7e, using: &random) : special.randomElement(using: &random) ?? 0
      }
      expectInside(bytes, parse(bytes), seed)
      let noise = (0..<40).map { _ in UInt8.random(in: 0...255, using: &random) }
      expectInside(noise, parse(noise), seed)
    }
  }

  private static let document = Array(
    """
    # a policy
    people:
      wang.fang:
        name: 王芳
        roles: [member, { role: gpu-oncall, until: 2026-12-31 }]
        ssh-keys:
        - "ssh-ed25519 AAAA\\u00e9"
        - 'it''s'
        note: |
          several
          lines
    roles: { member: { allow: { gpu-login: ssh } } }

    """.utf8)

  @Test(arguments: Array(1...8) as [UInt64])
  func `in a real document never crash the reader`(_ seed: UInt64) {
    var random = SeededGenerator(seed: seed)
    let special = Array("&*!:-[]{}?|>'\"%@#,\\ \n\r\t".utf8) + [0x80, 0xe7, 0xff, 0x00]
    for _ in 0..<120 {
      var bytes = Self.document
      for _ in 0..<Int.random(in: 1...4, using: &random) where !bytes.isEmpty {
        let place = Int.random(in: 0..<bytes.count, using: &random)
        switch Int.random(in: 0..<4, using: &random) {
        case 0: bytes[place] = special.randomElement(using: &random) ?? 0
        case 1: bytes.insert(special.randomElement(using: &random) ?? 0, at: place)
        case 2: bytes.remove(at: place)
        default: bytes.removeSubrange(place..<min(bytes.count, place + Int.random(in: 1...30, using: &random)))
        }
      }
      expectInside(bytes, parse(bytes), seed)
    }
  }

  /// A file of nothing but mistakes once took the square of its size.
  @Test(arguments: [
    "- &a b\n", "- *a\n", "\u{202e}\n", "\u{202e}", "- \"\\u202e\"\n", "a: b\n", "[&a b, &c d]: e\n", "- !t a\n",
    "- \"\u{202e}\n\"\n", "<<: *a\n", "---\n", "- |\n a\n",
  ])
  func `that are all mistakes are read once`(_ line: String) {
    let bytes = Array(String(repeating: line, count: 20_000).utf8)
    let clock = ContinuousClock()
    let time = clock.measure { _ = parse(bytes) }
    // The square would take minutes; this is no measurement.
    #expect(time < .seconds(20), "\(time)")
  }

  @Test func `in one long line of mistakes are read once`() {
    let bytes = Array(("[" + String(repeating: "&a b, ", count: 20_000) + "]").utf8)
    let result = parse(bytes)
    #expect(result.findings.count == 20_000)
    #expect(result.findings.last?.span.start.column == UInt32(19_999 * 6 + 2))
  }

  // MARK: What was written is what is read

  private indirect enum Tree {
    case text(String)
    case list([Tree])
    case map([(String, Tree)])

    static func random(_ depth: Int, _ random: inout SeededGenerator) -> Tree {
      switch depth == 0 ? 0 : Int.random(in: 0..<3, using: &random) {
      case 1: return .list((0..<Int.random(in: 1...4, using: &random)).map { _ in .random(depth - 1, &random) })
      case 2:
        let count = Int.random(in: 1...20, using: &random)
        return .map((0..<count).map { ("k\($0)", depth > 2 ? .random(depth - 1, &random) : .text("v\($0)")) })
      default:
        let letters = Array("ab é王\"\\:#-{}[],&*!'0~".unicodeScalars)
        var text = ""
        for _ in 0..<Int.random(in: 0...8, using: &random) {
          text.unicodeScalars.append(letters.randomElement(using: &random) ?? "a")
        }
        return .text(text)
      }
    }

    /// The same shape that `Node.outline` gives for quoted scalars.
    var outline: String {
      switch self {
      case .text(let text): "\"\(text)\""
      case .list(let items): "[" + items.map(\.outline).joined(separator: ", ") + "]"
      case .map(let entries): "{" + entries.map { "\($0): \($1.outline)" }.joined(separator: ", ") + "}"
      }
    }

    /// Block style down to some depth, flow style below it; every text in double quotes.
    func yaml(_ indent: Int, _ blockDepth: Int) -> String {
      let margin = String(repeating: " ", count: indent)
      switch self {
      case .text(let text):
        let escaped = text.unicodeScalars.map { $0 == "\"" || $0 == "\\" ? "\\\($0)" : "\($0)" }.joined()
        return "\"\(escaped)\""
      case .list(let items) where blockDepth > 0:
        return items.map { "\n\(margin)- \($0.yaml(indent + 2, blockDepth - 1))" }.joined()
      case .list(let items): return "[" + items.map { $0.yaml(0, 0) }.joined(separator: ", ") + "]"
      case .map(let entries) where blockDepth > 0:
        return entries.map { "\n\(margin)\($0): \($1.yaml(indent + 2, blockDepth - 1))" }.joined()
      case .map(let entries): return "{" + entries.map { "\($0): \($1.yaml(0, 0))" }.joined(separator: ", ") + "}"
      }
    }
  }

  @Test(arguments: Array(1...40) as [UInt64])
  func `written from a tree give the tree again`(_ seed: UInt64) {
    var random = SeededGenerator(seed: seed)
    let tree = Tree.random(4, &random)
    let text = "root: " + tree.yaml(1, Int.random(in: 0...4, using: &random)) + "\n"
    let result = parse(text)
    #expect(result.findings.isEmpty, "seed \(seed): \(text)")
    #expect(result.root?.outline == "{root: \(tree.outline)}", "seed \(seed): \(text)")
    // Every scalar's span holds just the scalar.
    let lines = text.split(separator: "\n", omittingEmptySubsequences: false).map { Array($0.unicodeScalars) }
    for (span, value) in result.root?.scalars ?? [] {
      let line = lines[Int(span.start.line) - 1]
      var written = ""
      written.unicodeScalars.append(contentsOf: line[Int(span.start.column) - 1..<Int(span.end.column) - 1])
      #expect(written == Tree.text(value).yaml(0, 0), "seed \(seed): \(text)")
    }
  }
}

extension Node {
  fileprivate var scalars: [(SourceSpan, String)] {
    switch content {
    case .scalar(let text, _): [(span, text)]
    case .sequence(let items): items.flatMap(\.scalars)
    case .mapping(let entries): entries.flatMap(\.value.scalars)
    }
  }
}
