/// Where a host is reached by ssh, as policy writes it: `ssh://USER@HOST` or `ssh://USER@HOST:PORT`.
///
/// The user is never left out: whether the agent is started directly or by sudo follows from it.
public struct SSHAddress: Hashable, Sendable {
  public let user: String
  /// A name, or an address without brackets.
  public let host: String
  /// Nil: as the user's ssh configuration says, else 22.
  public let port: Int?

  /// Longest host name (RFC 1035 §2.3.4).
  private static let longestHost = 253

  /// Nil for anything else: no path, no password, nothing that a program could take for an option.
  public init?(validating text: String) {
    guard text.hasPrefix("ssh://") else { return nil }
    let halves = text.dropFirst("ssh://".count).split(separator: "@", omittingEmptySubsequences: false)
    guard halves.count == 2, LinuxName.isValid(String(halves[0])) else { return nil }
    user = String(halves[0])
    let rest: Substring
    if halves[1].hasPrefix("[") {
      guard let end = halves[1].firstIndex(of: "]") else { return nil }
      let address = halves[1][..<end].dropFirst()
      guard NetworkRange(validating: String(address))?.address.count == 16, !address.contains("/") else { return nil }
      host = String(address)
      rest = halves[1][end...].dropFirst()
    } else {
      let name = halves[1].prefix { $0 != ":" }
      guard Self.isHost(name) else { return nil }
      host = String(name)
      rest = halves[1][name.endIndex...]
    }
    if rest.isEmpty {
      port = nil
    } else {
      guard rest.hasPrefix(":"), let number = Int(plainDecimal: String(rest.dropFirst())), (1...65535).contains(number)
      else { return nil }
      port = number
    }
  }

  private init(user: String, host: String, port: Int?) {
    self.user = user
    self.host = host
    self.port = port
  }

  /// The same place for another user; nil for what is no user's name.
  public func changing(user: String) -> SSHAddress? {
    LinuxName.isValid(user) ? SSHAddress(user: user, host: host, port: port) : nil
  }

  /// `[a-z0-9.-]`, in either case; a name or an IPv4 address.
  private static func isHost(_ text: Substring) -> Bool {
    guard (1...longestHost).contains(text.utf8.count), let first = text.utf8.first, first != UInt8(ascii: "-") else {
      return false
    }
    return text.utf8.allSatisfy {
      switch $0 {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "-"), UInt8(ascii: "_"):
        true
      default: false
      }
    }
  }

  /// As written; two addresses that mean the same are equal only where they are written the same.
  public var text: String {
    "ssh://\(user)@" + (host.contains(":") ? "[\(host)]" : host) + (port.map { ":\($0)" } ?? "")
  }
}
