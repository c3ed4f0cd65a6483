/// Writes a mapping or a list on one line, in brackets, where that is possible.
struct LayoutFlow {
  let rules: LayoutRules

  /// Nil where the value was written over several lines on purpose, holds a comment, or must not be on one line.
  func text(_ collection: Layout.Collection, at path: [String]) -> String? {
    if collection.items.isEmpty { return collection.isMapping ? "{}" : "[]" }
    if LayoutRules.matches(path, rules.oneKeyALine) || LayoutRules.matches(path, rules.oneEntryALine) { return nil }
    let isCompact = path.last == "-" && LayoutRules.matches(Array(path.dropLast()), rules.compactEntries)
    guard collection.isFlow || isCompact else { return nil }
    return inline(collection, at: path, fromBlock: isCompact && !collection.isFlow)
  }

  private func inline(_ collection: Layout.Collection, at path: [String], fromBlock: Bool) -> String? {
    guard collection.tail.isEmpty else { return nil }
    // Several entries of such a list on one line are what the rule is about; one does no harm.
    if collection.items.count > 1, LayoutRules.matches(path, rules.oneEntryALine) { return nil }
    var parts: [String] = []
    for (index, item) in collection.items.enumerated() {
      guard item.leading.isEmpty, item.afterKey == nil, item.trailing == nil else { return nil }
      let inner = path + [collection.isMapping ? item.name : "-"]
      guard let value = inline(item.value, at: inner, fromBlock: fromBlock) else { return nil }
      guard !fromBlock || item.key.map(Self.isSafe) ?? true else { return nil }
      // A comma right after the colon would be part of the key.
      let gap = value.isEmpty && index + 1 == collection.items.count ? "" : " "
      parts.append(item.key.map { "\($0):\(gap)\(value)" } ?? value)
    }
    let list = parts.joined(separator: ", ")
    return collection.isMapping ? "{ \(list) }" : "[\(list)]"
  }

  private func inline(_ value: Layout.Value, at path: [String], fromBlock: Bool) -> String? {
    switch value {
    case .scalar(let scalar):
      guard scalar.style != .block, !scalar.text.contains("\n") else { return nil }
      // A plain text on lines of its own may hold what would end it between brackets.
      return fromBlock && scalar.style == .plain && !Self.isSafe(scalar.text) ? nil : scalar.text
    case .collection(let collection):
      if collection.items.isEmpty { return collection.tail.isEmpty ? (collection.isMapping ? "{}" : "[]") : nil }
      guard collection.isFlow || fromBlock else { return nil }
      return inline(collection, at: path, fromBlock: fromBlock && !collection.isFlow)
    }
  }

  private static func isSafe(_ plain: String) -> Bool {
    plain.first == "\"" || plain.first == "'"
      || !plain.contains { ",[]{}?".contains($0) } && !plain.contains(":,")
        && plain.last != ":" && !plain.isEmpty
  }
}
