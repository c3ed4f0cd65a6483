internal import WritSyntax

/// The difference of two texts as `diff -u` shows it, with nothing hidden in its lines.
public struct FileDiff {
  public var style: TextStyle
  /// Lines shown around a change.
  private static let context = 3

  public init(style: TextStyle = .plain) { self.style = style }

  /// Empty when the texts are equal.
  public func text(_ path: String, from old: [UInt8], to new: [UInt8]) -> String {
    let (a, b) = (Self.lines(old), Self.lines(new))
    let rows = Self.rows(a, b)
    guard rows.contains(where: { $0.mark != " " }) else { return "" }
    var out = style.bold("--- \(visible(path))") + "\n" + style.bold("+++ \(visible(path))") + "\n"
    for hunk in Self.hunks(rows) {
      let part = rows[hunk]
      let before = rows[..<hunk.lowerBound]
      out += Self.header(before, part) + "\n"
      for row in part {
        let line = row.mark + visible(row.text)
        out += (row.mark == "-" ? style.removed(line) : row.mark == "+" ? style.added(line) : line) + "\n"
      }
    }
    return out
  }

  private struct Row {
    var mark: String
    var text: String
  }

  private static func lines(_ bytes: [UInt8]) -> [String] {
    var lines = String(decoding: bytes, as: UTF8.self).split(separator: "\n", omittingEmptySubsequences: false).map(
      String.init)
    if lines.last?.isEmpty == true { lines.removeLast() }
    return lines
  }

  private static func rows(_ a: [String], _ b: [String]) -> [Row] {
    var (gone, come): (Set<Int>, Set<Int>) = ([], [])
    for change in b.difference(from: a) {
      switch change {
      case .remove(let offset, _, _): gone.insert(offset)
      case .insert(let offset, _, _): come.insert(offset)
      }
    }
    var rows: [Row] = []
    var (i, j) = (0, 0)
    while i < a.count || j < b.count {
      if gone.contains(i) {
        rows.append(Row(mark: "-", text: a[i]))
        i += 1
      } else if come.contains(j) {
        rows.append(Row(mark: "+", text: b[j]))
        j += 1
      } else {
        rows.append(Row(mark: " ", text: a[i]))
        i += 1
        j += 1
      }
    }
    return rows
  }

  private static func hunks(_ rows: [Row]) -> [Range<Int>] {
    var hunks: [Range<Int>] = []
    for index in rows.indices where rows[index].mark != " " {
      let around = max(0, index - context)..<min(rows.count, index + context + 1)
      if let last = hunks.last, around.lowerBound <= last.upperBound {
        hunks[hunks.count - 1] = last.lowerBound..<around.upperBound
      } else {
        hunks.append(around)
      }
    }
    return hunks
  }

  private static func header(_ before: ArraySlice<Row>, _ part: ArraySlice<Row>) -> String {
    func range(_ other: String) -> String {
      let count = part.count { $0.mark != other }
      let start = before.count { $0.mark != other } + (count > 0 ? 1 : 0)
      return count == 1 ? "\(start)" : "\(start),\(count)"
    }
    return "@@ -\(range("+")) +\(range("-")) @@"
  }
}
