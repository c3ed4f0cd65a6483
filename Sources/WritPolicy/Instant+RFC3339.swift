extension Instant {
  /// In UTC: `2026-12-31T16:00:00Z`. Years beyond 9999 are written with all their digits.
  public var rfc3339: String { "\(LocalTime(self, offset: 0))Z" }

  /// In a zone, with its offset: `2027-01-01T00:00:00+08:00`.
  public func rfc3339(in zone: any ZoneRules) -> String {
    let offset = zone.offset(at: self)
    // RFC 3339 has no seconds in an offset; local mean times before standard time had them.
    let minutes = offset.flooredQuotient(60)
    let size = Int(minutes.magnitude)
    let sign = minutes < 0 ? "-" : "+"
    return "\(LocalTime(self, offset: minutes * 60))\(sign)\(padded(size / 60, 2)):\(padded(size % 60, 2))"
  }

  /// Reads a time with `Z` or an offset; nil for anything else, also for a time without a zone.
  public init?(rfc3339 text: String) {
    guard let written = try? WrittenTime(text), case .absolute(let instant) = written else { return nil }
    self = instant
  }
}
