/// A public key as OpenSSH writes it: `ssh-ed25519 AAAA…`.
public struct PublicKey: Hashable, Sendable, CustomStringConvertible {
  /// `ssh-ed25519`, `ssh-rsa`, `ecdsa-sha2-nistp256`, …
  public let type: String
  /// The wire encoding (RFC 4253 §6.6), which begins with the type.
  public let wire: [UInt8]
  let material: KeyMaterial
  /// Of a security key: what it was registered for, `ssh:` as a rule.
  let application: [UInt8]?

  /// Key types that may sign and be listed; certificates and DSA may not.
  public static let knownTypes: Set<String> = [
    "ssh-ed25519", "ssh-rsa", "ecdsa-sha2-nistp256", "ecdsa-sha2-nistp384", "ecdsa-sha2-nistp521",
    "sk-ssh-ed25519@openssh.com", "sk-ecdsa-sha2-nistp256@openssh.com",
  ]

  /// Shorter RSA keys are refused, as OpenSSH may still accept 1024 bits.
  public static let leastRSABits = 2048

  /// Nil for an unknown type, a damaged or unusual encoding, and an RSA key of under ``leastRSABits`` or over 16384 bits.
  public init?(wire: [UInt8]) {
    var reader = WireReader(wire)
    guard let type = reader.text(), Self.knownTypes.contains(type), let material = KeyMaterial(type, &reader) else {
      return nil
    }
    if type.hasPrefix("sk-") {
      guard let application = reader.string() else { return nil }
      self.application = application
    } else {
      application = nil
    }
    guard reader.isAtEnd else { return nil }
    self.type = type
    self.wire = wire
    self.material = material
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

  public static func == (a: PublicKey, b: PublicKey) -> Bool { a.wire == b.wire }

  // Everything else follows from the encoding.
  public func hash(into hasher: inout Hasher) { hasher.combine(wire) }
}
