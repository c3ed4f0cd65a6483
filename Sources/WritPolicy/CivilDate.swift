/// A day of the proleptic Gregorian calendar, in no time zone.
public struct CivilDate: Hashable, Sendable, Comparable, CustomStringConvertible {
  public let year: Int
  /// 1…12
  public let month: Int
  /// 1…31
  public let day: Int

  /// Nil when there is no such day.
  public init?(year: Int, month: Int, day: Int) {
    guard (1...12).contains(month), day >= 1, day <= Self.days(inMonth: month, of: year) else { return nil }
    self.year = year
    self.month = month
    self.day = day
  }

  /// The day that lies `daysSinceEpoch` days after 1970-01-01.
  public init(daysSinceEpoch: Int64) {
    // Eras of 400 years that begin on 1 March, so that the leap day is the last of its year.
    let shifted = daysSinceEpoch + 719_468
    let era = shifted.flooredQuotient(146_097)
    let dayOfEra = shifted - era * 146_097
    let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let marchMonth = (5 * dayOfYear + 2) / 153
    let month = marchMonth < 10 ? marchMonth + 3 : marchMonth - 9
    self.day = Int(dayOfYear - (153 * marchMonth + 2) / 5 + 1)
    self.month = Int(month)
    self.year = Int(yearOfEra + era * 400 + (month <= 2 ? 1 : 0))
  }

  /// Whole days from 1970-01-01 to this day; negative before it.
  public var daysSinceEpoch: Int64 {
    let year = Int64(month <= 2 ? self.year - 1 : self.year)
    let era = year.flooredQuotient(400)
    let yearOfEra = year - era * 400
    let dayOfYear = Int64((153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1)
    return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
  }

  /// The day after this one.
  public var next: CivilDate { CivilDate(daysSinceEpoch: daysSinceEpoch + 1) }

  public static func isLeap(_ year: Int) -> Bool { year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) }

  static func days(inMonth month: Int, of year: Int) -> Int {
    switch month {
    case 2: isLeap(year) ? 29 : 28
    case 4, 6, 9, 11: 30
    default: 31
    }
  }

  /// `2026-12-31`
  public var description: String { padded(year, 4) + twoDigits(after: "-", month) + twoDigits(after: "-", day) }

  public static func < (a: CivilDate, b: CivilDate) -> Bool {
    (a.year, a.month, a.day) < (b.year, b.month, b.day)
  }
}

extension Int64 {
  /// The quotient rounded towards minus infinity.
  func flooredQuotient(_ divisor: Int64) -> Int64 {
    let (quotient, remainder) = quotientAndRemainder(dividingBy: divisor)
    return remainder < 0 ? quotient - 1 : quotient
  }
}

/// Decimal digits with leading zeros.
func padded(_ number: Int, _ width: Int) -> String {
  var digits = String(number.magnitude)
  while digits.utf8.count < width { digits = "0" + digits }
  return number < 0 ? "-" + digits : digits
}

/// A mark and a number below 100, short enough to cost no memory: times stand in every line of an answer.
func twoDigits(after mark: Unicode.Scalar, _ number: Int) -> String {
  let zero = UInt8(ascii: "0")
  return String(unsafeUninitializedCapacity: 3) { text in
    text[0] = UInt8(ascii: mark)
    text[1] = zero + UInt8(number / 10)
    text[2] = zero + UInt8(number % 10)
    return 3
  }
}
