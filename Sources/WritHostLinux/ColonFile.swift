/// One of `passwd`, `shadow`, `group`, `gshadow`: lines of fields between colons, found by their first field.
///
/// Whatever is not changed keeps its bytes and its place: comments, blank and unknown lines, and the NIS entries that
/// begin with `+` or `-` (passwd(5)). New entries go before the first of these, as `useradd` puts them, since a lookup
/// that reaches `+` goes on elsewhere.
struct ColonFile: Sendable {
  /// nil: the line is gone.
  private var lines: [[UInt8]?]
  /// How many lines stand before the first NIS entry; new entries follow there.
  private let head: Int
  private var added: [[UInt8]?] = []
  /// By name; `lines.count` and more: the place in `added`.
  private var index: [String: Int]
  private let endsWithLineFeed: Bool
  private(set) var changed = false
  /// Names that stand in more than one entry; the first counts (getpwnam(3) reads from the top).
  let repeated: Set<String>

  init(_ bytes: [UInt8]) {
    var split = bytes.split(separator: 10, omittingEmptySubsequences: false)
    endsWithLineFeed = split.last?.isEmpty ?? true
    if endsWithLineFeed, !split.isEmpty { split.removeLast() }
    lines = []
    lines.reserveCapacity(split.count)
    index = [:]
    index.reserveCapacity(split.count)
    var head: Int?
    var repeated: Set<String> = []
    for (number, line) in split.enumerated() {
      lines.append(Array(line))
      guard let first = line.first else { continue }
      if first == UInt8(ascii: "+") || first == UInt8(ascii: "-") {
        head = head ?? number
        continue
      }
      guard first != UInt8(ascii: "#"), let colon = line.firstIndex(of: UInt8(ascii: ":")) else { continue }
      let name = String(decoding: line[..<colon], as: UTF8.self)
      if index[name] == nil { index[name] = number } else { repeated.insert(name) }
    }
    self.head = head ?? split.count
    self.repeated = repeated
  }

  var names: some Collection<String> { index.keys }

  func contains(_ name: String) -> Bool { index[name] != nil }

  /// The fields of the entry, the name among them.
  subscript(name: String) -> [String]? {
    guard let position = index[name], let line = line(position) else { return nil }
    return line.split(separator: UInt8(ascii: ":"), omittingEmptySubsequences: false).map {
      String(decoding: $0, as: UTF8.self)
    }
  }

  private func line(_ position: Int) -> [UInt8]? {
    position < lines.count ? lines[position] : added[position - lines.count]
  }

  private mutating func put(_ line: [UInt8]?, at position: Int) {
    if position < lines.count { lines[position] = line } else { added[position - lines.count] = line }
    changed = true
  }

  mutating func append(_ fields: [String]) {
    index[fields[0]] = lines.count + added.count
    added.append(Array(fields.joined(separator: ":").utf8))
    changed = true
  }

  /// Puts `text` in one field; the other fields keep their bytes. False when the entry has no such field.
  mutating func set(_ text: String, field: Int, of name: String) -> Bool {
    guard let position = index[name], let line = line(position) else { return false }
    var fields = line.split(separator: UInt8(ascii: ":"), omittingEmptySubsequences: false)
    guard field < fields.count else { return false }
    let new = Array(text.utf8)
    guard !fields[field].elementsEqual(new) else { return true }
    fields[field] = new[...]
    put(Array(fields.joined(separator: [UInt8(ascii: ":")])), at: position)
    return true
  }

  mutating func remove(_ name: String) {
    guard let position = index.removeValue(forKey: name) else { return }
    put(nil, at: position)
  }

  var bytes: [UInt8] {
    var out: [UInt8] = []
    var written = lines[..<head].compactMap { $0 }
    written += added.compactMap { $0 }
    written += lines[head...].compactMap { $0 }
    for (number, line) in written.enumerated() {
      out += line
      if number < written.count - 1 || endsWithLineFeed || !added.isEmpty { out.append(10) }
    }
    return out
  }
}
