internal import WritSyntax

extension PolicyDecoder {
  static var nameForm: String {
    "lower-case letters, digits, dots, dashes and underscores, beginning with a letter or digit, 63 at most"
  }

  func name<Kind>(_ text: Located<String>, _ what: @autoclosure () -> String) -> Located<Identifier<Kind>>? {
    guard let name = Identifier<Kind>(validating: text.value) else {
      // The YAML parser's finding already.
      if text.value.hasDeceptiveCharacters { return nil }
      report(
        .invalidName, "`\(text.value.clipped)` is not a name", at: text.span, label: "not \(what())",
        help: "names are made of \(Self.nameForm)")
      return nil
    }
    return Located(name, text.span)
  }

  func name<Kind>(_ node: Node, _ what: @autoclosure () -> String) -> Located<Identifier<Kind>>? {
    guard let text = text(node, what()) else { return nil }
    return name(text, what())
  }

  /// A list of names; those that are none are reported and left out.
  func names<Kind>(_ node: Node, _ what: String, each: String) -> [Located<Identifier<Kind>>] {
    (list(node, what) ?? []).compactMap { name($0, each) }
  }

  /// One name or a list of them.
  func nameOrNames<Kind>(_ node: Node, _ what: String, each: String) -> [Located<Identifier<Kind>>]? {
    oneOrMore(node, what)?.compactMap { name($0, each) }
  }

  func operation(_ node: Node) -> Located<Operation>? {
    guard let text = text(node, "an operation") else { return nil }
    guard let operation = Operation(validating: text.value) else {
      report(
        .invalidName, "`\(text.value.clipped)` is not an operation", at: text.span,
        help: "names are made of \(Self.nameForm)")
      return nil
    }
    return Located(operation, text.span)
  }

  /// Goes through the named entries of one section in all files. A name already taken in its name space is reported; the
  /// first one counts.
  func eachEntry<Kind>(
    _ parts: [Node.Entry], _ what: String, in declared: WritableKeyPath<DeclaredNames, [Identifier<Kind>: SourceSpan]>,
    _ read: (Located<Identifier<Kind>>, Node) -> Void
  ) {
    // Taken out while it grows, so that it is never copied.
    var names = self.declared[keyPath: declared]
    self.declared[keyPath: declared] = [:]
    names.reserveCapacity(names.count + Self.entryCount(parts))
    for part in parts {
      guard let entries = mappingOrBlank(part.value, "`\(part.key.value)`") else { continue }
      for entry in entries {
        guard let name: Located<Identifier<Kind>> = name(entry.key, "a name of \(what)") else { continue }
        if let first = names.updateValue(name.span, forKey: name.value) {
          names[name.value] = first
          // A key twice in one mapping is the YAML parser's finding, and only the first is in the tree.
          report(
            .duplicateName, "the name `\(name.value)` is given twice", at: name.span, label: "again here",
            related: [.init(first, "first given here")], help: "choose another name for one of them")
          continue
        }
        read(name, entry.value)
      }
    }
    self.declared[keyPath: declared] = names
  }

  /// How many entries one section has in all files.
  static func entryCount(_ parts: [Node.Entry]) -> Int {
    parts.reduce(0) { count, part in
      if case .mapping(let entries) = part.value.content { count + entries.count } else { count }
    }
  }
}
