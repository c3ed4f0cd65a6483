/// A public key as OpenSSH writes it: `ssh-ed25519 AAAA…`.
public struct PublicKey: Hashable, Sendable, CustomStringConvertible {
  /// `ssh-ed25519`, `ssh-rsa`, `ecdsa-sha2-nistp256`, …
  public let type: String
  /// The wire encoding (RFC 4253 §6.6), which begins with the type.
  public let wire: [UInt8]

  /// Key types that may sign and be listed; certificates and DSA may not.
  public static let knownTypes: Set<String> = [
    "ssh-ed25519", "ssh-rsa", "ecdsa-sha2-nistp256", "ecdsa-sha2-nistp384", "ecdsa-sha2-nistp521",
    "sk-ssh-ed25519@openssh.com", "sk-ecdsa-sha2-nistp256@openssh.com",
  ]

  /// Shorter RSA keys are refused, as OpenSSH may still accept 1024 bits.
  public static let leastRSABits = 2048

  /// Nil for an unknown type, a damaged encoding, and an RSA key below ``leastRSABits``.
  public init?(wire: [UInt8]) {
    var reader = WireReader(wire)
    guard let type = reader.text(), Self.knownTypes.contains(type) else { return nil }
    switch type {
    case "ssh-ed25519":
      guard reader.string()?.count == 32 else { return nil }
    case "ssh-rsa":
      guard reader.string() != nil, let modulus = reader.string(), Self.bits(of: modulus) >= Self.leastRSABits else {
        return nil
      }
    case "sk-ssh-ed25519@openssh.com":
      guard reader.string()?.count == 32, reader.text() != nil else { return nil }
    default:
      guard let curve = reader.text(), type.contains(curve), reader.string() != nil else { return nil }
      if type.hasPrefix("sk-") { guard reader.text() != nil else { return nil } }
    }
    guard reader.isAtEnd else { return nil }
    self.type = type
    self.wire = wire
  }

  /// Reads `TYPE BASE64` and, when `comment` is true, anything after a further blank.
  public init?(_ text: some StringProtocol, comment: Bool = false) {
    let fields = text.split(separator: " ", maxSplits: 2, omittingEmptySubsequences: false)
    guard fields.count == 2 || (comment && fields.count == 3), let wire = Base64.decoded(fields[1].utf8) else {
      return nil
    }
    self.init(wire: wire)
    guard type == fields[0] else { return nil }
  }

  /// `TYPE BASE64`.
  public var description: String { "\(type) \(Base64.encoded(wire))" }

  /// Bits of a positive mpint.
  private static func bits(of mpint: [UInt8]) -> Int {
    guard let first = mpint.first, first < 0x80 else { return 0 }
    let digits = mpint.drop { $0 == 0 }
    guard let top = digits.first else { return 0 }
    return digits.count * 8 - top.leadingZeroBitCount
  }
}
