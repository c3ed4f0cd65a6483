internal import CLibyaml
internal import WritSyntax

/// libyaml's complaint in plain words.
struct SyntaxProblem {
  private let failure: EventReader.Failure

  init(_ failure: EventReader.Failure) { self.failure = failure }

  func finding(in text: SourceText) -> Finding {
    let words = self.words
    let mark = words.atContext ? failure.contextPlace : failure.place
    var related: [Finding.Related] = []
    if !words.atContext, !failure.context.isEmpty, failure.contextPlace.line != failure.place.line {
      related = [Finding.Related(text.span(from: SourcePosition(failure.contextPlace), columns: 1), "it began here")]
    }
    return Finding(
      .yamlSyntax, .error, words.message, at: text.span(from: SourcePosition(mark), columns: 1), related: related,
      help: words.help)
  }

  private struct Words {
    var message: String
    var help: String
    /// The mistake is where libyaml began to read something, not where it gave up.
    var atContext = false
  }

  private var words: Words {
    switch failure.problem {
    case "could not find expected ':'":
      Words(
        message: "this is neither `key: value` nor an entry of a list", help: "is a `:` missing after the key?",
        atContext: true)
    case "mapping values are not allowed in this context":
      Words(
        message: "a `:` is not expected here",
        help: "put quotes around a text that holds `: `, or check the indentation of the line")
    case "block sequence entries are not allowed in this context":
      Words(
        message: "an entry of a list is not expected here",
        help: "begin the list on a line of its own, below its key")
    case "mapping keys are not allowed in this context":
      Words(message: "a key is not expected here", help: "begin the mapping on a line of its own")
    case "did not find expected key":
      Words(
        message: "a key is expected here",
        help: "check the indentation: all keys of one mapping stand in the same column")
    case "did not find expected '-' indicator":
      Words(
        message: "another entry of the list is expected here",
        help: "check the indentation: all entries of one list stand in the same column")
    case "did not find expected ',' or ']'":
      Words(message: "the list in brackets is not closed here", help: "a `,` or `]` is missing")
    case "did not find expected ',' or '}'":
      Words(message: "the mapping in braces is not closed here", help: "a `,` or `}` is missing")
    case "did not find expected node content":
      Words(message: "a value is expected here", help: "put quotes around a text that begins with a special character")
    case "found unexpected end of stream", "found unexpected document indicator":
      Words(message: "the quoted text is never closed", help: "add the closing quote", atContext: true)
    case "did not find expected <document start>":
      Words(message: "this does not continue what stands above it", help: "check the indentation of the line")
    case "found character that cannot start any token":
      Words(
        message: "no value can begin with this character",
        help: "put quotes around the text; indent with spaces, not tabs")
    case "found a tab character that violates indentation",
      "found a tab character where an indentation space is expected",
      "found a tab character where an intendation space is expected":
      Words(message: "a tab cannot indent a line", help: "indent with spaces")
    case "found unknown escape character":
      Words(
        message: "no such escape exists in double quotes", help: #"write a backslash as `\\`, or use single quotes"#)
    case "did not find expected hexdecimal number", "found invalid Unicode character escape code":
      Words(message: "the escape does not name a character", help: #"write `\xHH`, `\uHHHH` or `\UHHHHHHHH`"#)
    case "did not find expected comment or line break":
      Words(message: "nothing more can stand on this line", help: "begin the text on the next line")
    case "found unexpected ':'":
      Words(message: "a `:` is not expected here", help: "put quotes around a text that holds `:`")
    case "did not find expected alphabetic or numeric character":
      Words(
        message: "an anchor or alias has no name",
        help: "put quotes around a text that begins with `&` or `*`")
    case "found undefined tag handle", "found unknown directive name":
      Words(message: "tags and directives are not part of the policy language", help: "remove it")
    default:
      Words(
        message: "this is not YAML (\(visible(failure.problem)))",
        help: "put quotes around a text that holds special characters")
    }
  }
}
