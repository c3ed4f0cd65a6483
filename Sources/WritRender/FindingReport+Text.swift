internal import WritSyntax

extension FindingReport {
  /// The width that ``text(width:style:)`` assumes where nothing is known.
  public static var defaultWidth: Int { 100 }

  /// The findings for people, a blank line between two, ending with a line feed; empty when there are none.
  ///
  /// Source lines are cut around the mark to fit into `width` columns; messages are never cut.
  public func text(width: Int = defaultWidth, style: TextStyle = .plain) -> String {
    var lines = SourceLines(sources)
    var out = ""
    for (index, finding) in findings.enumerated() {
      if index > 0 { out += "\n" }
      var excerpt = FindingExcerpt(finding, sources, width: width, style: style)
      out += excerpt.text(&lines)
    }
    return out
  }
}
