internal import WritSyntax

extension FindingReport {
  /// The findings as workflow commands of GitHub Actions, one a line, which the host shows beside the lines
  /// (docs.github.com, "Workflow commands").
  public var github: String {
    var out = ""
    for finding in findings {
      let span = finding.span
      var properties = [
        ("file", sources.path(of: span)), ("line", String(span.start.line)), ("endLine", String(span.end.line)),
      ]
      // Columns are taken only for spans within one line; there the last one is part of the span.
      if span.start.line == span.end.line {
        properties.append(("col", String(span.start.column)))
        properties.append(("endColumn", String(max(span.start.column, span.end.column &- 1))))
      }
      properties.append(("title", finding.slug.rawValue))
      let help = finding.help.isEmpty ? "" : "\nhelp: " + visible(finding.help)
      out += "::\(Self.command(finding.severity)) "
      out += properties.map { "\($0)=\(Self.escaped($1, inProperty: true))" }.joined(separator: ",")
      out += "::\(Self.escaped(visible(finding.message) + help, inProperty: false))\n"
    }
    return out
  }

  private static func command(_ severity: Severity) -> String {
    switch severity {
    case .error: "error"
    case .warning: "warning"
    case .note: "notice"
    }
  }

  /// Without this a file name with a line feed could write commands of its own.
  private static func escaped(_ text: String, inProperty: Bool) -> String {
    var out = ""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "%": out += "%25"
      case "\r": out += "%0D"
      case "\n": out += "%0A"
      case ":" where inProperty: out += "%3A"
      case "," where inProperty: out += "%2C"
      default: appendVisible(scalar, to: &out)
      }
    }
    return out
  }
}
