internal import Testing
internal import WritDigest
internal import WritRender
internal import WritSyntax
internal import WritTestSupport

@Suite struct `Findings for programs` {
  private static let files = MarkedFiles([
    ("policies/a b.yaml", "«x»: 1\n«x»: 2\n"), ("policies/b.yaml", "r: [«王»]\n"),
  ])

  private static let findings = [
    Finding(.unknownRole, .warning, "no role is named `王`", at: files.spans[2]),
    Finding(
      .duplicateKey, .error, "the key `x` is given twice", at: files.spans[1], label: "given again",
      related: [Finding.Related(files.spans[0], "first given here")], help: "keep one of the two"),
  ]

  private static let report = FindingReport(findings, in: files.sources)

  @Test func `are JSON of the documented form`() {
    #expect(
      Self.report.json.canonicalText
        == #"{"findings":["#
        + #"{"column":1,"end_column":2,"end_line":2,"file":"policies/a b.yaml","help":"keep one of the two","line":2,"#
        + #""message":"the key `x` is given twice","related":["#
        + #"{"column":1,"end_column":2,"end_line":1,"file":"policies/a b.yaml","line":1,"message":"first given here"}],"#
        + #""severity":"error","slug":"duplicate-key"},"#
        + #"{"column":5,"end_column":6,"end_line":1,"file":"policies/b.yaml","help":"","line":1,"#
        + #""message":"no role is named `王`","related":[],"severity":"warning","slug":"unknown-role"}],"#
        + #""format_version":1}"#)
  }

  @Test func `are SARIF`() throws {
    let log = Self.report.sarif(version: "1.0")
    #expect(log["version"] == "2.1.0")
    let run = try #require(log["runs"]?[0])
    #expect(run["columnKind"] == "unicodeCodePoints")
    let driver = try #require(run["tool"]?["driver"])
    #expect(driver["name"] == "writ" && driver["version"] == "1.0")
    #expect(driver["rules"]?[0]?["id"] == "duplicate-key" && driver["rules"]?[1]?["id"] == "unknown-role")
    let first = try #require(run["results"]?[0])
    #expect(first["ruleId"] == "duplicate-key" && first["ruleIndex"] == 0 && first["level"] == "error")
    #expect(first["message"]?["text"] == "the key `x` is given twice\nhelp: keep one of the two")
    let place = try #require(first["locations"]?[0]?["physicalLocation"])
    #expect(place["artifactLocation"]?["uri"] == "policies/a%20b.yaml")
    #expect(place["region"] == ["startLine": 2, "startColumn": 1, "endLine": 2, "endColumn": 2])
    #expect(first["relatedLocations"]?[0]?["message"]?["text"] == "first given here")
    #expect(run["results"]?[1]?["ruleIndex"] == 1 && run["results"]?[1]?["level"] == "warning")
  }

  @Test func `are workflow commands`() {
    #expect(
      Self.report.github == """
        ::error file=policies/a b.yaml,line=2,endLine=2,col=1,endColumn=1,title=duplicate-key::the key `x` is given \
        twice%0Ahelp: keep one of the two
        ::warning file=policies/b.yaml,line=1,endLine=1,col=5,endColumn=5,title=unknown-role::no role is named `王`

        """)
  }

  @Test func `cannot write a workflow command of their own`() {
    let files = MarkedFiles([("a\n::add-mask::,line=9", "«x»")])
    let finding = Finding(.unknownKey, .error, "100%\n::error::x", at: files.spans[0])
    let text = FindingReport([finding], in: files.sources).github
    #expect(text.split(separator: "\n").count == 1)
    #expect(text.hasPrefix("::error file=a%0A%3A%3Aadd-mask%3A%3A%2Cline=9,line=1,"))
    #expect(text.hasSuffix(#"::100%25\n::error::x"# + "\n"))
  }

  @Test(arguments: [1, 2, 3, 4, 5] as [UInt64])
  func `are equal byte for byte whatever the order they were found in`(_ seed: UInt64) {
    var random = SeededGenerator(seed: seed)
    var findings: [Finding] = []
    for span in Self.files.spans {
      for slug in Slug.allCases { findings.append(Finding(slug, .error, "m", at: span)) }
      findings.append(Finding(.alias, .note, "n", at: span))
    }
    let one = FindingReport(findings, in: Self.files.sources)
    let other = FindingReport(findings.shuffled(using: &random), in: Self.files.sources)
    #expect(one.text() == other.text())
    #expect(one.json == other.json)
    #expect(one.sarif(version: "1").canonical == other.sarif(version: "1").canonical)
    #expect(one.github == other.github)
  }
}

extension JSONValue {
  fileprivate subscript(key: String) -> JSONValue? {
    if case .object(let members) = self { members[key] } else { nil }
  }

  fileprivate subscript(index: Int) -> JSONValue? {
    if case .array(let elements) = self, elements.indices.contains(index) { elements[index] } else { nil }
  }
}
