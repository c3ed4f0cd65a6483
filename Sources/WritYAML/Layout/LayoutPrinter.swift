/// Writes a layout in the one form that `fmt` knows. What is written stays what it is: quotes, order, comments, and whether a
/// mapping stands on one line or on several. Indentation is two columns, and lists stand below their key.
struct LayoutPrinter {
  /// Columns beyond which a mapping or list in brackets is written over several lines.
  static let width = 120

  let rules: LayoutRules
  private(set) var lines: [String] = []

  init(rules: LayoutRules) { self.rules = rules }

  static func text(_ layout: Layout, rules: LayoutRules) -> String {
    var printer = LayoutPrinter(rules: rules)
    printer.write(layout.comments, indent: 0)
    switch layout.root {
    case nil: break
    case .scalar?: break
    case .collection(let collection)?:
      if collection.items.isEmpty {
        printer.write(collection.tail, indent: 0)
        printer.lines.append(collection.isMapping ? "{}" : "[]")
      } else {
        printer.write(collection, indent: 0, path: [], isBelowComments: !layout.comments.isEmpty)
      }
    }
    while printer.lines.first == "" { printer.lines.removeFirst() }
    return printer.lines.map { $0 + "\n" }.joined()
  }

  // MARK: Blocks

  private mutating func write(
    _ collection: Layout.Collection, indent: Int, path: [String], isBelowComments: Bool = false
  ) {
    for (index, item) in collection.items.enumerated() {
      let isFirst = index == 0 && !isBelowComments
      write(item.leading, indent: indent, isFirst: isFirst)
      write(item, of: collection, indent: indent, path: path, isFirst: isFirst && item.leading.isEmpty)
    }
    write(collection.tail, indent: indent)
  }

  private mutating func write(
    _ item: Layout.Item, of collection: Layout.Collection, indent: Int, path: [String], isFirst: Bool
  ) {
    let path = collection.isMapping ? path + [item.name] : path + ["-"]
    if item.followsBlank, !isFirst { addBlank() }
    // A list's dash and a key are followed by the value on the same line wherever it fits.
    let head = String(repeating: " ", count: indent) + (item.key.map { $0 + ":" } ?? "-")
    switch item.value {
    case .scalar(let scalar): write(scalar, after: head, indent: indent, item.trailing)
    case .collection(let inner):
      let flow = LayoutFlow(rules: rules)
      if let text = flow.text(inner, at: path),
        head.unicodeScalars.count + 1 + text.unicodeScalars.count <= Self.width
          || inner.items.isEmpty
      {
        lines.append(head + " " + text + comment(item.afterKey ?? item.trailing))
        if item.afterKey != nil, let trailing = item.trailing { write([trailing], indent: indent) }
      } else {
        write(inner, after: head, of: item, indent: indent, path: path)
      }
    }
  }

  private mutating func write(
    _ inner: Layout.Collection, after head: String, of item: Layout.Item, indent: Int, path: [String]
  ) {
    // What trails a bracket that closes here comes after everything that the brackets held.
    if let trailing = item.trailing { inner.tail.append(trailing) }
    item.trailing = nil
    if item.key != nil {
      lines.append(head + comment(item.afterKey))
      write(inner, indent: indent + 2, path: path)
      return
    }
    // `- key: value` with the other keys below the first: what stands before the first comes before the dash.
    write(Self.takeBeforeDash(inner), indent: indent)
    let start = lines.count
    write(inner, indent: indent + 2, path: path)
    lines[start] = head + " " + lines[start].dropFirst(indent + 2)
  }

  /// What stands before the first text of a value, out of it.
  private static func takeBeforeDash(_ collection: Layout.Collection) -> [Layout.Comment] {
    guard let first = collection.items.first else { return [] }
    defer { (first.leading, first.followsBlank) = ([], false) }
    guard first.key == nil, case .collection(let inner) = first.value else { return first.leading }
    return first.leading + takeBeforeDash(inner)
  }

  // MARK: Scalars

  private mutating func write(
    _ scalar: Layout.Scalar, after head: String, indent: Int, _ trailing: Layout.Comment?
  ) {
    if scalar.text.isEmpty {
      lines.append(head + comment(trailing))
      return
    }
    let parts = scalar.text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    guard parts.count > 1 else {
      lines.append(head + " " + scalar.text + comment(trailing))
      return
    }
    lines.append(head + " " + trimmedEnd(parts[0], scalar.style))
    let margin = String(repeating: " ", count: indent + 2)
    switch scalar.style {
    case .block: lines += BlockScalarLines(parts).lines(margin: margin)
    case .plain, .quoted:
      for part in parts.dropFirst() {
        let text = trimmedEnd(String(part.drop { $0 == " " || $0 == "\t" }), scalar.style)
        lines.append(text.isEmpty ? "" : margin + text)
      }
      lines[lines.count - 1] += comment(trailing)
    }
  }

  /// Blanks at the end of a line mean nothing, but for those that a backslash keeps.
  private func trimmedEnd(_ line: String, _ style: Layout.Scalar.Style) -> String {
    if style == .quoted { return line }
    var line = line[...]
    while let last = line.last, last == " " || last == "\t" { line.removeLast() }
    return String(line)
  }

  // MARK: Comments

  private mutating func write(_ comments: [Layout.Comment], indent: Int, isFirst: Bool = false) {
    for (index, comment) in comments.enumerated() {
      if comment.followsBlank, !(isFirst && index == 0) { addBlank() }
      lines.append(String(repeating: " ", count: indent) + comment.text)
    }
  }

  private func comment(_ comment: Layout.Comment?) -> String { comment.map { "  " + $0.text } ?? "" }

  private mutating func addBlank() { if lines.last != "" { lines.append("") } }
}

/// The lines of a block scalar below its header, moved to another column.
private struct BlockScalarLines {
  private var body: [Substring]
  private let indent: Int

  init(_ parts: [String]) {
    body = parts.dropFirst().map { $0[...] }
    indent = body.first { !$0.allSatisfy { $0 == " " } }?.prefix { $0 == " " }.count ?? 0
    // The last line end is the end of the last line, not a line of its own.
    if let last = body.last, isBlank(last) { body.removeLast() }
    // The header ends at a comment; a `+` keeps the empty lines at the end.
    if parts[0].prefix(while: { $0 != "#" }).contains("+") { return }
    while let last = body.last, isBlank(last) { body.removeLast() }
  }

  private func isBlank(_ line: Substring) -> Bool {
    line.allSatisfy { $0 == " " } && (line.count <= indent || indent == 0)
  }

  func lines(margin: String) -> [String] {
    body.map { isBlank($0) ? "" : margin + $0.dropFirst(indent) }
  }
}
