internal import WritDigest
public import WritPolicy

/// Something that happened to one access.
public struct AccessEvent: Sendable, Hashable {
  public enum Kind: String, Sendable, Hashable, CaseIterable {
    case granted
    /// It had held before, and not up to now.
    case regranted = "re-granted"
    /// Its written end moved further away, or went.
    case extended
    case shortened
    /// It is enforced in another way: another path, command, account, folder.
    case controlChanged = "control-changed"
    /// By a commit.
    case ended
    /// By the date that was written.
    case expired
  }

  public var key: EdgeKey
  public var kind: Kind
  /// When it became so by policy: the commit came into force, or a written date did.
  public var time: Instant
  /// The commit that wrote it.
  public var commit: CommitRef
  /// The end that was written then; nil for none, and for an access that went.
  public var until: Instant?
}

extension HistoryIndex {
  /// What happened to the accesses of somebody or to something, oldest first.
  ///
  /// What a date ends after `now` is no event yet; what it begins after `now` is one to come.
  public func events(of subject: HistorySubject, until now: Instant) -> [AccessEvent] {
    // As in blame: the question is about the revision, whose clock may be ahead.
    let now = max(now, epochs.last?.begins ?? now)
    let clock = clock
    return keys(of: subject).flatMap { key, identity -> [AccessEvent] in
      guard let record = records[identity] else { return [] }
      let timeline = Timeline(record.timeline)
      return periodEvents(key, timeline, clock, until: now) + endEvents(key, timeline, clock)
        + controlEvents(key, record.controls, timeline, clock)
    }.sorted { ($0.time, $0.key, Self.order($0.kind)) < ($1.time, $1.key, Self.order($1.kind)) }
  }

  private static func order(_ kind: AccessEvent.Kind) -> Int { AccessEvent.Kind.allCases.firstIndex(of: kind) ?? 0 }

  private func periodEvents(
    _ key: EdgeKey, _ timeline: Timeline, _ clock: EpochClock, until now: Instant
  ) -> [AccessEvent] {
    var events: [AccessEvent] = []
    for (number, period) in blame(key, at: now).periods.enumerated() {
      let (start, end) = (period.interval.start, period.interval.end)
      let written = clock.epoch(inForceAt: start).flatMap { timeline.holds(inEpoch: $0).end(at: start) }
      events.append(
        AccessEvent(
          key: key, kind: number == 0 ? .granted : .regranted, time: start, commit: period.since,
          until: Self.written(written)))
      switch period.end {
      case .open: break
      case .commit(let commit): events.append(AccessEvent(key: key, kind: .ended, time: end, commit: commit))
      case .date(let commit):
        if end <= now { events.append(AccessEvent(key: key, kind: .expired, time: end, commit: commit)) }
      }
    }
    return events
  }

  /// Where the written end moves while the access holds.
  private func endEvents(_ key: EdgeKey, _ timeline: Timeline, _ clock: EpochClock) -> [AccessEvent] {
    moments(timeline.runs.map(\.epochs), clock).compactMap { moment, before, after in
      let last = Instant(seconds: moment.seconds - 1)
      guard let old = timeline.holds(inEpoch: before).end(at: last),
        let new = timeline.holds(inEpoch: after).end(at: moment), old != new
      else { return nil }
      let writer = (before + 1...after).first { timeline.holds(inEpoch: $0).end(at: moment) == new } ?? after
      return AccessEvent(
        key: key, kind: old < new ? .extended : .shortened, time: moment, commit: epochs[writer].commit,
        until: Self.written(new))
    }
  }

  private func controlEvents(
    _ key: EdgeKey, _ controls: [ControlRun], _ timeline: Timeline, _ clock: EpochClock
  ) -> [AccessEvent] {
    func control(_ epoch: Int) -> Digest? { controls.first { $0.epochs.contains(epoch) }?.control }
    return moments(controls.map(\.epochs), clock).compactMap { moment, before, after in
      guard let old = control(before), let new = control(after), old != new,
        timeline.holds(inEpoch: before).contains(Instant(seconds: moment.seconds - 1)),
        timeline.holds(inEpoch: after).contains(moment)
      else { return nil }
      let writer = (before + 1...after).first { control($0) == new } ?? after
      return AccessEvent(
        key: key, kind: .controlChanged, time: moment, commit: epochs[writer].commit,
        until: Self.written(timeline.holds(inEpoch: after).end(at: moment)))
    }
  }

  /// Each instant at which one of the runs begins, with the epochs in force just before it and at it: of several commits in
  /// one second only the last is ever in force.
  private func moments(_ runs: [Range<Int>], _ clock: EpochClock) -> [(moment: Instant, before: Int, after: Int)] {
    Set(runs.map { clock.begins[$0.lowerBound] }).sorted().compactMap { moment in
      guard let before = clock.epoch(inForceAt: Instant(seconds: moment.seconds - 1)),
        let after = clock.epoch(inForceAt: moment), before < after
      else { return nil }
      return (moment, before, after)
    }
  }

  private static func written(_ end: Instant?) -> Instant? { end == .distantFuture ? nil : end }
}
