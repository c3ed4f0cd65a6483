public import WritSyntax

/// One edit of the text of a policy, in place: comments and layout around it stay.
public enum PolicyEdit: Sendable, Hashable {
  /// Adds an entry to the list behind these keys, and the list with it where there is none.
  case append(String, to: [String], in: SourceID)
  /// Takes the entry out of its list that is written there; with the last one the list goes too.
  case remove(SourceSpan)
  /// Takes the key that is written there, and its value, out of its mapping.
  case removeKey(SourceSpan)
  /// Sets the value behind these keys.
  case set(String, at: [String], in: SourceID)
  /// Puts another scalar in place of one.
  case replace(SourceSpan, String)

  /// The file that it is about.
  public var source: SourceID {
    switch self {
    case .append(_, _, let source), .set(_, _, let source): source
    case .remove(let span), .removeKey(let span), .replace(let span, _): span.source
    }
  }
}

/// Edits one file of a policy.
///
/// Values come as YAML: a name that was validated, a number, a time, or a ``quotedScalar(_:)``.
public struct PolicyFileEditor {
  var editor: SourceEditor
  let root: Node

  /// - Parameter root: of that file.
  public init(_ file: SourceFile, root: Node) {
    editor = SourceEditor(file)
    self.root = root
  }

  public var bytes: [UInt8] { editor.bytes }

  /// False where the text leaves no room for the edit; then nothing is edited.
  public mutating func apply(_ edit: PolicyEdit) -> Bool {
    switch edit {
    case .append(let item, let path, _): append(item, path)
    case .remove(let span): remove(span)
    case .removeKey(let span): removeKey(span)
    case .set(let value, let path, _): set(value, path)
    case .replace(let span, let value):
      if case .scalar? = root.first(where: { $0.span == span })?.content { replace(span, value) } else { false }
    }
  }

  private mutating func replace(_ span: SourceSpan, _ value: String) -> Bool {
    editor.replace(span, with: value)
    return true
  }

  private mutating func append(_ item: String, _ path: [String]) -> Bool {
    if let list = root.value(at: path) { return editor.append(item, to: list) }
    guard let key = path.last, let owner = root.value(at: path.dropLast()) else { return false }
    // A section of its own stands at the end of the file.
    guard path.count == 1, case .mapping(let entries) = root.content, let first = entries.first,
      first.key.span.start.column == 1
    else { return editor.addEntry(key, "[\(item)]", to: owner) }
    editor.insertLines(["\(key):", "  - \(item)"], below: editor.lastLine)
    return true
  }

  private mutating func set(_ value: String, _ path: [String]) -> Bool {
    if let present = root.value(at: path) {
      guard case .scalar = present.content else { return false }
      return replace(present.span, value)
    }
    guard let key = path.last, let owner = root.value(at: path.dropLast()) else { return false }
    return editor.addEntry(key, value, to: owner)
  }

  private mutating func remove(_ span: SourceSpan) -> Bool {
    guard let list = root.first(where: { $0.items.contains { $0.span == span } }),
      let index = list.items.firstIndex(where: { $0.span == span })
    else { return false }
    if list.items.count > 1 { return editor.remove(index, of: list.items, in: list) }
    return removeEntry { $0.value.span == list.span }
  }

  private mutating func removeKey(_ span: SourceSpan) -> Bool { removeEntry { $0.key.span == span } }

  private mutating func removeEntry(_ isMeant: (Node.Entry) -> Bool) -> Bool {
    guard let owner = root.first(where: { $0.entries.contains(where: isMeant) }),
      let index = owner.entries.firstIndex(where: isMeant), owner.entries.count > 1
    else { return false }
    return editor.removeEntry(index, of: owner.entries, in: owner)
  }
}

extension Node {
  var items: [Node] { if case .sequence(let items) = content { items } else { [] } }
  var entries: [Entry] { if case .mapping(let entries) = content { entries } else { [] } }

  /// What stands behind these keys, from the outermost on.
  func value(at path: some Sequence<String>) -> Node? {
    var node = self
    for key in path {
      guard let entry = node.entries.first(where: { $0.key.value == key }) else { return nil }
      node = entry.value
    }
    return node
  }
}
