internal import WritSyntax
internal import WritYAML

/// A policy text in which `«…»` shows what must be underlined.
struct MarkedText {
  let text: String
  /// In the order in which the marks begin.
  let spans: [SourceSpan]

  static let source = SourceID(index: 0)

  init(_ marked: String) {
    var text = ""
    var spans: [SourceSpan] = []
    var open: [Int] = []
    var place = SourcePosition(line: 1, column: 1)
    for scalar in marked.unicodeScalars {
      switch scalar {
      case "«":
        open.append(spans.count)
        spans.append(SourceSpan(source: Self.source, start: place, end: place))
      case "»":
        if let index = open.popLast() { spans[index].end = place }
      default:
        text.unicodeScalars.append(scalar)
        if scalar == "\n" {
          place = SourcePosition(line: place.line + 1, column: 1)
        } else {
          place.column += 1
        }
      }
    }
    self.text = text
    self.spans = spans
  }

  func parsed() -> (root: Node?, findings: [Finding]) { parse(Array(text.utf8)) }
}

func parse(_ bytes: [UInt8]) -> (root: Node?, findings: [Finding]) {
  YAML.parse(SourceFile(path: "policies/a.yaml", bytes: bytes), id: MarkedText.source)
}

func parse(_ text: String) -> (root: Node?, findings: [Finding]) { parse(Array(text.utf8)) }

extension Node {
  /// The structure without places: `{a: [b, "c"]}`, where quotes stand for whatever is not plain.
  var outline: String {
    switch content {
    case .scalar(let text, let isPlain): isPlain ? text : "\"\(text)\""
    case .sequence(let items): "[" + items.map(\.outline).joined(separator: ", ") + "]"
    case .mapping(let entries):
      "{" + entries.map { "\($0.key.value): \($0.value.outline)" }.joined(separator: ", ") + "}"
    }
  }

  /// All spans of the tree, in the order of writing.
  var allSpans: [SourceSpan] {
    switch content {
    case .scalar: [span]
    case .sequence(let items): [span] + items.flatMap(\.allSpans)
    case .mapping(let entries): [span] + entries.flatMap { [$0.key.span] + $0.value.allSpans }
    }
  }
}
