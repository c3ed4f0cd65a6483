internal import CLibyaml

/// libyaml's parser and the event that it read last.
///
/// The parser points into itself, so it lives on the heap; the input must outlive the reader.
struct EventReader: ~Copyable {
  private let parser: UnsafeMutablePointer<yaml_parser_t>
  private let current: UnsafeMutablePointer<yaml_event_t>

  init(_ input: UnsafeBufferPointer<UInt8>) {
    parser = .allocate(capacity: 1)
    current = .allocate(capacity: 1)
    current.initialize(to: yaml_event_t())
    guard yaml_parser_initialize(parser) == 1 else { fatalError("libyaml: out of memory") }
    // Said, so that libyaml does not guess UTF-16 from the first bytes.
    yaml_parser_set_encoding(parser, YAML_UTF8_ENCODING)
    yaml_parser_set_input_string(parser, input.baseAddress, input.count)
  }

  deinit {
    yaml_event_delete(current)
    yaml_parser_delete(parser)
    current.deallocate()
    parser.deallocate()
  }

  /// Reads the next event in place of the last one; false when the text cannot be read further.
  mutating func advance() -> Bool {
    yaml_event_delete(current)
    return yaml_parser_parse(parser, current) == 1
  }

  var event: UnsafePointer<yaml_event_t> { UnsafePointer(current) }

  /// What stopped ``advance()``.
  var failure: Failure {
    let state = UnsafePointer(parser)
    return Failure(
      problem: state.pointee.problem.map { String(cString: $0) } ?? "",
      context: state.pointee.context.map { String(cString: $0) } ?? "",
      place: state.pointee.problem_mark, contextPlace: state.pointee.context_mark)
  }

  /// libyaml's own words, which `SyntaxProblem` turns into ours.
  struct Failure {
    var problem: String
    var context: String
    var place: yaml_mark_t
    var contextPlace: yaml_mark_t
  }
}
