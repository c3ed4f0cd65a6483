import Testing
import WritPolicy
import WritTestSupport

/// Interval sets against the plainest thing that could be right: a set of small integers.
@Suite struct IntervalSetTests {
  static func random(_ generator: inout SeededGenerator) -> (IntervalSet, Set<Int>) {
    var intervals: [Interval] = []
    var members: Set<Int> = []
    for _ in 0..<Int.random(in: 0...4, using: &generator) {
      let start = Int.random(in: 0..<20, using: &generator)
      let end = Int.random(in: 0...20, using: &generator)
      intervals.append(Interval(Instant(seconds: Int64(start)), Instant(seconds: Int64(end))))
      if start < end { members.formUnion(start..<end) }
    }
    return (IntervalSet(intervals), members)
  }

  @Test func `set operations agree with sets of instants`() {
    for seed in 0..<5000 as Range<UInt64> {
      var generator = SeededGenerator(seed: seed)
      let (a, x) = Self.random(&generator)
      let (b, y) = Self.random(&generator)
      for t in 0..<20 {
        let instant = Instant(seconds: Int64(t))
        #expect(a.contains(instant) == x.contains(t), "seed \(seed)")
        #expect(a.union(b).contains(instant) == (x.contains(t) || y.contains(t)), "seed \(seed)")
        #expect(a.intersection(b).contains(instant) == (x.contains(t) && y.contains(t)), "seed \(seed)")
        #expect(a.subtracting(b).contains(instant) == (x.contains(t) && !y.contains(t)), "seed \(seed)")
      }
      for (p, q) in zip(a.union(b).intervals, a.union(b).intervals.dropFirst()) { #expect(p.end < q.start) }
    }
  }
}
