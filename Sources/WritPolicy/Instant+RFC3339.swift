extension Instant {
  /// In UTC: `2026-12-31T16:00:00Z`. Years beyond 9999 are written with all their digits.
  public var rfc3339: String { LocalTime(self, offset: 0).description + "Z" }

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
  ///
  /// A year beyond 9999 is read as ``rfc3339`` writes it: `until: 9999-12-31` ends in the year 10000.
  public init?(rfc3339 text: String) {
    let digits = text.utf8.prefix { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }.count
    guard (5...6).contains(digits), let year = Int(plainDecimal: String(text.prefix(digits))) else {
      guard let written = try? WrittenTime(text), case .absolute(let instant) = written else { return nil }
      self = instant
      return
    }
    // The calendar repeats itself every 400 years of 146,097 days.
    let cycles = (year - 2000) / 400
    guard let written = try? WrittenTime("\(year - cycles * 400)" + text.dropFirst(digits)),
      case .absolute(let instant) = written
    else { return nil }
    self = Instant(seconds: instant.seconds + Int64(cycles) * 146_097 * 86_400)
  }
}
