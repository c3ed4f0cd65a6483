internal import WritSyntax

/// Files in which `«…»` shows where findings point; the spans are in the order of the files and of the marks.
struct MarkedFiles {
  let sources: SourceTable
  let spans: [SourceSpan]

  init(_ files: [(path: String, marked: String)]) {
    var plain: [SourceFile] = []
    var spans: [SourceSpan] = []
    let ordered = files.sorted { Array($0.path.utf8).lexicographicallyPrecedes(Array($1.path.utf8)) }
    for (index, file) in ordered.enumerated() {
      var text = ""
      var place = SourcePosition(line: 1, column: 1)
      for scalar in file.marked.unicodeScalars {
        switch scalar {
        case "«":
          spans.append(SourceSpan(source: SourceID(index: UInt32(index)), start: place, end: place))
        case "»":
          spans[spans.count - 1].end = place
        default:
          text.unicodeScalars.append(scalar)
          place =
            scalar == "\n"
            ? SourcePosition(line: place.line + 1, column: 1)
            : SourcePosition(line: place.line, column: place.column + 1)
        }
      }
      plain.append(SourceFile(path: file.path, bytes: Array(text.utf8)))
    }
    sources = SourceTable(plain)
    self.spans = spans
  }

  init(_ marked: String) { self.init([("policies/a.yaml", marked)]) }
}
