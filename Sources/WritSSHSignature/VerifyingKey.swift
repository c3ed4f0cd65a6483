internal import CLibcrypto

/// A public key in libcrypto's hands, released with its owner.
struct VerifyingKey: ~Copyable {
  private let handle: OpaquePointer
  /// Nil where the algorithm brings its own.
  private let digest: OpaquePointer?

  /// - Parameter hash: with which an RSA signature was made; the other kinds of key know theirs.
  init(_ material: KeyMaterial, hash: SignedHash) throws(LibcryptoError) {
    switch material {
    case .ed25519(let key):
      guard let made = EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nil, key, key.count) else {
        throw LibcryptoError("no usable ed25519 key")
      }
      handle = made
      digest = nil
    case .ecdsa(let curve, let point):
      handle = try Self.key(
        "EC",
        [
          Parameter(name: "group", type: OSSL_PARAM_UTF8_STRING, value: Array(curve.groupName.utf8)),
          Parameter(name: "pub", type: OSSL_PARAM_OCTET_STRING, value: point),
        ])
      digest = curve.digest
    case .rsa(let modulus, let exponent):
      handle = try Self.key(
        "RSA",
        [
          Parameter(name: "n", type: OSSL_PARAM_UNSIGNED_INTEGER, value: modulus.inNativeOrder),
          Parameter(name: "e", type: OSSL_PARAM_UNSIGNED_INTEGER, value: exponent.inNativeOrder),
        ])
      digest = hash.digest
    }
  }

  deinit { EVP_PKEY_free(handle) }

  /// Whether `proof`, in libcrypto's own form, is this key's signature over `message`.
  ///
  /// - Throws: when nothing can be concluded, as without memory. A signature that does not fit is no error.
  borrowing func accepts(_ proof: [UInt8], of message: [UInt8]) throws(LibcryptoError) -> Bool {
    let context = try VerifyingContext()
    guard EVP_DigestVerifyInit(context.handle, nil, digest, nil, handle) == 1 else {
      throw LibcryptoError("the key cannot verify")
    }
    let answer = EVP_DigestVerify(context.handle, proof, proof.count, message, message.count)
    // What a bad signature left in the queue must not be taken for the reason of a later failure.
    ERR_clear_error()
    return answer == 1
  }

  private struct Parameter {
    /// libcrypto keeps the pointer, so the text must live for ever.
    var name: StaticString
    var type: Int32
    var value: [UInt8]
  }

  private static func key(_ algorithm: String, _ parameters: [Parameter]) throws(LibcryptoError) -> OpaquePointer {
    let values = parameters.map { parameter in
      // libcrypto reads the name of a curve up to its zero byte, whatever the length says.
      let buffer = UnsafeMutableBufferPointer<UInt8>.allocate(capacity: parameter.value.count + 1)
      _ = buffer.initialize(fromContentsOf: parameter.value + [0])
      return buffer
    }
    defer { for value in values { value.deallocate() } }
    var list = zip(parameters, values).map { parameter, value in
      OSSL_PARAM(
        key: UnsafeRawPointer(parameter.name.utf8Start).assumingMemoryBound(to: CChar.self),
        data_type: UInt32(parameter.type), data: value.baseAddress, data_size: parameter.value.count,
        return_size: 0)
    }
    list.append(OSSL_PARAM_construct_end())
    guard let context = EVP_PKEY_CTX_new_from_name(nil, algorithm, nil) else {
      throw LibcryptoError("no \(algorithm) keys")
    }
    defer { EVP_PKEY_CTX_free(context) }
    var made: OpaquePointer?
    guard EVP_PKEY_fromdata_init(context) == 1,
      EVP_PKEY_fromdata(context, &made, Int32(WRIT_EVP_PKEY_PUBLIC_KEY), &list) == 1, let made
    else { throw LibcryptoError("no usable \(algorithm) key") }
    return made
  }
}

/// The state of one verification.
private struct VerifyingContext: ~Copyable {
  let handle: OpaquePointer

  init() throws(LibcryptoError) {
    guard let made = EVP_MD_CTX_new() else { throw LibcryptoError("no memory") }
    handle = made
  }

  deinit { EVP_MD_CTX_free(handle) }
}

/// Why libcrypto refused: the newest error of this thread's queue, which is empty again afterwards.
struct LibcryptoError: Error {
  var reason: String

  init(_ what: String) {
    let code = ERR_peek_last_error()
    ERR_clear_error()
    guard code != 0 else {
      reason = what
      return
    }
    var text = [CChar](repeating: 0, count: 256)
    ERR_error_string_n(code, &text, text.count)
    reason = what + ": " + String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }
}

extension KeyMaterial.Curve {
  fileprivate var groupName: String {
    switch self {
    case .nistp256: "P-256"
    case .nistp384: "P-384"
    case .nistp521: "P-521"
    }
  }

  /// The hash that belongs to the curve (RFC 5656 §6.2.1).
  fileprivate var digest: OpaquePointer? {
    switch self {
    case .nistp256: EVP_sha256()
    case .nistp384: EVP_sha384()
    case .nistp521: EVP_sha512()
    }
  }
}

/// The hashes that SSHSIG and RSA signatures may use.
enum SignedHash: String, Hashable, Sendable {
  case sha256, sha512

  fileprivate var digest: OpaquePointer? {
    switch self {
    case .sha256: EVP_sha256()
    case .sha512: EVP_sha512()
    }
  }

  func callAsFunction(_ bytes: [UInt8]) throws(LibcryptoError) -> [UInt8] {
    var out = [UInt8](repeating: 0, count: 64)
    var count: UInt32 = 0
    guard EVP_Digest(bytes, bytes.count, &out, &count, digest, nil) == 1 else { throw LibcryptoError("no digest") }
    return Array(out.prefix(Int(count)))
  }
}

extension [UInt8] {
  /// A big-endian number as the processor writes it.
  fileprivate var inNativeOrder: [UInt8] { UInt16(1).littleEndian == 1 ? reversed() : self }
}
