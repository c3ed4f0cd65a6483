internal import CLibyaml
internal import WritSyntax

/// Reads the layout of a text that is known to parse without findings. libyaml says where everything stands; what it passes
/// over between two places is blanks, indicators and comments.
struct LayoutReader: ~Copyable {
  /// Something that the policy language does not forbid and nobody writes: directives, a key over several lines.
  struct Unsupported: Error {
    var line: Int
    var reason: String
  }

  private var events: EventReader
  private var trivia: TriviaReader
  /// The item whose value ended last; a comment on the same line is its own.
  private var last: Layout.Item?

  init(_ text: SourceText) {
    events = EventReader(text.bytes)
    trivia = TriviaReader(Array(String(decoding: text.bytes, as: UTF8.self).unicodeScalars))
  }

  mutating func layout() throws(Unsupported) -> Layout {
    var layout = Layout()
    try advance()
    try advance()
    if type == YAML_DOCUMENT_START_EVENT {
      if events.event.pointee.data.document_start.version_directive != nil { throw unsupported("a directive") }
      try advance()
      let root = Layout.Item()
      try readValue(of: root)
      layout.comments = root.leading
      layout.root = root.value
      if case .scalar(let scalar) = root.value {
        guard scalar.text.isEmpty else { throw unsupported("a file that holds one text") }
        layout.root = nil
      }
      if last === root { last = nil }
    }
    trivia.scan(to: trivia.end)
    if let last, last.trailing == nil { last.trailing = trivia.takeTrailing() }
    let left = trivia.takeAll()
    if case .collection(let collection)? = layout.root {
      collection.tail += left
    } else {
      layout.comments += left
    }
    return layout
  }

  // MARK: Nodes

  /// The current event begins the value; its last one is current afterwards.
  private mutating func readValue(of item: Layout.Item) throws(Unsupported) {
    switch type {
    case YAML_SCALAR_EVENT:
      trivia.scan(to: start)
      hoist(into: item)
      item.value = .scalar(try scalar())
      trivia.tokenEnds(at: end)
      last = item
    case YAML_SEQUENCE_START_EVENT, YAML_MAPPING_START_EVENT:
      let isMapping = type == YAML_MAPPING_START_EVENT
      let isFlow =
        isMapping
        ? events.event.pointee.data.mapping_start.style == YAML_FLOW_MAPPING_STYLE
        : events.event.pointee.data.sequence_start.style == YAML_FLOW_SEQUENCE_STYLE
      trivia.scan(to: start)
      let collection = Layout.Collection(isFlow: isFlow, isMapping: isMapping, column: column)
      item.value = .collection(collection)
      if isFlow || item.key == nil { hoist(into: item) } else { item.afterKey = trivia.takeTrailing() }
      if isFlow { trivia.tokenEnds(at: start + 1) }
      try readItems(of: collection, in: item)
    default: throw unsupported("this")
    }
  }

  private mutating func readItems(of collection: Layout.Collection, in owner: Layout.Item) throws(Unsupported) {
    try advance()
    while type != YAML_SEQUENCE_END_EVENT, type != YAML_MAPPING_END_EVENT {
      trivia.scan(to: start)
      if collection.isFlow, collection.items.isEmpty, owner.afterKey == nil, owner.key != nil {
        owner.afterKey = trivia.takeTrailing()
      }
      attachTrailing(unlessFirstIn: collection)
      let item = Layout.Item()
      (item.leading, item.followsBlank) = trivia.takeLeading()
      collection.items.append(item)
      if collection.isMapping {
        try readKey(of: item)
        try advance()
      }
      try readValue(of: item)
      try advance()
    }
    trivia.scan(to: start)
    attachTrailing(unlessFirstIn: collection)
    if collection.isFlow {
      // Brackets without anything in them stay on one line, below what was written between them.
      if collection.items.isEmpty { hoist(into: owner) } else { collection.tail = trivia.takeAll() }
      trivia.tokenEnds(at: end)
      last = owner
    } else {
      collection.tail = trivia.takeTail(of: collection.column, before: isAtEnd ? -1 : column)
    }
  }

  private mutating func readKey(of item: Layout.Item) throws(Unsupported) {
    guard type == YAML_SCALAR_EVENT else { throw unsupported("a key that is no text") }
    let key = try scalar()
    if key.style == .block || key.text.contains("\n") { throw unsupported("a key over several lines") }
    item.key = key.text
    let scalar = events.event.pointee.data.scalar
    item.name = String(decoding: UnsafeBufferPointer(start: scalar.value, count: scalar.length), as: UTF8.self)
    trivia.tokenEnds(at: end)
  }

  private func scalar() throws(Unsupported) -> Layout.Scalar {
    let style = events.event.pointee.data.scalar.style
    let text = trivia.text(start..<end)
    switch style {
    case YAML_PLAIN_SCALAR_STYLE: return Layout.Scalar(text: text, style: .plain)
    case YAML_LITERAL_SCALAR_STYLE, YAML_FOLDED_SCALAR_STYLE:
      let header = text.prefix { $0 != "\n" && $0 != "#" }
      if header.contains(where: \.isNumber) { throw unsupported("a text whose indentation is given by a number") }
      return Layout.Scalar(text: text, style: .block)
    default: return Layout.Scalar(text: text, style: .quoted)
    }
  }

  // MARK: Comments

  /// What stands between a key, or a dash, and a value that goes on the same line comes before both.
  private mutating func hoist(into item: Layout.Item) { item.leading += trivia.takeAll() }

  private mutating func attachTrailing(unlessFirstIn collection: Layout.Collection) {
    guard let last, !(collection.isFlow && collection.items.isEmpty), last.trailing == nil else { return }
    last.trailing = trivia.takeTrailing()
  }

  // MARK: Events

  private mutating func advance() throws(Unsupported) {
    guard events.advance() else { throw unsupported("this") }
  }

  private var type: yaml_event_type_t { events.event.pointee.type }
  private var start: Int { Int(events.event.pointee.start_mark.index) }
  private var end: Int { Int(events.event.pointee.end_mark.index) }
  private var column: Int { Int(events.event.pointee.start_mark.column) }
  private var isAtEnd: Bool { start >= trivia.end }

  private func unsupported(_ reason: String) -> Unsupported {
    Unsupported(line: Int(events.event.pointee.start_mark.line) + 1, reason: reason)
  }
}
