public import WritPolicy
internal import WritSystem

extension LinuxHost {
  /// One thing that `writ-agent expire` took away on this host between two applies.
  public struct Expired: Sendable, Hashable, Codable {
    public var time: Instant
    /// What was done, as the host wrote it.
    public var text: String
  }

  /// Most lines of the host's record that one apply takes over; a host that writes more of them has another trouble.
  public static let expiredLimit = 1000

  /// What was taken away after `instant`, oldest first. Lines that are not as the agent writes them are passed over: the
  /// host's word changes nothing, it is only recorded.
  ///
  /// - Throws: ``HostError`` when the record is there and cannot be read.
  public func expired(after instant: Instant) throws(HostError) -> [Expired] {
    guard let bytes = try root.contents(Expiry.path) else { return [] }
    let lines = String(decoding: bytes, as: UTF8.self).split(separator: "\n")
    return lines.suffix(Self.expiredLimit).compactMap { line in
      guard let space = line.firstIndex(of: " "), let time = Instant(rfc3339: String(line[..<space])), instant < time
      else { return nil }
      return Expired(time: time, text: String(line[line.index(after: space)...]).visible)
    }
  }
}
