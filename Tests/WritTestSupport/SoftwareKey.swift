internal import CLibcrypto

/// A key pair whose private half lies in this process: for signatures that `ssh-keygen` does not make without a device
/// in hand, and for such as nobody should make.
public final class SoftwareKey: @unchecked Sendable {
  public enum Kind: String, CaseIterable, Sendable {
    case ed25519 = "ssh-ed25519"
    case p256 = "ecdsa-sha2-nistp256"
    case p384 = "ecdsa-sha2-nistp384"
    case p521 = "ecdsa-sha2-nistp521"
    case rsa = "ssh-rsa"
    case securityEd25519 = "sk-ssh-ed25519@openssh.com"
    case securityP256 = "sk-ecdsa-sha2-nistp256@openssh.com"

    public var isSecurityKey: Bool { self == .securityEd25519 || self == .securityP256 }

    var curve: String? {
      switch self {
      case .p256, .securityP256: "P-256"
      case .p384: "P-384"
      case .p521: "P-521"
      default: nil
      }
    }
  }

  public struct Failure: Error {}

  public let kind: Kind
  private let key: OpaquePointer

  public init(_ kind: Kind, bits: Int = 2048) throws {
    self.kind = kind
    let algorithm = kind == .rsa ? "RSA" : kind.curve == nil ? "ED25519" : "EC"
    guard let context = EVP_PKEY_CTX_new_from_name(nil, algorithm, nil) else { throw Failure() }
    defer { EVP_PKEY_CTX_free(context) }
    var made: OpaquePointer?
    guard EVP_PKEY_keygen_init(context) == 1 else { throw Failure() }
    if let curve = kind.curve { guard EVP_PKEY_CTX_set_group_name(context, curve) == 1 else { throw Failure() } }
    if kind == .rsa { guard EVP_PKEY_CTX_set_rsa_keygen_bits(context, Int32(bits)) == 1 else { throw Failure() } }
    guard EVP_PKEY_generate(context, &made) == 1, let made else { throw Failure() }
    key = made
  }

  deinit { EVP_PKEY_free(key) }

  /// The public key as `allowed_signers` has it on the wire.
  public var wire: [UInt8] {
    get throws {
      var out = Self.string(Array(kind.rawValue.utf8))
      switch kind {
      case .ed25519, .securityEd25519: out += Self.string(try rawPublicKey)
      case .rsa: out += Self.mpint(try number("e")) + Self.mpint(try number("n"))
      default:
        let name = kind == .securityP256 ? "nistp256" : String(kind.rawValue.suffix(8))
        out += Self.string(Array(name.utf8)) + Self.string(try point)
      }
      return kind.isSecurityKey ? out + Self.string(Self.application) : out
    }
  }

  static let application = Array("ssh:".utf8)

  private var rawPublicKey: [UInt8] {
    get throws {
      var raw = [UInt8](repeating: 0, count: 32)
      var count = raw.count
      guard EVP_PKEY_get_raw_public_key(key, &raw, &count) == 1 else { throw Failure() }
      return raw
    }
  }

  private var point: [UInt8] {
    get throws {
      var bytes = [UInt8](repeating: 0, count: 256)
      var count = 0
      guard EVP_PKEY_get_octet_string_param(key, "pub", &bytes, bytes.count, &count) == 1 else { throw Failure() }
      return Array(bytes.prefix(count))
    }
  }

  private func number(_ name: String) throws -> [UInt8] {
    var found: OpaquePointer?
    guard EVP_PKEY_get_bn_param(key, name, &found) == 1, let found else { throw Failure() }
    defer { BN_free(found) }
    var bytes = [UInt8](repeating: 0, count: Int(BN_num_bits(found) + 7) / 8)
    _ = BN_bn2bin(found, &bytes)
    return bytes
  }

  // MARK: Signing

  /// The key's signature over `bytes`, in the form that its type has on the wire.
  ///
  /// - Parameter hash: for RSA alone.
  public func proof(_ bytes: [UInt8], hash: String = "sha512") throws -> [UInt8] {
    let digest: OpaquePointer? =
      switch kind {
      case .ed25519, .securityEd25519: nil
      case .p256, .securityP256: EVP_sha256()
      case .p384: EVP_sha384()
      case .p521: EVP_sha512()
      case .rsa: hash == "sha1" ? EVP_sha1() : hash == "sha256" ? EVP_sha256() : EVP_sha512()
      }
    guard let context = EVP_MD_CTX_new() else { throw Failure() }
    defer { EVP_MD_CTX_free(context) }
    var made = [UInt8](repeating: 0, count: 4096)
    var count = made.count
    guard EVP_DigestSignInit(context, nil, digest, nil, key) == 1,
      EVP_DigestSign(context, &made, &count, bytes, bytes.count) == 1
    else { throw Failure() }
    return kind.curve == nil ? Array(made.prefix(count)) : Self.wireForm(der: Array(made.prefix(count)))
  }

  /// Two mpints of `SEQUENCE { INTEGER, INTEGER }`.
  private static func wireForm(der: [UInt8]) -> [UInt8] {
    var rest = der.dropFirst(der[1] == 0x81 ? 3 : 2)
    var out: [UInt8] = []
    for _ in 0..<2 {
      let length = Int(rest[rest.startIndex + 1])
      out += string(Array(rest.dropFirst(2).prefix(length)))
      rest = rest.dropFirst(2 + length)
    }
    return out
  }

  // MARK: Encoding (RFC 4251 §5)

  public static func number(_ value: Int) -> [UInt8] {
    [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: value >> $0) }
  }

  public static func string(_ bytes: [UInt8]) -> [UInt8] { number(bytes.count) + bytes }

  static func mpint(_ bytes: [UInt8]) -> [UInt8] { string((bytes[0] >= 0x80 ? [0] : []) + bytes) }
}
