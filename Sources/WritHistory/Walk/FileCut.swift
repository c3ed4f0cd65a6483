internal import WritSyntax

/// A policy file cut into its entries at the lines where they begin, without reading what they say.
///
/// It only takes files of the plain layout: section keys at the beginning of a line with nothing behind them, and the entries of a
/// section all in one column. Where a line seems to begin an entry and does not (within quotes, brackets), the cut is wrong; so one
/// is only relied on after ``agrees(with:)``, and a changed block only when it can be read by itself
/// (``entry(of:in:)``): YAML is read from left to right, and what is closed at the end of a line leaves nothing open for the next.
struct FileCut {
  /// One entry, with the comments and blank lines behind it.
  struct Block {
    var section: Int
    var bytes: Range<Int>
    /// From 1.
    var line: Int
  }

  struct Section: Equatable {
    var name: String
    /// The column of its entries, from 0; -1 while it has none.
    var column: Int
    var isList: Bool
    /// The lines from its key to its first entry, and before the first section those up to it.
    var head: [UInt8]
  }

  private(set) var sections: [Section] = []
  private(set) var blocks: [Block] = []
  private(set) var preamble: [UInt8] = []

  /// Nil for another layout.
  init?(_ bytes: [UInt8]) {
    let isPlain = bytes.withUnsafeBufferPointer { cut($0) }
    if !isPlain { return nil }
  }

  private mutating func cut(_ bytes: UnsafeBufferPointer<UInt8>) -> Bool {
    var line = 0
    var start = 0
    var headStart = 0
    while start < bytes.count {
      line += 1
      let end = Self.end(ofLine: start, bytes)
      var column = start
      while column < end, bytes[column] == 0x20 { column += 1 }
      let isContent = column < end && bytes[column] != UInt8(ascii: "#")
      if isContent {
        let indent = column - start
        let isItem =
          bytes[column] == UInt8(ascii: "-") && (column + 1 == end || bytes[column + 1] == 0x20)
        guard let last = sections.indices.last, indent > 0 || isItem else {
          guard let name = Self.key(bytes[start..<end]) else { return false }
          close(at: start, headStart, bytes)
          if sections.contains(where: { $0.name == name }) { return false }
          sections.append(Section(name: name, column: -1, isList: false, head: []))
          headStart = start
          start = end + 1
          continue
        }
        if sections[last].column < 0 {
          sections[last].column = indent
          sections[last].isList = isItem
          sections[last].head = Array(bytes[headStart..<start])
          blocks.append(Block(section: last, bytes: start..<start, line: line))
        } else if indent < sections[last].column || (indent == sections[last].column && isItem != sections[last].isList)
        {
          return false
        } else if indent == sections[last].column {
          blocks[blocks.count - 1].bytes = blocks[blocks.count - 1].bytes.lowerBound..<start
          blocks.append(Block(section: last, bytes: start..<start, line: line))
        }
      }
      start = end + 1
    }
    close(at: bytes.count, headStart, bytes)
    return !sections.isEmpty
  }

  /// Ends what goes on before a section or the end of the file.
  private mutating func close(at end: Int, _ headStart: Int, _ bytes: UnsafeBufferPointer<UInt8>) {
    guard let last = sections.indices.last else {
      preamble = Array(bytes[..<end])
      return
    }
    if sections[last].column < 0 {
      sections[last].head = Array(bytes[headStart..<end])
    } else {
      blocks[blocks.count - 1].bytes = blocks[blocks.count - 1].bytes.lowerBound..<end
    }
  }

