internal import Glibc

extension AllowedSigners.Entry {
  /// Whether the dates of the line allow signing at `seconds` (POSIX time); both ends belong to the validity, as in OpenSSH.
  ///
  /// A date that no calendar has allows nothing.
  func isValid(at seconds: Int64) -> Bool {
    if let validAfter {
      guard let start = Self.instant(validAfter), seconds >= start else { return false }
    }
    if let validBefore {
      guard let end = Self.instant(validBefore), seconds <= end else { return false }
    }
    return true
  }

  /// POSIX seconds of `YYYYMMDD[HHMM[SS]][Z]`; nil for a date or time that does not exist.
  ///
  /// Without `Z` in the time zone of this process, as ssh-keygen(1) reads it.
  private static func instant(_ text: String) -> Int64? {
    let isUTC = text.hasSuffix("Z")
    var digits = (isUTC ? text.dropLast() : text[...])
    func next(_ count: Int) -> Int32 {
      defer { digits = digits.dropFirst(count) }
      return Int32(digits.prefix(count)) ?? 0
    }
    var wanted = tm()
    wanted.tm_year = next(4) - 1900
    wanted.tm_mon = next(2) - 1
    wanted.tm_mday = next(2)
    wanted.tm_hour = next(2)
    wanted.tm_min = next(2)
    wanted.tm_sec = next(2)
    wanted.tm_isdst = -1
    var found = wanted
    let seconds = isUTC ? timegm(&found) : mktime(&found)
    // Both turn 31 February into a day of March, and a time that is skipped in spring into another one.
    let fields = [\tm.tm_year, \.tm_mon, \.tm_mday, \.tm_hour, \.tm_min, \.tm_sec]
    return fields.allSatisfy { found[keyPath: $0] == wanted[keyPath: $0] } ? Int64(seconds) : nil
  }
}
