/// The number of a file within one ``SourceTable``.
public struct SourceID: Hashable, Sendable, Comparable {
  public let index: UInt32

  public init(index: UInt32) { self.index = index }

  public static func < (a: SourceID, b: SourceID) -> Bool { a.index < b.index }
}

/// A place in a file: line and column, both counted from 1, columns in Unicode scalars.
public struct SourcePosition: Hashable, Sendable, Comparable {
  public var line: UInt32
  public var column: UInt32

  public init(line: UInt32, column: UInt32) {
    self.line = line
    self.column = column
  }

  public static func < (a: SourcePosition, b: SourcePosition) -> Bool {
    (a.line, a.column) < (b.line, b.column)
  }
}

/// A stretch of one file: `start` up to, not including, `end`.
///
/// It is small on purpose (a policy of 100,000 assignments holds several hundred thousand); the file's
/// path and text are found through the ``SourceTable`` that made the number.
public struct SourceSpan: Hashable, Sendable, Comparable {
  public var source: SourceID
  public var start: SourcePosition
  public var end: SourcePosition

  public init(source: SourceID, start: SourcePosition, end: SourcePosition) {
    self.source = source
    self.start = start
    self.end = end
  }

  public static func < (a: SourceSpan, b: SourceSpan) -> Bool {
    (a.source, a.start, a.end) < (b.source, b.start, b.end)
  }
}

/// A value with the place where it was written. Equality ignores the place.
public struct Located<Value> {
  public var value: Value
  public var span: SourceSpan

  public init(_ value: Value, _ span: SourceSpan) {
    self.value = value
    self.span = span
  }
}

extension Located: Sendable where Value: Sendable {}

extension Located: Equatable where Value: Equatable {
  public static func == (a: Located, b: Located) -> Bool { a.value == b.value }
}

extension Located: Hashable where Value: Hashable {
  public func hash(into hasher: inout Hasher) { hasher.combine(value) }
}
