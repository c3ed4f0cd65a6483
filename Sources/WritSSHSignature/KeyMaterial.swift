/// What a public key consists of, read from its wire encoding (RFC 4253 §6.6, RFC 5656 §3.1, RFC 8709 §4, openssh PROTOCOL.u2f).
enum KeyMaterial: Hashable, Sendable {
  case ed25519([UInt8])
  /// An uncompressed point: 0x04, x, y. Whether it lies on the curve shows when the key is used.
  case ecdsa(Curve, point: [UInt8])
  /// Big-endian, positive, without superfluous zeros.
  case rsa(modulus: [UInt8], exponent: [UInt8])

  enum Curve: String, Hashable, Sendable {
    case nistp256, nistp384, nistp521

    /// Bytes of one coordinate.
    var width: Int {
      switch self {
      case .nistp256: 32
      case .nistp384: 48
      case .nistp521: 66
      }
    }
  }

  /// Larger RSA keys cost more time than a signature is worth; OpenSSH has the same limit.
  static let mostRSABits = 16384

  /// Reads what follows the key's type; nil when it does not fit the type or has a second spelling.
  ///
  /// One key has one encoding here, or it could be listed twice without being found out.
  init?(_ type: String, _ reader: inout WireReader) {
    switch type {
    case "ssh-ed25519", "sk-ssh-ed25519@openssh.com":
      guard let key = reader.string(), key.count == 32 else { return nil }
      self = .ed25519(key)
    case "ssh-rsa":
      guard let exponent = reader.natural(), let modulus = reader.natural() else { return nil }
      // An exponent of 1 makes every padded digest its own signature.
      guard exponent.count <= 8, exponent.last.map({ $0 & 1 == 1 }) == true, exponent != [1] else { return nil }
      guard (PublicKey.leastRSABits...Self.mostRSABits).contains(Self.bits(of: modulus)) else { return nil }
      self = .rsa(modulus: modulus, exponent: exponent)
    default:
      let curves = ["ecdsa-sha2-nistp256", "ecdsa-sha2-nistp384", "ecdsa-sha2-nistp521"]
      let plain = type == "sk-ecdsa-sha2-nistp256@openssh.com" ? curves[0] : type
      guard curves.contains(plain), let name = reader.text(), let curve = Curve(rawValue: name),
        plain.hasSuffix(name), let point = reader.string(), point.count == 1 + 2 * curve.width, point.first == 0x04
      else { return nil }
      self = .ecdsa(curve, point: point)
    }
  }

  /// Bits of a number without leading zero bytes.
  static func bits(of number: [UInt8]) -> Int {
    number.first.map { number.count * 8 - $0.leadingZeroBitCount } ?? 0
  }
}
