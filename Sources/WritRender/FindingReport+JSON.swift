public import WritDigest
internal import WritSyntax

extension FindingReport {
  /// The value that `validate --format json` prints.
  ///
  /// Fields may be added. Paths are exact; texts have their hidden characters made visible. The end is the first
  /// column that is no longer part of the span.
  public var json: JSONValue {
    .object(["format_version": 1, "findings": .array(findings.map(json))])
  }

  private func json(_ finding: Finding) -> JSONValue {
    var members = json(finding.span)
    members["slug"] = .string(finding.slug.rawValue)
    members["severity"] = .string(finding.severity.rawValue)
    members["message"] = .string(visible(finding.message))
    members["help"] = .string(visible(finding.help))
    members["related"] = .array(
      finding.related.map { related in
        var members = json(related.span)
        members["message"] = .string(visible(related.label))
        return .object(members)
      })
    return .object(members)
  }

  private func json(_ span: SourceSpan) -> [String: JSONValue] {
    [
      "file": .string(sources.path(of: span)),
      "line": .integer(Int(span.start.line)), "column": .integer(Int(span.start.column)),
      "end_line": .integer(Int(span.end.line)), "end_column": .integer(Int(span.end.column)),
    ]
  }
}
