public import WritSyntax

/// What `renew` writes: an `until`, and nothing else.
extension PolicyFileEditor {
  /// Puts `text` in place of a scalar, in the quotes that it has.
  public mutating func replace(_ scalar: SourceSpan, with text: String) {
    let written = editor.text(of: scalar)
    guard let quote = written.first, quote == "\"" || quote == "'" else {
      editor.replace(scalar, with: text)
      return
    }
    editor.replace(scalar, with: "\(quote)\(text)\(quote)")
  }

  /// Adds `until` to an entry of `roles` or `grants`: to a mapping as its last key, to the bare name of a role by making it one.
  ///
  /// False where nothing is written at that place, or no mapping can stand there.
  public mutating func add(_ text: String, to entry: SourceSpan) -> Bool {
    guard let node = root.first(where: { $0.span == entry }) else { return false }
    if case .scalar = node.content {
      let written = editor.text(of: entry)
      // A text over several lines is no name of a role.
      if written.contains("\n") { return false }
      editor.replace(entry, with: "{ role: \(written), until: \(text) }")
      return true
    }
    return editor.addEntry("until", text, to: node)
  }
}

extension Node {
  /// The first node, outermost first, of which this is true.
  func first(where isWanted: (Node) -> Bool) -> Node? {
    if isWanted(self) { return self }
    switch content {
    case .scalar: return nil
    case .sequence(let items):
      for item in items { if let found = item.first(where: isWanted) { return found } }
    case .mapping(let entries):
      for entry in entries { if let found = entry.value.first(where: isWanted) { return found } }
    }
    return nil
  }
}

extension WrittenTime {
  /// The first instant without access when this is written after `until`; nil for a local time that does not exist, or exists
  /// twice.
  public func end(in zone: any ZoneRules) -> Instant? {
    switch self {
    case .day(let date): return date.next.beginning(in: zone)
    case .absolute(let instant): return instant
    case .local(let time):
      if case .instant(let instant) = time.resolved(in: zone) { return instant }
      return nil
    }
  }
}
