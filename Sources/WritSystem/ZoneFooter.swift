internal import WritPolicy

/// A rule in the form of POSIX's `TZ` variable (RFC 9636 §3.3): `CST-8`, `CET-1CEST,M3.5.0,M10.5.0/3`.
struct ZoneFooter {
  /// A day of every year, with the local time of the change in seconds after its beginning; may be negative.
  private struct Change {
    enum Day {
      /// `Jn`: 1…365, 29 February never counted.
      case julian(Int)
      /// `n`: 0…365
      case dayOfYear(Int)
      /// `Mm.w.d`: weekday d (0 is Sunday) of week w (5 is the last) of month m.
      case weekday(month: Int, week: Int, day: Int)
    }
    var day: Day
    var time: Int64

    /// Local seconds since the epoch, as if the zone were UTC.
    func seconds(in year: Int) -> Int64 {
      let days: Int64
      switch day {
      case .julian(let number):
        let leap = CivilDate.isLeap(year) && number >= 60 ? 1 : 0
        days = Self.days(year, 1) + Int64(number - 1 + leap)
      case .dayOfYear(let number): days = Self.days(year, 1) + Int64(number)
      case .weekday(let month, let week, let day):
        let first = Self.days(year, month)
        // 1970-01-01 was a Thursday.
        let weekday = Int(((first + 4) % 7 + 7) % 7)
        var date = first + Int64((day - weekday + 7) % 7 + (week - 1) * 7)
        let next = month == 12 ? Self.days(year + 1, 1) : Self.days(year, month + 1)
        while date >= next { date -= 7 }
        days = date
      }
      return days * 86_400 + time
    }

    private static func days(_ year: Int, _ month: Int) -> Int64 {
      CivilDate(year: year, month: month, day: 1)?.daysSinceEpoch ?? 0
    }
  }

  private var standard: Int64
  private var daylight: (offset: Int64, start: Change, end: Change)?

  init?(_ text: String) {
    var rest = Substring(text)
    guard Self.skipName(&rest), let standard = Self.time(&rest) else { return nil }
    self.standard = -standard
    if rest.isEmpty { return }
    guard Self.skipName(&rest) else { return nil }
    var offset = self.standard + 3600
    if let next = rest.first, next != "," {
      guard let written = Self.time(&rest) else { return nil }
      offset = -written
    }
    guard let start = Self.change(&rest), let end = Self.change(&rest), rest.isEmpty else { return nil }
    daylight = (offset, start, end)
  }

  /// Seconds east of UTC.
  func offset(at seconds: Int64) -> Int64 {
    guard let daylight else { return standard }
    // Beyond what a calendar can count nobody asks for the season.
    let limit: Int64 = 1 << 40
    guard (-limit...limit).contains(seconds) else { return standard }
    let local = seconds + standard
    let year = CivilDate(daysSinceEpoch: (local - (local % 86_400 + 86_400) % 86_400) / 86_400).year
    let start = daylight.start.seconds(in: year) - standard
    let end = daylight.end.seconds(in: year) - daylight.offset
    let isDaylight = start < end ? start <= seconds && seconds < end : !(end <= seconds && seconds < start)
    return isDaylight ? daylight.offset : standard
  }

  /// `CET` or `<+0330>`
  private static func skipName(_ rest: inout Substring) -> Bool {
    if rest.first == "<" {
      guard let end = rest.firstIndex(of: ">") else { return false }
      rest = rest[rest.index(after: end)...]
      return true
    }
    let name = rest.prefix { $0.isASCII && $0.isLetter }
    rest = rest[name.endIndex...]
    return name.count >= 3
  }

  /// `[+-]hh[:mm[:ss]]`
  private static func time(_ rest: inout Substring) -> Int64? {
    var sign: Int64 = 1
    if let first = rest.first, first == "-" || first == "+" {
      if first == "-" { sign = -1 }
      rest.removeFirst()
    }
    var total: Int64 = 0
    for unit in [3600, 60, 1] as [Int64] {
      guard let value = number(&rest), value < 168 else { return nil }
      total += Int64(value) * unit
      guard unit > 1, rest.first == ":" else { break }
      rest.removeFirst()
    }
    return sign * total
  }

  private static func number(_ rest: inout Substring) -> Int? {
    let digits = rest.prefix { $0.isASCII && $0.isNumber }
    guard (1...3).contains(digits.count) else { return nil }
    rest = rest[digits.endIndex...]
    return Int(digits)
  }

  private static func change(_ rest: inout Substring) -> Change? {
    guard rest.first == "," else { return nil }
    rest.removeFirst()
    let day: Change.Day
    switch rest.first {
    case "M":
      rest.removeFirst()
      guard let month = number(&rest), (1...12).contains(month), skipDot(&rest), let week = number(&rest),
        (1...5).contains(week), skipDot(&rest), let weekday = number(&rest), weekday < 7
      else { return nil }
      day = .weekday(month: month, week: week, day: weekday)
    case "J":
      rest.removeFirst()
      guard let number = number(&rest), (1...365).contains(number) else { return nil }
      day = .julian(number)
    default:
      guard let number = number(&rest), number <= 365 else { return nil }
      day = .dayOfYear(number)
    }
    var seconds: Int64 = 7200
    if rest.first == "/" {
      rest.removeFirst()
      guard let written = time(&rest) else { return nil }
      seconds = written
    }
    return Change(day: day, time: seconds)
  }

  private static func skipDot(_ rest: inout Substring) -> Bool {
    guard rest.first == "." else { return false }
    rest.removeFirst()
    return true
  }
}
