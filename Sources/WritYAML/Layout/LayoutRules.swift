/// Which lists are written with one entry a line, whatever fits on one.
public struct LayoutRules: Sendable {
  /// Keys from the root to a list; `*` stands for any key.
  public var oneEntryALine: [[String]]
  /// Keys from the root to a mapping that is never written on one line.
  public var oneKeyALine: [[String]]
  /// Lists whose entries are written in braces where they fit on one line.
  public var compactEntries: [[String]]

  public init(oneEntryALine: [[String]], oneKeyALine: [[String]], compactEntries: [[String]]) {
    self.oneEntryALine = oneEntryALine
    self.oneKeyALine = oneKeyALine
    self.compactEntries = compactEntries
  }

  static func matches(_ path: [String], _ patterns: [[String]]) -> Bool {
    patterns.contains { pattern in
      pattern.count == path.count && zip(pattern, path).allSatisfy { $0 == "*" || $0 == $1 }
    }
  }
}
