internal import WritPolicy

extension Instant {
  /// `YYYYMMDDHHMMSS` in UTC, as `expiry-time` of sshd(8) and `NOTAFTER` of sudoers(5) take it before a `Z`.
  var compactUTC: String { rfc3339.filter { $0.isASCII && $0.isNumber } }
}
