/// Half-open stretch of time: `start` holds, `end` is the first instant that does not.
public struct Interval: Hashable, Sendable {
  public var start: Instant
  public var end: Instant

  public init(_ start: Instant, _ end: Instant) {
    self.start = start
    self.end = end
  }

  public static let always = Interval(.distantPast, .distantFuture)

  public var isEmpty: Bool { end <= start }
  public func contains(_ instant: Instant) -> Bool { start <= instant && instant < end }
}

/// A set of instants: sorted, disjoint intervals that do not touch one another.
public struct IntervalSet: Hashable, Sendable {
  public private(set) var intervals: [Interval]

  public static let empty = IntervalSet([])
  public static let always = IntervalSet([.always])

  /// The union of any intervals, empty ones ignored.
  public init(_ parts: [Interval]) {
    if parts.count == 1 {
      intervals = parts[0].isEmpty ? [] : parts
      return
    }
    var merged: [Interval] = []
    for part in parts.filter({ !$0.isEmpty }).sorted(by: { ($0.start, $0.end) < ($1.start, $1.end) }) {
      if let last = merged.last, part.start <= last.end {
        merged[merged.count - 1].end = max(last.end, part.end)
      } else {
        merged.append(part)
      }
    }
    intervals = merged
  }

  public init(_ interval: Interval) { self.init([interval]) }

  public var isEmpty: Bool { intervals.isEmpty }

  public func contains(_ instant: Instant) -> Bool {
    intervals.contains { $0.contains(instant) }
  }

  public func union(_ other: IntervalSet) -> IntervalSet {
    if isEmpty { return other }
    if other.isEmpty { return self }
    return IntervalSet(intervals + other.intervals)
  }

  public func intersection(_ other: IntervalSet) -> IntervalSet {
    if self == .always { return other }
    if other == .always { return self }
    var out: [Interval] = []
    var i = 0
    var j = 0
    while i < intervals.count, j < other.intervals.count {
      let a = intervals[i]
      let b = other.intervals[j]
      let both = Interval(max(a.start, b.start), min(a.end, b.end))
      if !both.isEmpty { out.append(both) }
      if a.end < b.end { i += 1 } else { j += 1 }
    }
    return IntervalSet(out)
  }

  public func subtracting(_ other: IntervalSet) -> IntervalSet {
    if other.isEmpty || isEmpty { return self }
    return intersection(other.complement)
  }

  public var complement: IntervalSet {
    var out: [Interval] = []
    var from = Instant.distantPast
    for interval in intervals {
      if from < interval.start { out.append(Interval(from, interval.start)) }
      from = interval.end
    }
    if from < .distantFuture { out.append(Interval(from, .distantFuture)) }
    return IntervalSet(out)
  }

  /// What is left from `instant` on.
  public func from(_ instant: Instant) -> IntervalSet {
    intersection(IntervalSet(Interval(instant, .distantFuture)))
  }

  /// The end of the interval that holds at `instant`; nil when none does.
  /// ``Instant/distantFuture`` means that no end is written.
  public func end(at instant: Instant) -> Instant? {
    intervals.first { $0.contains(instant) }?.end
  }

  /// The first instant after `instant` at which membership changes; nil when it never does.
  public func nextChange(after instant: Instant) -> Instant? {
    for interval in intervals {
      if instant < interval.start { return interval.start }
      if instant < interval.end { return interval.end == .distantFuture ? nil : interval.end }
    }
    return nil
  }
}
