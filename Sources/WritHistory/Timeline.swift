internal import WritPolicy

/// A stretch of epochs over which one interval set stood in the policy.
struct Run: Sendable {
  /// Numbers of epochs; the upper bound is the number of all epochs while the run goes on.
  var epochs: Range<Int>
  var holds: IntervalSet
}

/// When the policy said what about one edge or path: runs in order, none overlapping another.
struct Timeline {
  private(set) var runs: [Run] = []

  init(_ runs: [Run]) { self.runs = Self.disjoint(runs) }

  /// Two names that turn out to be one may both have held: what either said, counts.
  private static func disjoint(_ runs: [Run]) -> [Run] {
    if let only = runs.first, runs.count == 1 { return only.epochs.isEmpty ? [] : runs }
    let sorted = runs.filter { !$0.epochs.isEmpty }
      .sorted { ($0.epochs.lowerBound, $0.epochs.upperBound) < ($1.epochs.lowerBound, $1.epochs.upperBound) }
    if zip(sorted, sorted.dropFirst()).allSatisfy({ $0.epochs.upperBound <= $1.epochs.lowerBound }) { return sorted }
    let bounds = Set(sorted.flatMap { [$0.epochs.lowerBound, $0.epochs.upperBound] }).sorted()
    return zip(bounds, bounds.dropFirst()).compactMap { low, high in
      let holds = sorted.filter { $0.epochs.contains(low) }.reduce(IntervalSet.empty) { $0.union($1.holds) }
      return holds.isEmpty ? nil : Run(epochs: low..<high, holds: holds)
    }
  }

  func holds(inEpoch epoch: Int) -> IntervalSet { run(at: epoch).map { runs[$0].holds } ?? .empty }

  private func run(at epoch: Int) -> Int? { runs.firstIndex { $0.epochs.contains(epoch) } }

  /// The instants at which the policy in force gave it.
  func truth(_ clock: EpochClock) -> IntervalSet {
    IntervalSet(runs.flatMap { IntervalSet(clock.inForce($0.epochs)).intersection($0.holds).intervals })
  }

  /// The epoch that first wrote, without a break up to the one in force at `instant`, an interval set that contains it.
  func origin(of instant: Instant, _ clock: EpochClock) -> Int? {
    origin(backFrom: clock.epoch(inForceAt: instant)) { $0.contains(instant) }
  }

  /// The epoch that first wrote, without a break, the end at `instant`.
  func origin(ofEnd instant: Instant, _ clock: EpochClock) -> Int? {
    let before = Instant(seconds: instant.seconds - 1)
    return origin(backFrom: clock.epoch(inForceAt: before)) { $0.end(at: before) == instant }
  }

  private func origin(backFrom epoch: Int?, while says: (IntervalSet) -> Bool) -> Int? {
    guard let epoch, var position = run(at: epoch), says(runs[position].holds) else { return nil }
    while position > 0, runs[position - 1].epochs.upperBound == runs[position].epochs.lowerBound,
      says(runs[position - 1].holds)
    {
      position -= 1
    }
    return runs[position].epochs.lowerBound
  }
}

/// When each epoch is in force.
struct EpochClock: Sendable {
  /// The instant each begins; never falling.
  var begins: [Instant]

  func inForce(_ epochs: Range<Int>) -> Interval {
    Interval(
      begins[epochs.lowerBound], epochs.upperBound < begins.count ? begins[epochs.upperBound] : .distantFuture)
  }

  /// The newest epoch that has begun; nil before the first.
  func epoch(inForceAt instant: Instant) -> Int? {
    var (low, high) = (0, begins.count)
    while low < high {
      let middle = (low + high) / 2
      if begins[middle] <= instant { low = middle + 1 } else { high = middle }
    }
    return low == 0 ? nil : low - 1
  }
}
