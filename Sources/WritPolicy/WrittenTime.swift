/// A time as policy or a command line writes it, before a zone gives it its instant.
public enum WrittenTime: Hashable, Sendable {
  /// `2026-12-31`
  case day(CivilDate)
  /// `2026-11-20T09:00` or with seconds.
  case local(LocalTime)
  /// The same with `Z` or `+08:00`.
  case absolute(Instant)

  public enum Problem: Error, Hashable, Sendable {
    /// Not of the form at all.
    case malformed
    /// The form is right, but there is no such day: `2026-02-30`.
    case noSuchDay
    /// The form is right, but there is no such time of day: `25:00`.
    case noSuchTimeOfDay
  }

  /// Reads exactly `YYYY-MM-DD`, or `YYYY-MM-DDTHH:MM` with optional `:SS` and optional `Z` or `±HH:MM` (RFC 3339).
  public init(_ text: String) throws(Problem) {
    var reader = DigitReader(text)
    guard let year = reader.number(4), reader.skip("-"), let month = reader.number(2), reader.skip("-"),
      let day = reader.number(2)
    else { throw .malformed }
    let date = CivilDate(year: year, month: month, day: day)
    if reader.isAtEnd {
      guard let date else { throw .noSuchDay }
      self = .day(date)
      return
    }
    guard reader.skip("T"), let hour = reader.number(2), reader.skip(":"), let minute = reader.number(2) else {
      throw .malformed
    }
    var second = 0
    if reader.skip(":") {
      guard let number = reader.number(2) else { throw .malformed }
      second = number
    }
    let offset = try Self.offset(&reader)
    guard let date else { throw .noSuchDay }
    guard hour < 24, minute < 60, second < 60 else { throw .noSuchTimeOfDay }
    let local = LocalTime(date, secondOfDay: hour * 3600 + minute * 60 + second)
    self = offset.map { .absolute(Instant(seconds: local.secondsAsUTC - $0)) } ?? .local(local)
  }

  /// Seconds east of UTC; nil when nothing is written.
  private static func offset(_ reader: inout DigitReader) throws(Problem) -> Int64? {
    if reader.isAtEnd { return nil }
    if reader.skip("Z") {
      guard reader.isAtEnd else { throw .malformed }
      return 0
    }
    let isEast = reader.skip("+")
    guard isEast || reader.skip("-"), let hours = reader.number(2), reader.skip(":"), let minutes = reader.number(2),
      reader.isAtEnd
    else { throw .malformed }
    guard hours < 24, minutes < 60 else { throw .noSuchTimeOfDay }
    return Int64((isEast ? 1 : -1) * (hours * 3600 + minutes * 60))
  }
}

/// Reads fixed runs of ASCII digits.
private struct DigitReader {
  private var rest: Substring.UTF8View

  init(_ text: String) { rest = Substring(text).utf8 }

  var isAtEnd: Bool { rest.isEmpty }

  mutating func number(_ width: Int) -> Int? {
    var value = 0
    var left = rest
    for _ in 0..<width {
      guard let digit = left.popFirst(), (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(digit) else { return nil }
      value = value * 10 + Int(digit - UInt8(ascii: "0"))
    }
    rest = left
    return value
  }

  mutating func skip(_ character: Unicode.Scalar) -> Bool {
    guard rest.first == UInt8(ascii: character) else { return false }
    rest.removeFirst()
    return true
  }
}
