internal import CLibyaml
internal import WritSyntax

/// Builds the tree of one document out of libyaml's events.
///
/// The functions are called with the first event of what they read as the current one, and leave its last. The
/// recursion is bounded by ``YAML/Limit/nesting``.
struct TreeBuilder: ~Copyable {
  /// The text cannot be read further; the finding has been made.
  struct Stop: Error {}

  let text: SourceText
  var findings: [Finding]
  private var events: EventReader
  /// Lines on which a deceptive character has been reported already.
  private let reportedLines: Set<UInt32>
  /// Where the last anchor or tag stood.
  private var cursor: SourceCursor

  init(_ text: SourceText, findings: [Finding]) {
    self.text = text
    self.findings = findings
    reportedLines = Set(findings.map(\.span.start.line))
    cursor = SourceCursor(text)
    events = EventReader(text.bytes)
  }

  /// The root of the only document.
  mutating func document() -> Node? {
    do throws(Stop) {
      try advance()  // the beginning of the stream
      try advance()
      guard type == YAML_DOCUMENT_START_EVENT else { return nil }
      try advance()
      let root = try node(depth: 1)
      try advance()  // the end of the document
      try advance()
      if type == YAML_DOCUMENT_START_EVENT {
        refuse(
          .severalDocuments, "the file holds more than one document", at: text.span(from: start, columns: 3),
          help: "put the second document into a file of its own, or remove the `---` line")
      }
      if case .scalar("", isPlain: true)? = root?.content { return nil }
      return root
    } catch {
      return nil
    }
  }

  // MARK: Nodes

  /// Nil for what is refused and left out.
  private mutating func node(depth: Int) throws(Stop) -> Node? {
    switch type {
    case YAML_SCALAR_EVENT:
      let scalar = events.event.pointee.data.scalar
      if scalar.anchor != nil || scalar.tag != nil { refuseProperties(anchor: scalar.anchor, tag: scalar.tag) }
      let span = self.span
      return Node(.scalar(string(scalar, span), isPlain: scalar.style == YAML_PLAIN_SCALAR_STYLE), span)
    case YAML_SEQUENCE_START_EVENT:
      return try sequence(depth: depth)
    case YAML_MAPPING_START_EVENT:
      return try mapping(depth: depth)
    default:
      refuseAlias()
      return nil
    }
  }

  private mutating func sequence(depth: Int) throws(Stop) -> Node {
    let data = events.event.pointee.data.sequence_start
    if data.anchor != nil || data.tag != nil { refuseProperties(anchor: data.anchor, tag: data.tag) }
    try enter(depth)
    let start = self.start
    var items: [Node] = []
    items.reserveCapacity(4)
    try advance()
    while type != YAML_SEQUENCE_END_EVENT {
      if let item = try node(depth: depth + 1) { items.append(item) }
      try advance()
    }
    let end = data.style == YAML_FLOW_SEQUENCE_STYLE ? self.end : items.last?.span.end ?? start
    return Node(.sequence(items), SourceSpan(source: text.id, start: start, end: end))
  }

  private mutating func mapping(depth: Int) throws(Stop) -> Node {
    let data = events.event.pointee.data.mapping_start
    if data.anchor != nil || data.tag != nil { refuseProperties(anchor: data.anchor, tag: data.tag) }
    try enter(depth)
    let start = self.start
    var entries: [Node.Entry] = []
    entries.reserveCapacity(4)
    var keys: [String: SourceSpan] = [:]
    try advance()
    while type != YAML_MAPPING_END_EVENT {
      if let key = try key(depth: depth + 1) {
        try advance()
        if let value = try node(depth: depth + 1) {
          let entry = Node.Entry(key: key, value: value)
          if let first = Self.earlier(key, entries, &keys) {
            refuse(
              .duplicateKey, "the key `\(visible(key.value))` is given twice", at: key.span, label: "given again",
              related: [Finding.Related(first, "first given here")], help: "keep one of the two")
          } else {
            entries.append(entry)
          }
        }
      } else {
        try advance()
        try skip(depth: depth + 1)
      }
      try advance()
    }
    let end = data.style == YAML_FLOW_MAPPING_STYLE ? self.end : entries.last?.value.span.end ?? start
    return Node(.mapping(entries), SourceSpan(source: text.id, start: start, end: end))
  }

  /// Nil for a key that is refused, together with its value.
  private mutating func key(depth: Int) throws(Stop) -> Located<String>? {
    switch type {
    case YAML_SCALAR_EVENT:
      let scalar = events.event.pointee.data.scalar
      if scalar.anchor != nil || scalar.tag != nil { refuseProperties(anchor: scalar.anchor, tag: scalar.tag) }
      let key = Located(string(scalar, span), span)
      if key.value == "<<", scalar.style == YAML_PLAIN_SCALAR_STYLE {
        refuse(
          .mergeKey, "the merge key `<<` is not part of the policy language", at: key.span,
          help: "write the entries out where they apply")
        return nil
      }
      return key
    case YAML_ALIAS_EVENT:
      refuseAlias()
    default:
      refuse(
        .complexKey, "a key is a single text, not a mapping or a list", at: text.span(from: start, columns: 1),
        help: "write the key as plain text; a value with braces of its own needs quotes")
      try skip(depth: depth)
    }
    return nil
  }

