/// A point in time: whole seconds since 1970-01-01T00:00:00Z, leap seconds not counted (POSIX time).
public struct Instant: Hashable, Sendable, Comparable, Codable {
  public var seconds: Int64

  public init(seconds: Int64) { self.seconds = seconds }

  public static let distantPast = Instant(seconds: Int64.min)
  public static let distantFuture = Instant(seconds: Int64.max)

  public static func < (a: Instant, b: Instant) -> Bool { a.seconds < b.seconds }
}

/// A length of time in whole seconds, written `30d`, `12h`, `90m` in policy.
public struct Duration: Hashable, Sendable, Comparable {
  public var seconds: Int64

  public init(seconds: Int64) { self.seconds = seconds }

  public static func < (a: Duration, b: Duration) -> Bool { a.seconds < b.seconds }
}

/// Which offset from UTC holds in one time zone: the only thing the pure modules need to know of zones.
public protocol ZoneRules: Sendable {
  /// Seconds east of UTC in force at `instant`.
  func offset(at instant: Instant) -> Int64
}

/// Finds the rules of a zone by its IANA name. Nil: there is no such zone.
public protocol ZoneCatalogue: Sendable {
  func rules(named name: String) -> (any ZoneRules)?
}

/// UTC itself.
public struct UTCRules: ZoneRules {
  public init() {}
  public func offset(at instant: Instant) -> Int64 { 0 }
}
