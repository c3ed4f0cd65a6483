public import WritDigest
internal import WritSyntax

extension FindingReport {
  /// The findings as SARIF 2.1.0 (OASIS), which code hosts show beside the lines.
  ///
  /// - Parameter version: The version of writ, as `--version` prints it.
  public func sarif(version: String) -> JSONValue {
    let slugs = Set(findings.map(\.slug)).sorted { $0.rawValue < $1.rawValue }
    let driver: JSONValue = .object([
      "name": "writ", "version": .string(version), "rules": .array(slugs.map(Self.rule)),
    ])
    return .object([
      "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
      "version": "2.1.0",
      "runs": .array([
        .object([
          "tool": .object(["driver": driver]),
          // SARIF counts UTF-16 units unless told otherwise.
          "columnKind": "unicodeCodePoints",
          "results": .array(findings.map { result($0, slugs) }),
        ])
      ]),
    ])
  }

  private static func rule(_ slug: Slug) -> JSONValue {
    let explanation = slug.explanation
    return .object([
      "id": .string(slug.rawValue),
      "shortDescription": .object(["text": .string(explanation.meaning)]),
      "fullDescription": .object(["text": .string(explanation.reason)]),
      "help": .object(["text": .string(explanation.mend + "\n\n" + explanation.example)]),
    ])
  }

  private func result(_ finding: Finding, _ slugs: [Slug]) -> JSONValue {
    let help = finding.help.isEmpty ? "" : "\nhelp: " + visible(finding.help)
    var members: [String: JSONValue] = [
      "ruleId": .string(finding.slug.rawValue),
      "level": .string(finding.severity.rawValue),
      "message": .object(["text": .string(visible(finding.message) + help)]),
      "locations": .array([.object(["physicalLocation": location(finding.span)])]),
    ]
    if let index = slugs.firstIndex(of: finding.slug) { members["ruleIndex"] = .integer(index) }
    if !finding.related.isEmpty {
      members["relatedLocations"] = .array(
        finding.related.map {
          .object([
            "physicalLocation": location($0.span), "message": .object(["text": .string(visible($0.label))]),
          ])
        })
    }
    return .object(members)
  }

  private func location(_ span: SourceSpan) -> JSONValue {
    .object([
      "artifactLocation": .object(["uri": .string(Self.uri(sources.path(of: span)))]),
      "region": .object([
        "startLine": .integer(Int(span.start.line)), "startColumn": .integer(Int(span.start.column)),
        "endLine": .integer(Int(span.end.line)), "endColumn": .integer(Int(span.end.column)),
      ]),
    ])
  }

  /// A relative reference (RFC 3986): whatever is neither unreserved nor a `/` is percent-encoded.
  private static func uri(_ path: String) -> String {
    var out = ""
    for byte in path.utf8 {
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"),
        UInt8(ascii: "~"), UInt8(ascii: "/"):
        out.unicodeScalars.append(Unicode.Scalar(byte))
      default:
        let digits = String(byte, radix: 16, uppercase: true)
        out += "%" + (digits.utf8.count == 1 ? "0" : "") + digits
      }
    }
    return out
  }
}
