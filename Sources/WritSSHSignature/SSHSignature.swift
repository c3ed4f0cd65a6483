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
  /// Of a security key: how often it signed; 0 for other keys.
  let counter: UInt32
  /// What the key made, in the form of its algorithm.
  let proof: [UInt8]

  /// Bytes of armour over which a signature is not looked at.
  public static let armourLimit = 16 << 10

  static let magic = Array("SSHSIG".utf8)

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
  /// Whatever is read here and proved is a good signature to `ssh-keygen` too. The reverse does not hold: version 0, a
  /// reserved field with something in it and unusual numbers are good signatures there and unreadable here.
  ///
  /// - Throws: ``SignatureError/malformed(_:)``.
  public init(blob: [UInt8]) throws(SignatureError) {
    var reader = WireReader(blob)
    guard reader.take(Self.magic.count) == Self.magic else { throw .malformed("no SSHSIG") }
    guard reader.number() == 1 else { throw .malformed("unknown version") }
    guard let wire = reader.string(), let key = PublicKey(wire: wire) else { throw .malformed("unusable key") }
    guard let namespace = reader.text(), !namespace.isEmpty, !namespace.utf8.contains(0) else {
      throw .malformed("no namespace")
    }
    guard reader.string()?.isEmpty == true else { throw .malformed("the reserved field is in use") }
    guard let hash = reader.text(), SignedHash(rawValue: hash) != nil else { throw .malformed("unknown hash") }
    guard let signature = reader.string(), reader.isAtEnd else { throw .malformed("cut short or too long") }
    var inner = WireReader(signature)
    guard let algorithm = inner.text(), Self.algorithms(of: key.type).contains(algorithm) else {
      throw .malformed("algorithm does not fit the key")
    }
    guard let proof = inner.string() else { throw .malformed("cut short or too long") }
    if case .ed25519 = key.material, proof.count != 64 { throw .malformed("cut short or too long") }
    if key.type.hasPrefix("sk-") {
      guard let flags = inner.take(1)?.first, let counter = inner.number() else {
        throw .malformed("cut short or too long")
      }
      self.flags = flags
      self.counter = counter
    } else {
      flags = nil
      counter = 0
    }
    guard inner.isAtEnd else { throw .malformed("cut short or too long") }
    self.key = key
    self.namespace = namespace
    self.hash = hash
    self.algorithm = algorithm
    self.proof = proof
  }

  /// SHA-1 (`ssh-rsa` as an algorithm) never counts.
  private static func algorithms(of type: String) -> [String] {
    type == "ssh-rsa" ? ["rsa-sha2-512", "rsa-sha2-256"] : [type]
  }
}
