internal import CLibcrypto

extension SoftwareKey {
  /// An SSHSIG whose every field the test may set (openssh PROTOCOL.sshsig).
  public struct Shape: Sendable {
    public var version = 1
    public var namespace = "writ-test-v1"
    public var reserved: [UInt8] = []
    /// What is signed in place of `reserved`.
    public var signedReserved: [UInt8] = []
    public var hash = "sha512"
    /// Of an RSA key: `rsa-sha2-512`, `rsa-sha2-256` or `ssh-rsa`; of others their type when nil.
    public var algorithm: String?
    public var flags: UInt8 = 1
    public var counter = 7
    /// Changes what the key made.
    public var bend: @Sendable ([UInt8]) -> [UInt8] = { $0 }
    public var trailing: [UInt8] = []
    public var innerTrailing: [UInt8] = []

    public init() {}

    public static func with(_ change: (inout Shape) -> Void) -> Shape {
      var shape = Shape()
      change(&shape)
      return shape
    }
  }

  /// The bytes inside the armour.
  public func blob(over message: [UInt8], _ shape: Shape = Shape()) throws -> [UInt8] {
    let magic = Array("SSHSIG".utf8)
    let namespace = Self.string(Array(shape.namespace.utf8))
    let hash = Self.string(Array(shape.hash.utf8))
    var signed = magic + namespace + Self.string(shape.signedReserved) + hash
    signed += Self.string(Self.digest(message, shape.hash == "sha256" ? EVP_sha256() : EVP_sha512()))
    if kind.isSecurityKey {
      let consent = [shape.flags] + Self.number(shape.counter)
      signed = Self.digest(Self.application, EVP_sha256()) + consent + Self.digest(signed, EVP_sha256())
    }
    let algorithm = shape.algorithm ?? (kind == .rsa ? "rsa-sha2-512" : kind.rawValue)
    let rsaHash = algorithm == "ssh-rsa" ? "sha1" : algorithm == "rsa-sha2-256" ? "sha256" : "sha512"
    var inner = Self.string(Array(algorithm.utf8)) + Self.string(shape.bend(try proof(signed, hash: rsaHash)))
    if kind.isSecurityKey { inner += [shape.flags] + Self.number(shape.counter) }
    let head = magic + Self.number(shape.version) + Self.string(try wire)
    return head + namespace + Self.string(shape.reserved) + hash + Self.string(inner + shape.innerTrailing)
      + shape.trailing
  }

  static func digest(_ bytes: [UInt8], _ algorithm: OpaquePointer?) -> [UInt8] {
    var out = [UInt8](repeating: 0, count: 64)
    var count: UInt32 = 0
    EVP_Digest(bytes, bytes.count, &out, &count, algorithm, nil)
    return Array(out.prefix(Int(count)))
  }
}
