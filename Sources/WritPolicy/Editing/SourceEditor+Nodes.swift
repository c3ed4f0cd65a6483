internal import WritSyntax

/// Edits of lists and mappings in the layout that they have. Each gives false, and edits nothing, where the layout leaves no room
/// or a comment would go that is not about what goes.
extension SourceEditor {
  /// Adds a key to a mapping as its last.
  mutating func addEntry(_ key: String, _ value: String, to mapping: Node) -> Bool {
    guard case .mapping(let entries) = mapping.content else { return false }
    guard let first = entries.first, let last = entries.last else {
      replace(mapping.span, with: "{ \(key): \(value) }")
      return true
    }
    if isFlow(mapping) {
      insert(", \(key): \(value)", at: last.value.span.end)
      return true
    }
    let indent = String(repeating: " ", count: Int(first.key.span.start.column) - 1)
    insertLines(["\(indent)\(key): \(value)"], below: lastLine(of: last))
    return true
  }

  /// Adds an entry to a list as its last.
  mutating func append(_ item: String, to list: Node) -> Bool {
    guard case .sequence(let items) = list.content else { return false }
    guard let first = items.first, let last = items.last else {
      replace(list.span, with: "[\(item)]")
      return true
    }
    if isFlow(list) {
      insert(", \(item)", at: last.span.end)
      return true
    }
    guard let indent = indent(ofItem: first) else { return false }
    insertLines(["\(indent)- \(item)"], below: lastLine(of: last))
    return true
  }

  /// Takes one of several entries out of a list.
  mutating func remove(_ index: Int, of items: [Node], in list: Node) -> Bool {
    if isFlow(list) { return removeFlow(items.map(\.span), index) }
    guard indent(ofItem: items[index]) != nil else { return false }
    removeLines(items[index].span.start.line...lastLine(of: items[index]))
    return true
  }

  /// Takes one of several keys out of a mapping.
  mutating func removeEntry(_ index: Int, of entries: [Node.Entry], in mapping: Node) -> Bool {
    let entry = entries[index]
    if isFlow(mapping) {
      return removeFlow(
        entries.map { SourceSpan(source: $0.key.span.source, start: $0.key.span.start, end: $0.value.span.end) }, index)
    }
    let line = entry.key.span.start.line
    guard text(from: SourcePosition(line: line, column: 1), to: entry.key.span.start).allSatisfy({ $0 == " " }) else {
      return false
    }
    removeLines(line...lastLine(of: entry))
    return true
  }

  /// What goes is the part, and the comma to a neighbour.
  private mutating func removeFlow(_ parts: [SourceSpan], _ index: Int) -> Bool {
    let (start, end, separator): (SourcePosition, SourcePosition, String)
    if index > 0 {
      (start, end) = (parts[index - 1].end, parts[index].end)
      separator = text(from: start, to: parts[index].start)
    } else {
      (start, end) = (parts[0].start, parts[1].start)
      separator = text(from: parts[0].end, to: end)
    }
    guard !separator.contains("#") else { return false }
    remove(from: start, to: end)
    return true
  }

  private func isFlow(_ node: Node) -> Bool {
    let written = text(of: node.span)
    return written.hasPrefix("[") || written.hasPrefix("{")
  }

  /// The spaces before the dash of an entry that stands on lines of its own; nil for what is written otherwise.
  private func indent(ofItem item: Node) -> String? {
    let before = text(from: SourcePosition(line: item.span.start.line, column: 1), to: item.span.start)
    let indent = before.prefix { $0 == " " }
    let rest = before.dropFirst(indent.count)
    guard rest.first == "-", rest.dropFirst().allSatisfy({ $0 == " " }) else { return nil }
    return String(indent)
  }

  private func lastLine(of entry: Node.Entry) -> UInt32 { max(entry.key.span.end.line, lastLine(of: entry.value)) }

  /// A block scalar ends where the next line begins; everything else on the line that it is above.
  private func lastLine(of node: Node) -> UInt32 {
    let end = node.span.end
    return end.column == 1 && end.line > node.span.start.line ? end.line - 1 : end.line
  }
}
