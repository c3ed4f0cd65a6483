/// What a calendar and a clock on the wall show, in no particular time zone.
public struct LocalTime: Hashable, Sendable, CustomStringConvertible {
  public var date: CivilDate
  /// 0 ..< 86,400
  public var secondOfDay: Int

  public init(_ date: CivilDate, secondOfDay: Int = 0) {
    self.date = date
    self.secondOfDay = secondOfDay
  }

  /// What the wall shows at `instant` where the clock is `offset` seconds ahead of UTC.
  public init(_ instant: Instant, offset: Int64) {
    let seconds = instant.seconds.addingReportingOverflow(offset)
    let shown = seconds.overflow ? instant.seconds : seconds.partialValue
    let days = shown.flooredQuotient(86_400)
    date = CivilDate(daysSinceEpoch: days)
    // The remainder, not a difference: days × 86,400 overflows at the far past.
    let remainder = shown % 86_400
    secondOfDay = Int(remainder < 0 ? remainder + 86_400 : remainder)
  }

  /// Seconds since the epoch if this were UTC.
  var secondsAsUTC: Int64 { date.daysSinceEpoch * 86_400 + Int64(secondOfDay) }

  /// What a local time means in a zone.
  public enum Resolution: Hashable, Sendable {
    case instant(Instant)
    /// The clock was put forward over it.
    case missing
    /// The clock was put back, and showed it twice.
    case twice(Instant, Instant)
  }

  /// The instant at which a clock of the zone shows this time.
  public func resolved(in zone: any ZoneRules) -> Resolution {
    let local = secondsAsUTC
    // No zone is a day from UTC, so the two offsets in force around are those of a day before and after.
    let before = zone.offset(at: Instant(seconds: local - 86_400))
    let after = zone.offset(at: Instant(seconds: local + 86_400))
    func holds(_ offset: Int64) -> Instant? {
      let instant = Instant(seconds: local - offset)
      return zone.offset(at: instant) == offset ? instant : nil
    }
    let early = holds(before)
    if before == after { return early.map(Resolution.instant) ?? .missing }
    switch (early, holds(after)) {
    case (.some(let a), .some(let b)): return .twice(min(a, b), max(a, b))
    case (.some(let a), nil), (nil, .some(let a)): return .instant(a)
    case (nil, nil): return .missing
    }
  }

  /// `2026-11-20T09:00:00`
  public var description: String {
    date.description + twoDigits(after: "T", secondOfDay / 3600) + twoDigits(after: ":", secondOfDay / 60 % 60)
      + twoDigits(after: ":", secondOfDay % 60)
  }
}

extension CivilDate {
  /// The first instant of the day in a zone, also where the clock skips midnight or shows it twice.
  public func beginning(in zone: any ZoneRules) -> Instant {
    let midnight = LocalTime(self)
    switch midnight.resolved(in: zone) {
    case .instant(let instant): return instant
    case .twice(let first, _): return first
    case .missing:
      // The day begins when the clock is put forward: the first instant at which the later offset holds.
      let local = midnight.secondsAsUTC
      var low = local - 86_400
      var high = local + 86_400
      let after = zone.offset(at: Instant(seconds: high))
      while low < high {
        let middle = low + (high - low) / 2
        if zone.offset(at: Instant(seconds: middle)) == after { high = middle } else { low = middle + 1 }
      }
      return Instant(seconds: low)
    }
  }
}
