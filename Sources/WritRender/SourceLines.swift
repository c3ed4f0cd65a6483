internal import WritSyntax

/// The lines of the files that findings point into; each file is cut once, when it is first asked for.
struct SourceLines {
  private let sources: SourceTable
  private var starts: [SourceID: [Int]] = [:]

  init(_ sources: SourceTable) { self.sources = sources }

  /// The line (counted from 1) without its end; empty beyond the last. Bytes that are not UTF-8 become U+FFFD.
  mutating func line(_ number: UInt32, of id: SourceID) -> String {
    let starts = self.starts[id] ?? cut(id)
    let bytes = sources[id].bytes
    let index = Int(number) - 1
    guard starts.indices.contains(index) else { return "" }
    var end = index + 1 < starts.count ? starts[index + 1] - 1 : bytes.count
    if end > starts[index], bytes[end - 1] == UInt8(ascii: "\r") { end -= 1 }
    return String(decoding: bytes[starts[index]..<end], as: UTF8.self)
  }

  private mutating func cut(_ id: SourceID) -> [Int] {
    let bytes = sources[id].bytes
    // A byte-order mark belongs to no column.
    var starts = [bytes.starts(with: [0xef, 0xbb, 0xbf]) ? 3 : 0]
    for (index, byte) in bytes.enumerated() where byte == UInt8(ascii: "\n") { starts.append(index + 1) }
    self.starts[id] = starts
    return starts
  }
}
