internal import WritDigest
public import WritPolicy
internal import WritSyntax

extension HistoryIndex {
  /// The history of one edge. A former name stands for what it is called now.
  ///
  /// A commit whose clock is ahead of `instant` is in force all the same: the question is about the revision, so `instant` is moved
  /// on to its time.
  public func blame(_ key: EdgeKey, at instant: Instant) -> Blame {
    let instant = max(instant, epochs.last?.begins ?? instant)
    let identity = names.identity(of: key)
    let present = identity.flatMap { edge(of: $0, named: key) }
    return blame(present?.key ?? key, present, identity.flatMap { records[$0] }, at: instant)
  }

  /// The history of every edge that the present policy gives at `instant`, by principal and permission.
  public func blames(at instant: Instant) -> [Blame] {
    var all: [Blame] = []
    eachBlame(at: instant) { all.append($0) }
    return all
  }

  /// As ``blames(at:)``, one after the other.
  public func eachBlame<Failure: Error>(
    at instant: Instant, _ body: (Blame) throws(Failure) -> Void
  ) throws(Failure) {
    let instant = max(instant, epochs.last?.begins ?? instant)
    for edge in snapshot?.access.edges ?? [] where edge.holds.contains(instant) {
      try body(blame(edge.key, edge, names.identity(of: edge.key).flatMap { records[$0] }, at: instant))
    }
  }

  /// The present policy's edge, which may have another name than the one asked for.
  private func edge(of identity: EdgeIdentity, named key: EdgeKey) -> Edge? {
    guard let access = snapshot?.access else { return nil }
    if let edge = access[key] { return edge }
    guard
      names.principals.isFormer(key.principal) || names.resources.isFormer(key.permission.object.resource)
        || key.permission.object.folder.map(names.principals.isFormer) == true
    else { return nil }
    return access.edges.first { names.identity(of: $0.key) == identity }
  }

  private func blame(_ key: EdgeKey, _ edge: Edge?, _ record: Record?, at instant: Instant) -> Blame {
    var blame = Blame(key: key, at: instant, periods: [], paths: [], sameControlSince: nil, skipped: skipped)
    guard let record else { return blame }
    let clock = clock
    let timeline = Timeline(record.timeline)
    blame.periods = timeline.truth(clock).intervals.compactMap { period($0, timeline, clock) }
    if let current = blame.current, let origin = timeline.origin(of: current.interval.start, clock),
      let now = clock.epoch(inForceAt: instant)
    {
      blame.sameControlSince = epochs[Self.sameControl(record.controls, at: now, notBefore: origin)].commit
    }
    if let edge { blame.paths = paths(edge, record, clock, at: instant) }
    return blame
  }

  private func period(_ interval: Interval, _ timeline: Timeline, _ clock: EpochClock) -> Blame.Period? {
    guard let origin = timeline.origin(of: interval.start, clock) else { return nil }
    return Blame.Period(
      interval: interval, since: epochs[origin].commit, end: end(interval.end, timeline, clock),
      mayBeOlder: line.isCut && origin == 0)
  }

  private func end(_ instant: Instant, _ timeline: Timeline, _ clock: EpochClock) -> Blame.Period.End {
    if instant == .distantFuture { return .open }
    if let writer = timeline.origin(ofEnd: instant, clock) { return .date(written: epochs[writer].commit) }
    // The epoch before gave it beyond this instant, so one that has begun since does not: the first of those.
    let before = clock.epoch(inForceAt: Instant(seconds: instant.seconds - 1)) ?? 0
    let after = clock.epoch(inForceAt: instant) ?? before
    let ending = (before...after).first { $0 > before && !timeline.holds(inEpoch: $0).contains(instant) } ?? after
    return .commit(epochs[ending].commit)
  }

  private static func sameControl(_ runs: [ControlRun], at epoch: Int, notBefore origin: Int) -> Int {
    let sorted = runs.filter { !$0.epochs.isEmpty }.sorted { $0.epochs.lowerBound < $1.epochs.lowerBound }
    guard var position = sorted.lastIndex(where: { $0.epochs.contains(epoch) }) else { return origin }
    while position > 0, sorted[position - 1].epochs.upperBound == sorted[position].epochs.lowerBound,
      sorted[position - 1].control == sorted[position].control
    {
      position -= 1
    }
    return max(origin, sorted[position].epochs.lowerBound)
  }

  private func paths(_ edge: Edge, _ record: Record, _ clock: EpochClock, at instant: Instant) -> [Blame.Path] {
    guard let sources = snapshot?.policy.sources else { return [] }
    // In the order written; they are few, and mostly one.
    var ways: [(path: PathIdentity, derivations: [Derivation])] = []
    for derivation in edge.derivations {
      let path = names.identity(of: derivation)
      if let known = ways.firstIndex(where: { $0.path == path }) {
        ways[known].derivations.append(derivation)
      } else {
        ways.append((path, [derivation]))
      }
    }
    let holds = ways.map { way in
      way.derivations.count == 1 ? way.derivations[0].holds : IntervalSet(way.derivations.flatMap(\.holds.intervals))
    }
    let holding = ways.indices.filter { holds[$0].contains(instant) }
    return ways.indices.compactMap { index in
      let (path, derivations) = ways[index]
      let own = holds[index]
      guard let first = derivations.first, !own.from(instant).isEmpty else { return nil }
      var places: [Blame.Path.Place] = []
      for span in derivations.flatMap({ [$0.entry, $0.rule] }) {
        let place = Blame.Path.Place(
          file: sources.path(of: span), line: Int(span.start.line), column: Int(span.start.column))
        if !places.contains(place) { places.append(place) }
      }
      let timeline = Timeline(record.paths[path] ?? [])
      let current = timeline.truth(clock).intervals.first { $0.contains(instant) }
      let origin = current.flatMap { timeline.origin(of: $0.start, clock) }
      return Blame.Path(
        origin: first.origin, roles: first.roles, causes: places, reason: derivations.lazy.compactMap(\.reason).first,
        holds: own, since: origin.map { epochs[$0].commit }, survivesWithout: holding.contains { $0 != index })
    }
  }
}
