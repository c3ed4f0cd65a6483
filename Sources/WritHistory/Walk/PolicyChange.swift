internal import WritPolicy
internal import WritSyntax

/// What one commit changes in the sections of the policy, gathered file by file. Places and the order of entries do not count.
struct PolicyChange {
  private(set) var sections: [SectionChange] = []
  private var numbers: [String: Int] = [:]

  private mutating func number(of section: String) -> Int {
    if let known = numbers[section] { return known }
    sections.append(SectionChange(section: section))
    numbers[section] = sections.count - 1
    return sections.count - 1
  }

  mutating func remove(_ entry: FileCut.Entry, from section: String) {
    let number = number(of: section)
    switch entry {
    case .named(let entry): sections[number].removed.append(entry)
    case .item(let item): sections[number].removedItems.append(item)
    }
  }

  mutating func add(_ entry: FileCut.Entry, to section: String) {
    let number = number(of: section)
    switch entry {
    case .named(let entry): sections[number].added.append(entry)
    case .item(let item): sections[number].addedItems.append(item)
    }
  }

  /// Takes in one file before and after, by its sections. False where a section has a form that is compared nowhere.
  mutating func compare(_ old: [Node.Entry], _ new: [Node.Entry]) -> Bool {
    var before = Dictionary(old.map { ($0.key.value, $0.value) }) { first, _ in first }
    for section in new {
      guard compare(before.removeValue(forKey: section.key.value), section.value, section.key.value) else {
        return false
      }
    }
    for section in old where before[section.key.value] != nil {
      guard compare(section.value, nil, section.key.value) else { return false }
    }
    return true
  }

  private mutating func compare(_ old: Node?, _ new: Node?, _ section: String) -> Bool {
    if let old, let new, old.saysTheSame(as: new) { return true }
    guard let before = Self.parts(old), let after = Self.parts(new) else { return false }
    // Of a section that comes with nothing in it no entry says that its name is none.
    if old == nil, after.isEmpty { return false }
    var low = 0
    while low < min(before.count, after.count), before[low].saysTheSame(as: after[low]) { low += 1 }
    var (oldEnd, newEnd) = (before.count, after.count)
    while oldEnd > low, newEnd > low, before[oldEnd - 1].saysTheSame(as: after[newEnd - 1]) {
      oldEnd -= 1
      newEnd -= 1
    }
    for part in before[low..<oldEnd] { remove(part, from: section) }
    for part in after[low..<newEnd] { add(part, to: section) }
    return true
  }

  /// Nil for a section that is text, which none may be.
  private static func parts(_ section: Node?) -> [FileCut.Entry]? {
    guard let section else { return [] }
    switch section.content {
    case .mapping(let entries): return entries.map(FileCut.Entry.named)
    case .sequence(let items): return items.map(FileCut.Entry.item)
    case .scalar(let text, let isPlain): return text.isEmpty && isPlain ? [] : nil
    }
  }
}

extension FileCut.Entry {
  fileprivate func saysTheSame(as other: FileCut.Entry) -> Bool {
    switch (self, other) {
    case (.named(let a), .named(let b)): a.key.value == b.key.value && a.value.saysTheSame(as: b.value)
    case (.item(let a), .item(let b)): a.saysTheSame(as: b)
    default: false
    }
  }
}

extension Node {
  /// Equal but for the places.
  fileprivate func saysTheSame(as other: Node) -> Bool {
    switch (content, other.content) {
    case (.scalar(let a, let isPlain), .scalar(let b, let isAlsoPlain)): a == b && isPlain == isAlsoPlain
    case (.sequence(let a), .sequence(let b)):
      a.count == b.count && zip(a, b).allSatisfy { $0.saysTheSame(as: $1) }
    case (.mapping(let a), .mapping(let b)):
      a.count == b.count && zip(a, b).allSatisfy { $0.key.value == $1.key.value && $0.value.saysTheSame(as: $1.value) }
    default: false
    }
  }
}