  /// Where the line ends, before its line feed. Eight bytes at a time: a word holds a line feed where the word that differs from
  /// line feeds has a zero byte.
  private static func end(ofLine start: Int, _ bytes: UnsafeBufferPointer<UInt8>) -> Int {
    let raw = UnsafeRawBufferPointer(bytes)
    var end = start
    while end + 8 <= raw.count {
      let word = UInt64(littleEndian: raw.loadUnaligned(fromByteOffset: end, as: UInt64.self)) ^ 0x0a0a_0a0a_0a0a_0a0a
      let zeros = (word &- 0x0101_0101_0101_0101) & ~word & 0x8080_8080_8080_8080
      if zeros != 0 { return end + zeros.trailingZeroBitCount / 8 }
      end += 8
    }
    while end < raw.count, raw[end] != 0x0a { end += 1 }
    return end
  }

  /// `people:` and nothing else on the line but a comment.
  private static func key(_ line: Slice<UnsafeBufferPointer<UInt8>>) -> String? {
    guard let colon = line.firstIndex(of: UInt8(ascii: ":")) else { return nil }
    let name = line[..<colon]
    let isName = name.allSatisfy { (UInt8(ascii: "a")...UInt8(ascii: "z")).contains($0) || $0 == UInt8(ascii: "-") }
    guard isName, let first = name.first, first != UInt8(ascii: "-") else { return nil }
    let rest = line[(colon + 1)...].drop { $0 == 0x20 }
    guard rest.isEmpty || (rest.first == UInt8(ascii: "#") && rest.startIndex > colon + 1) else { return nil }
    return String(decoding: name, as: UTF8.self)
  }

  /// Whether the file, read as a whole, has exactly these sections, and entries that begin in exactly these places.
  func agrees(with root: Node) -> Bool {
    guard case .mapping(let entries) = root.content, entries.count == sections.count else { return false }
    var next = 0
    for (number, section) in sections.enumerated() {
      let entry = entries[number]
      guard entry.key.value == section.name else { return false }
      let first = next
      while next < blocks.count, blocks[next].section == number { next += 1 }
      let own = blocks[first..<next]
      guard let beginning = own.first else {
        guard case .scalar("", isPlain: true) = entry.value.content else { return false }
        continue
      }
      let column = UInt32(section.column + 1)
      guard entry.value.span.start == SourcePosition(line: UInt32(beginning.line), column: column) else { return false }
      switch entry.value.content {
      case .mapping(let entries):
        let places = entries.map(\.key.span.start)
        guard !section.isList, places == own.map({ SourcePosition(line: UInt32($0.line), column: column) }) else {
          return false
        }
      case .sequence(let items):
        guard section.isList, items.map(\.span.start.line) == own.map({ UInt32($0.line) }) else { return false }
      case .scalar: return false
      }
    }
    return true
  }

  /// What one block says, read by itself below its section's key.
  enum Entry {
    case named(Node.Entry)
    case item(Node)
  }

  /// Nil where it cannot be read by itself, or is not exactly one entry that begins with the block.
  func entry(of block: Block, in bytes: [UInt8], _ parse: (SourceFile, SourceID) -> (root: Node?, findings: [Finding]))
    -> Entry?
  {
    let section = sections[block.section]
    var text: [UInt8] = []
    text.reserveCapacity(section.name.utf8.count + 2 + block.bytes.count)
    text.append(contentsOf: section.name.utf8)
    text.append(UInt8(ascii: ":"))
    text.append(0x0a)
    text.append(contentsOf: bytes[block.bytes])
    let (root, findings) = parse(SourceFile(path: "", bytes: text), SourceID(index: 0))
    guard findings.isEmpty, let root, case .mapping(let sections) = root.content, sections.count == 1,
      let value = sections.first?.value,
      value.span.start == SourcePosition(line: 2, column: UInt32(section.column + 1))
    else { return nil }
    switch value.content {
    case .mapping(let entries):
      guard !section.isList, entries.count == 1, let entry = entries.first else { return nil }
      return .named(entry)
    case .sequence(let items):
      guard section.isList, items.count == 1, let item = items.first, item.span.start.line == 2 else { return nil }
      return .item(item)
    case .scalar: return nil
    }
  }
}
