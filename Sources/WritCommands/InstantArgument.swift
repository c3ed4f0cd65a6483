internal import ArgumentParser
internal import WritPolicy

/// An instant on the command line: RFC 3339 with a zone.
struct InstantArgument: ExpressibleByArgument {
  var instant: Instant

  init?(argument: String) {
    guard let instant = Instant(rfc3339: argument) else { return nil }
    self.instant = instant
  }
}

/// A duration on the command line, written as in policy: `14d`, `12h`, `90m`.
struct DurationArgument: ExpressibleByArgument {
  var duration: Duration

  init(_ duration: Duration) { self.duration = duration }

  var defaultValueDescription: String { "\(duration.seconds / 86400)d" }

  init?(argument: String) {
    guard let duration = Duration(validating: argument) else { return nil }
    self.duration = duration
  }
}
