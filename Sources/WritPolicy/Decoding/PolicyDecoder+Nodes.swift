internal import WritSyntax

extension Node {
  /// Nothing is written: `key:` and the end of the line.
  var isBlank: Bool {
    if case .scalar(let text, isPlain: true) = content { return text.isEmpty }
    return false
  }

  /// What people call a node of this form.
  var form: String {
    switch content {
    case .scalar: isBlank ? "nothing" : "text"
    case .sequence: "a list"
    case .mapping: "a mapping"
    }
  }
}

/// The shapes of YAML. Each reader reports what has another shape and gives nil. What a thing is called is only asked
/// for when there is something to report.
extension PolicyDecoder {
  func wrongType(_ node: Node, _ what: @autoclosure () -> String, _ wanted: String, help: String = "") {
    report(
      .wrongType, "\(what()) must be \(wanted), not \(node.form)", at: node.span, label: "expected \(wanted)",
      help: help)
  }

  func mapping(_ node: Node, _ what: @autoclosure () -> String) -> [Node.Entry]? {
    guard case .mapping(let entries) = node.content else {
      wrongType(node, what(), "a mapping")
      return nil
    }
    return entries
  }

  /// Like ``mapping(_:_:)``, but nothing written is an empty mapping.
  func mappingOrBlank(_ node: Node, _ what: @autoclosure () -> String) -> [Node.Entry]? {
    node.isBlank ? [] : mapping(node, what())
  }

  func list(_ node: Node, _ what: @autoclosure () -> String) -> [Node]? {
    guard case .sequence(let items) = node.content else {
      var help = ""
      if case .scalar(let text, _) = node.content, !text.isEmpty { help = "write `[\(text.clipped)]`" }
      wrongType(node, what(), "a list", help: help)
      return nil
    }
    return items
  }

  /// Like ``list(_:_:)``, but nothing written is an empty list.
  func listOrBlank(_ node: Node, _ what: @autoclosure () -> String) -> [Node]? {
    node.isBlank ? [] : list(node, what())
  }

  /// One scalar, or a list of them.
  func oneOrMore(_ node: Node, _ what: @autoclosure () -> String) -> [Node]? {
    switch node.content {
    case .scalar where !node.isBlank: return [node]
    case .sequence(let items):
      if items.isEmpty {
        report(.invalidValue, "\(what()) is an empty list", at: node.span, label: "nothing in it")
        return nil
      }
      return items
    default:
      wrongType(node, what(), "text or a list")
      return nil
    }
  }

  /// Text that may have several lines.
  func text(_ node: Node, _ what: @autoclosure () -> String) -> Located<String>? {
    guard case .scalar(let text, _) = node.content, !node.isBlank else {
      wrongType(node, what(), "text")
      return nil
    }
    return Located(text, node.span)
  }

  /// Text of one line, neither empty nor with tabs.
  func line(_ node: Node, _ what: @autoclosure () -> String) -> Located<String>? {
    guard let text = text(node, what()) else { return nil }
    if text.value.isEmpty {
      report(.invalidValue, "\(what()) is empty", at: node.span)
      return nil
    }
    // What hides or reorders text is the YAML parser's finding; here it only must not pass.
    if text.value.hasDeceptiveCharacters { return nil }
    guard !text.value.utf8.contains(where: { $0 == UInt8(ascii: "\n") || $0 == UInt8(ascii: "\t") }) else {
      report(.invalidValue, "\(what()) must be one line without tabs", at: node.span)
      return nil
    }
    return text
  }

  func lines(_ node: Node, _ what: @autoclosure () -> String) -> [Located<String>] {
    (list(node, what()) ?? []).compactMap { line($0, "an entry of \(what())") }
  }

  func boolean(_ node: Node, _ what: @autoclosure () -> String) -> Located<Bool>? {
    guard let text = text(node, what()) else { return nil }
    switch text.value {
    case "true": return Located(true, text.span)
    case "false": return Located(false, text.span)
    default:
      invalid(text, what(), "`true` or `false`")
      return nil
    }
  }

  /// A whole number without sign or leading zeros.
  func number(_ node: Node, _ what: @autoclosure () -> String) -> Located<Int>? {
    guard let text = text(node, what()) else { return nil }
    guard let number = Int(plainDecimal: text.value) else {
      invalid(text, what(), "a whole number")
      return nil
    }
    return Located(number, text.span)
  }

  func duration(_ node: Node, _ what: @autoclosure () -> String) -> Located<Duration>? {
    guard let text = text(node, what()) else { return nil }
    guard let duration = Duration(validating: text.value) else {
      invalid(text, what(), "a length of time such as `30d`, `12h` or `90m`")
      return nil
    }
    return Located(duration, text.span)
  }

  /// One of the words of an enum, with the nearest suggested.
  func word<Word: RawRepresentable<String> & CaseIterable>(
    _ node: Node, _ what: String, _ type: Word.Type = Word.self
  ) -> Located<Word>? {
    guard let text = text(node, what) else { return nil }
    if let word = Word(rawValue: text.value) { return Located(word, text.span) }
    let words = Word.allCases.map(\.rawValue)
    let near = nearest(to: text.value, among: words)
    report(
      .invalidValue, "\(what) cannot be `\(text.value.clipped)`", at: text.span,
      label: "expected \(words.map { "`\($0)`" }.joined(separator: ", "))",
      help: near.map { "did you mean `\($0)`?" } ?? "")
    return nil
  }

  func invalid(_ text: Located<String>, _ what: String, _ wanted: String, help: String = "") {
    report(
      .invalidValue, "\(what) cannot be `\(text.value.clipped)`", at: text.span, label: "expected \(wanted)",
      help: help)
  }

  func unknownKey(_ key: Located<String>, known: [String], in what: String) {
    let near = nearest(to: key.value, among: known)
    report(
      .unknownKey, "\(what) has no key `\(key.value.clipped)`", at: key.span, label: "unknown key",
      help: near.map { "did you mean `\($0)`?" } ?? "known keys: \(known.joined(separator: ", "))")
  }

  func missingKey(_ key: String, of what: String, at span: SourceSpan, help: String = "") {
    report(.missingKey, "\(what) has no `\(key)`", at: span, label: "`\(key)` is missing", help: help)
  }
}

extension Int {
  /// Decimal digits only, without sign or leading zeros; nil otherwise and when too large.
  init?(plainDecimal text: String) {
    let digits = text.utf8
    guard (1...18).contains(digits.count), digits.count == 1 || digits.first != UInt8(ascii: "0"),
      digits.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) })
    else { return nil }
    self.init(text)
  }
}

extension String {
  /// Short enough for a message.
  var clipped: String {
    let limit = 80
    return unicodeScalars.count <= limit ? self : String(String.UnicodeScalarView(unicodeScalars.prefix(limit))) + "…"
  }

  var hasDeceptiveCharacters: Bool {
    // Bytes first: almost all text is plain ASCII.
    if utf8.allSatisfy({ $0 >= 0x20 && $0 < 0x7f }) { return false }
    return unicodeScalars.contains(where: \.isDeceptive)
  }
}