  /// Passes over a node that belongs to something refused already.
  private mutating func skip(depth: Int) throws(Stop) {
    switch type {
    case YAML_SEQUENCE_START_EVENT, YAML_MAPPING_START_EVENT:
      try enter(depth)
      try advance()
      while type != YAML_SEQUENCE_END_EVENT && type != YAML_MAPPING_END_EVENT {
        try skip(depth: depth + 1)
        try advance()
      }
    default: break
    }
  }

  private mutating func enter(_ depth: Int) throws(Stop) {
    guard depth > YAML.Limit.nesting else { return }
    refuse(
      .nestingTooDeep, "mappings and lists are nested more than \(YAML.Limit.nesting) deep",
      at: text.span(from: start, columns: 1), help: "nothing in a policy needs that; check the brackets")
    throw Stop()
  }

  /// Above this many keys a table is cheaper than looking through them.
  private static let fewKeys = 16

  /// Where the key was given before.
  private static func earlier(
    _ key: Located<String>, _ entries: [Node.Entry], _ keys: inout [String: SourceSpan]
  ) -> SourceSpan? {
    if entries.count < fewKeys {
      for entry in entries where entry.key.value == key.value { return entry.key.span }
      return nil
    }
    if keys.isEmpty { for entry in entries { keys[entry.key.value] = entry.key.span } }
    if let first = keys[key.value] { return first }
    keys[key.value] = key.span
    return nil
  }

  // MARK: Events

  private mutating func advance() throws(Stop) {
    guard events.advance() else {
      findings.append(SyntaxProblem(events.failure).finding(in: text))
      throw Stop()
    }
  }

  private var type: yaml_event_type_t { events.event.pointee.type }
  private var start: SourcePosition { SourcePosition(events.event.pointee.start_mark) }
  private var end: SourcePosition { SourcePosition(events.event.pointee.end_mark) }
  private var span: SourceSpan { SourceSpan(source: text.id, start: start, end: end) }

  /// The scalar's text, by length: it may hold a NUL.
  private mutating func string(_ scalar: YAMLScalar, _ span: SourceSpan) -> String {
    let bytes = UnsafeBufferPointer(start: scalar.value, count: scalar.length)
    let string = String(decoding: bytes, as: UTF8.self)
    // Only the escapes of a double-quoted scalar can bring in what the look at the whole file has not seen.
    if scalar.style == YAML_DOUBLE_QUOTED_SCALAR_STYLE, let bad = string.unicodeScalars.first(where: \.isDeceptive),
      !(span.start.line...span.end.line).contains(where: reportedLines.contains)
    {
      var shown = ""
      appendVisible(bad, to: &shown)
      refuse(
        .controlCharacter, "the text holds the character `\(shown)`, which hides or reorders text", at: span,
        help: "remove the escape")
    }
    return string
  }

  // MARK: Refusals

  private mutating func refuse(
    _ slug: Slug, _ message: String, at span: SourceSpan, label: String = "", related: [Finding.Related] = [],
    help: String
  ) {
    findings.append(Finding(slug, .error, message, at: span, label: label, related: related, help: help))
  }

  private mutating func refuseAlias() {
    refuse(
      .alias, "aliases are not part of the policy language", at: span,
      help: "write the value out where it applies; what several people share is a role")
  }

  /// How far a long anchor or tag is underlined, in bytes.
  private static let propertyLength = 256

  /// An anchor and a tag stand before the node, in either order; the event begins with the first of them.
  private mutating func refuseProperties(
    anchor: UnsafeMutablePointer<yaml_char_t>?, tag: UnsafeMutablePointer<yaml_char_t>?
  ) {
    cursor.move(to: start)
    let line = cursor.following(atMost: Self.propertyLength)
    let ends: Set<Unicode.Scalar> = [" ", "\t", ",", "[", "]", "{", "}"]
    func place(of indicator: Unicode.Scalar) -> SourceSpan {
      // The first property begins the line; the second may stand on another one, and is then shown at the first.
      let from = line.first == indicator ? 0 : line.firstIndex(of: indicator) ?? 0
      let length = line[from...].prefix { !ends.contains($0) }.count
      return text.span(
        from: SourcePosition(line: start.line, column: start.column + UInt32(from)), columns: max(length, 1))
    }
    if anchor != nil {
      refuse(
        .anchor, "anchors are not part of the policy language", at: place(of: "&"),
        help: "remove the anchor; what several people share is a role")
    }
    if tag != nil {
      refuse(
        .tag, "tags are not part of the policy language", at: place(of: "!"),
        help: "remove the tag; a value means what its key says, and quotes keep a leading `!`")
    }
  }
}

/// The unnamed member of libyaml's event.
typealias YAMLScalar = yaml_event_s.__Unnamed_union_data.__Unnamed_struct_scalar

extension SourcePosition {
  /// libyaml counts from 0, and columns in characters.
  init(_ mark: yaml_mark_t) {
    self.init(line: UInt32(mark.line) + 1, column: UInt32(mark.column) + 1)
  }
}
