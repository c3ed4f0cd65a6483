extension SSHSignature {
  /// Verifies that ``key`` made this signature over `message`; whose key it is, is another question.
  ///
  /// - Throws: ``SignatureError/notGood(_:)`` when it did not, ``SignatureError/library(_:)`` when libcrypto cannot tell,
  ///   ``SignatureError/malformed(_:)`` for numbers in an unusual spelling.
  func prove(_ message: [UInt8]) throws(SignatureError) {
    let form = try libcryptoForm
    let isGood: Bool
    do throws(LibcryptoError) {
      let signed = try signedBytes(message)
      isGood = try VerifyingKey(key.material, hash: algorithm == "rsa-sha2-256" ? .sha256 : .sha512)
        .accepts(form, of: signed)
    } catch { throw .library(error.reason) }
    guard isGood else { throw .notGood("it is no signature of this text by this key") }
  }

  /// What the key signed: not the message, but what it is for and its digest (openssh PROTOCOL.sshsig). A security key wraps
  /// that once more, with what it was registered for, how its holder consented and how often (openssh PROTOCOL.u2f).
  private func signedBytes(_ message: [UInt8]) throws(LibcryptoError) -> [UInt8] {
    var inner = WireWriter(Self.magic)
    inner.add(string: namespace.utf8)
    inner.add(string: [])
    inner.add(string: hash.utf8)
    inner.add(string: try (SignedHash(rawValue: hash) ?? .sha512)(message))
    guard let application = key.application, let flags else { return inner.bytes }
    var outer = WireWriter(try SignedHash.sha256(application) + [flags])
    outer.add(number: counter)
    return try outer.bytes + SignedHash.sha256(inner.bytes)
  }

  /// The proof as libcrypto wants it.
  private var libcryptoForm: [UInt8] {
    get throws(SignatureError) {
      switch key.material {
      case .ed25519: return proof
      case .rsa(let modulus, _):
        guard proof.count <= modulus.count else { throw .malformed("longer than its key") }
        // Some agents leave leading zeros out, and OpenSSH puts them back (ssh-rsa.c).
        return [UInt8](repeating: 0, count: modulus.count - proof.count) + proof
      case .ecdsa:
        var reader = WireReader(proof)
        guard let r = reader.natural(), let s = reader.natural(), reader.isAtEnd else {
          throw .malformed("no pair of numbers")
        }
        return Self.sequence(r, s)
      }
    }
  }

  /// `Ecdsa-Sig-Value` of RFC 3279 §2.2.3, in DER.
  private static func sequence(_ numbers: [UInt8]...) -> [UInt8] {
    func element(_ tag: UInt8, _ content: [UInt8]) -> [UInt8] {
      // Two coordinates of the longest curve stay below 256 bytes.
      let length = UInt8(content.count)
      return [tag] + (length < 0x80 ? [length] : [0x81, length]) + content
    }
    let integers = numbers.flatMap { element(0x02, ($0[0] >= 0x80 ? [0] : []) + $0) }
    return element(0x30, integers)
  }
}
