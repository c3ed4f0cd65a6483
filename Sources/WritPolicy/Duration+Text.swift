extension Duration: CustomStringConvertible {
  /// Reads `30d`, `12h` or `90m`: a whole number above zero, without leading zeros, and one unit. Nil for anything else.
  public init?(validating text: String) {
    let unit: Int64
    switch text.utf8.last {
    case UInt8(ascii: "d"): unit = 86_400
    case UInt8(ascii: "h"): unit = 3600
    case UInt8(ascii: "m"): unit = 60
    default: return nil
    }
    var count: Int64 = 0
    // Seven digits: ten million days are enough, and nothing overflows.
    guard (2...8).contains(text.utf8.count), text.utf8.first != UInt8(ascii: "0") else { return nil }
    for byte in text.utf8.dropLast() {
      guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) else { return nil }
      count = count * 10 + Int64(byte - UInt8(ascii: "0"))
    }
    self.init(seconds: count * unit)
  }

  /// In the largest unit that is exact: `30d`, `36h`, `90m`; else seconds, `45s`.
  public var description: String {
    if seconds != 0 {
      if seconds % 86_400 == 0 { return "\(seconds / 86_400)d" }
      if seconds % 3600 == 0 { return "\(seconds / 3600)h" }
      if seconds % 60 == 0 { return "\(seconds / 60)m" }
    }
    return "\(seconds)s"
  }
}

extension Instant {
  /// The instant moved by `duration`; stays at the far ends of time.
  public static func + (instant: Instant, duration: Duration) -> Instant {
    if instant == .distantPast || instant == .distantFuture { return instant }
    let (sum, overflow) = instant.seconds.addingReportingOverflow(duration.seconds)
    return overflow ? (duration.seconds > 0 ? .distantFuture : .distantPast) : Instant(seconds: sum)
  }
}
