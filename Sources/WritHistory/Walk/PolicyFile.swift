internal import WritSyntax

/// One policy file of the last commit that could be read, with what is needed to compare it with its next version.
struct PolicyFile: Sendable {
  typealias Parse = PolicyFiles.Parse

  /// Larger files are cut into their entries, so that one changed line is not paid for with the whole file.
  static let cutFrom = 8192
  /// More changed entries than this are quicker read with the whole file.
  static let blockLimit = 64

  let source: SourceFile
  /// Of a file that was cut; it agrees with what the file says as a whole.
  private(set) var cut: FileCut?
  /// The sections, where they are not to be found by the cut.
  private(set) var sections: [Node.Entry] = []

  /// Of the file as it was read as a whole.
  init(_ source: SourceFile, root: Node?) {
    self.source = source
    if source.bytes.count >= Self.cutFrom, let root, let cut = FileCut(source.bytes), cut.agrees(with: root) {
      self.cut = cut
    } else if case .mapping(let entries)? = root?.content {
      sections = entries
    }
  }

  private init(_ source: SourceFile, cut: FileCut) {
    self.source = source
    self.cut = cut
  }

  /// Its sections, read again where they were not kept.
  func sections(_ parse: Parse) -> [Node.Entry] {
    guard cut != nil, case .mapping(let entries)? = parse(source, SourceID(index: 0)).root?.content else {
      return sections
    }
    return entries
  }

  /// The next version, and what it changes, by the changed entries alone. Nil where it takes the whole file to tell.
  func next(_ source: SourceFile, _ parse: Parse, _ change: inout PolicyChange) -> PolicyFile? {
    guard let old = cut, let new = FileCut(source.bytes), old.preamble == new.preamble, old.sections == new.sections
    else { return nil }
    var (low, oldEnd, newEnd) = (0, old.blocks.count, new.blocks.count)
    self.source.bytes.withUnsafeBytes { before in
      source.bytes.withUnsafeBytes { after in
        func isSame(_ a: FileCut.Block, _ b: FileCut.Block) -> Bool {
          a.section == b.section && Self.areEqual(before, a.bytes, after, b.bytes)
        }
        while low < min(oldEnd, newEnd), isSame(old.blocks[low], new.blocks[low]) { low += 1 }
        while oldEnd > low, newEnd > low, isSame(old.blocks[oldEnd - 1], new.blocks[newEnd - 1]) {
          oldEnd -= 1
          newEnd -= 1
        }
      }
    }
    guard oldEnd - low + newEnd - low <= Self.blockLimit else { return nil }
    var found = change
    for block in old.blocks[low..<oldEnd] {
      guard let entry = old.entry(of: block, in: self.source.bytes, parse) else { return nil }
      found.remove(entry, from: old.sections[block.section].name)
    }
    for block in new.blocks[low..<newEnd] {
      guard let entry = new.entry(of: block, in: source.bytes, parse) else { return nil }
      found.add(entry, to: new.sections[block.section].name)
    }
    change = found
    return PolicyFile(source, cut: new)
  }

  /// Eight bytes at a time: of a long file nearly everything is compared, at every commit.
  private static func areEqual(
    _ a: UnsafeRawBufferPointer, _ own: Range<Int>, _ b: UnsafeRawBufferPointer, _ other: Range<Int>
  ) -> Bool {
    guard own.count == other.count else { return false }
    var (left, right) = (own.lowerBound, other.lowerBound)
    while left + 8 <= own.upperBound {
      let word = a.loadUnaligned(fromByteOffset: left, as: UInt64.self)
      if word != b.loadUnaligned(fromByteOffset: right, as: UInt64.self) { return false }
      left += 8
      right += 8
    }
    while left < own.upperBound {
      if a[left] != b[right] { return false }
      left += 1
      right += 1
    }
    return true
  }
}
