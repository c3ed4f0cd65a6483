internal import Testing
internal import WritRender
internal import WritSyntax

@Suite struct `Findings as text` {
  @Test func `look as documented`() {
    let files = MarkedFiles([
      (
        "policies/people/wang.fang.yaml",
        """
        people:
          wang.fang:
            name: 王芳
            email: wang.fang@example.com
            roles:
              - junior-engineer
              - { role: «gpu-onccall», until: 2026-12-31 }
        """
      ),
      ("policies/roles/oncall.yaml", "roles:\n  «gpu-oncall»:\n    allow: {}\n"),
    ])
    let finding = Finding(
      .unknownRole, .error, "no role is named `gpu-onccall`", at: files.spans[0], label: "used here",
      related: [Finding.Related(files.spans[1], "a role with a similar name")], help: "did you mean `gpu-oncall`?")
    #expect(
      FindingReport([finding], in: files.sources).text() == """
        error[unknown-role]: no role is named `gpu-onccall`
          --> policies/people/wang.fang.yaml:7:17
           |
         6 |       - junior-engineer
         7 |       - { role: gpu-onccall, until: 2026-12-31 }
           |                 ^^^^^^^^^^^ used here
           |
          ::: policies/roles/oncall.yaml:2:3
           |
         2 |   gpu-oncall:
           |   ---------- a role with a similar name
           |
           = help: did you mean `gpu-oncall`?

        """)
  }

  @Test func `show a related place in the same file in its order`() {
    let text = "«a»: b\n" + String(repeating: "x: y\n", count: 10) + "«a»: c\n"
    let files = MarkedFiles(text)
    let finding = Finding(
      .duplicateKey, .error, "the key `a` is given twice", at: files.spans[1], label: "given again",
      related: [Finding.Related(files.spans[0], "first given here")])
    #expect(
      FindingReport([finding], in: files.sources).text() == """
        error[duplicate-key]: the key `a` is given twice
           --> policies/a.yaml:12:1
            |
          1 | a: b
            | - first given here
        ...
         11 | x: y
         12 | a: c
            | ^ given again

        """)
  }

  /// What stands below `text` for the only finding of a file.
  private func underlined(_ marked: String, width: Int = 100) -> [String] {
    let files = MarkedFiles(marked)
    let finding = Finding(.invalidValue, .warning, "m", at: files.spans[0])
    let lines = FindingReport([finding], in: files.sources).text(width: width).split(separator: "\n")
    return lines.suffix(2).map(String.init)
  }

  @Test(arguments: [
    ("name: 王芳 «bad»", " 1 | name: 王芳 bad", "   |            ^^^"),
    ("name: «王芳»", " 1 | name: 王芳", "   |       ^^^^"),
    ("e\u{301}: «x»", " 1 | e\u{301}: x", "   |    ^"),
    ("ｆｕｌｌ: «x»", " 1 | ｆｕｌｌ: x", "   |           ^"),
    ("a:\t«x»", " 1 | a:  x", "   |     ^"),
    ("\t\t«x»", " 1 |         x", "   |         ^"),
    ("a \u{1b}[31m «x»", #" 1 | a \u{1b}[31m x"#, "   |              ^"),
    ("a «\u{202e}»b", #" 1 | a \u{202e}b"#, "   |   ^^^^^^^^"),
    ("a: «»b", " 1 | a: b", "   |    ^"),
    ("a: b«»", " 1 | a: b", "   |     ^"),
    ("a: b«»\r\n", " 1 | a: b", "   |     ^"),
    ("\u{feff}«»a", #" 1 | a"#, "   |  ^"),
    ("a: «|\n  b\n»", " 1 | a: |", "   |    ^"),
    ("a: «b c\n  d» e", " 1 | a: b c", "   |    ^^^"),
  ])
  func `underline exactly what is meant`(_ marked: String, _ source: String, _ under: String) {
    #expect(underlined(marked) == [source, under])
  }

  @Test func `show a place beyond the last line`() {
    #expect(underlined("a: [\n«»") == [" 2 |", "   | ^"])
  }

  @Test func `cut long lines around the mark`() {
    let long = String(repeating: "abcdefghi ", count: 20)
    #expect(
      underlined(long + "«wrong» " + long, width: 45) == [
        " 1 | …abcdefghi wrong abcdefghi abcdefghi ab…",
        "   |            ^^^^^",
      ])
    #expect(underlined("«wrong» " + long, width: 30) == [" 1 | wrong abcdefghi abcdefgh…", "   | ^^^^^"])
  }

  @Test(arguments: Array(1...60))
  func `never pass the width, and keep the mark below its text`(_ before: Int) {
    let marked = String(repeating: "王 ", count: before) + "«XYZ»" + String(repeating: " 芳", count: 60 - before)
    let lines = underlined(marked, width: 40)
    #expect(lines.allSatisfy { DisplayWidth.of($0) <= 40 })
    let parts = lines[0].split(separator: "X", maxSplits: 1).map(String.init)
    #expect(DisplayWidth.of(parts[0]) == lines[1].split(separator: "^")[0].unicodeScalars.count)
    #expect(lines[1].hasSuffix("^^^"))
  }

  @Test func `print nothing hidden from messages and paths`() {
    let files = MarkedFiles([("policies/\u{1b}[2J.yaml", "«a»")])
    let finding = Finding(.unknownKey, .error, "x\n\u{202e}", at: files.spans[0], label: "\u{7}", help: "\r")
    for text in [
      FindingReport([finding], in: files.sources).text(), FindingReport([finding], in: files.sources).github,
    ] {
      #expect(text.unicodeScalars.allSatisfy { !$0.isDeceptive })
    }
  }

  @Test func `use colour only when asked, and say the same without`() {
    let files = MarkedFiles("b: c\n«a»: b\n")
    let report = FindingReport([Finding(.unknownKey, .error, "m", at: files.spans[0], help: "h")], in: files.sources)
    let coloured = report.text(style: .coloured)
    #expect(coloured.unicodeScalars.contains("\u{1b}"))
    var plain = ""
    var inSequence = false
    for scalar in coloured.unicodeScalars {
      if scalar == "\u{1b}" {
        inSequence = true
      } else if inSequence {
        inSequence = scalar != "m"
      } else {
        plain.unicodeScalars.append(scalar)
      }
    }
    #expect(plain == report.text())
  }

  @Test func `are counted in words`() {
    let files = MarkedFiles("«a»")
    func report(_ severities: [Severity]) -> FindingReport {
      FindingReport(severities.map { Finding(.unknownKey, $0, "m", at: files.spans[0]) }, in: files.sources)
    }
    #expect(report([.warning, .error, .error, .error]).summary == "3 errors, 1 warning")
    #expect(report([.error, .note, .note]).summary == "1 error, 2 notes")
    #expect(report([]).summary == "no findings")
    #expect(report([]).text() == "")
  }
}
