/// An SSHSIG signature taken apart (openssh PROTOCOL.sshsig): whose key made it, and for what. Nothing is verified by this.
public struct SSHSignature: Hashable, Sendable {
  public let key: PublicKey
  public let namespace: String
  /// `sha512` or `sha256`.
  public let hash: String
  /// `ssh-ed25519`, `rsa-sha2-512`, …
  public let algorithm: String
  /// Of a security key: whether the holder touched it (0x01), and was verified by it (0x04); nil for other keys.
  public let flags: UInt8?

  /// Bytes of armour over which a signature is not looked at.
  public static let armourLimit = 16 << 10

  /// Reads the armoured form; strict, so that one signature has few spellings.
  ///
  /// - Throws: ``SignatureError/malformed(_:)``.
  public init(armour: [UInt8]) throws(SignatureError) {
    guard armour.count <= Self.armourLimit else { throw .malformed("over \(Self.armourLimit) bytes") }
    var lines = armour.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
    if lines.last?.isEmpty == true { lines.removeLast() }
    guard lines.count >= 3, lines[0].elementsEqual("-----BEGIN SSH SIGNATURE-----".utf8),
      lines[lines.count - 1].elementsEqual("-----END SSH SIGNATURE-----".utf8)
    else { throw .malformed("no armour around it") }
    let body = lines[1..<(lines.count - 1)]
    guard !body.contains(where: \.isEmpty), let blob = Base64.decoded(body.joined()) else {
      throw .malformed("not base64")
    }
    try self.init(blob: blob)
  }

  /// Reads the bytes inside the armour.
  ///
  /// - Throws: ``SignatureError/malformed(_:)``.
  public init(blob: [UInt8]) throws(SignatureError) {
    var reader = WireReader(blob)
    guard reader.take(6).map({ $0.elementsEqual("SSHSIG".utf8) }) == true else { throw .malformed("no SSHSIG") }
    guard reader.number() == 1 else { throw .malformed("unknown version") }
    guard let wire = reader.string(), let key = PublicKey(wire: wire) else { throw .malformed("unusable key") }
    guard let namespace = reader.text(), !namespace.isEmpty else { throw .malformed("no namespace") }
    guard reader.string() != nil, let hash = reader.text(), hash == "sha512" || hash == "sha256" else {
      throw .malformed("unknown hash")
    }
    guard let signature = reader.string(), reader.isAtEnd else { throw .malformed("cut short or too long") }
    var inner = WireReader(signature)
    guard let algorithm = inner.text(), Self.algorithms(of: key.type).contains(algorithm) else {
      throw .malformed("algorithm does not fit the key")
    }
    guard let proof = inner.string(), !algorithm.contains("ed25519") || proof.count == 64 else {
      throw .malformed("cut short or too long")
    }
    if key.type.hasPrefix("sk-") {
      guard let flags = inner.take(1)?.first, inner.number() != nil else { throw .malformed("cut short or too long") }
      self.flags = flags
    } else {
      flags = nil
    }
    guard inner.isAtEnd else { throw .malformed("cut short or too long") }
    self.key = key
    self.namespace = namespace
    self.hash = hash
    self.algorithm = algorithm
  }

  /// SHA-1 (`ssh-rsa` as an algorithm) never counts.
  private static func algorithms(of type: String) -> [String] {
    type == "ssh-rsa" ? ["rsa-sha2-512", "rsa-sha2-256"] : [type]
  }
}
