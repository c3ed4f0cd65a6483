internal import CLibcrypto

/// A SHA-256 digest of bytes that come one part after the other.
public final class DigestStream {
  private let context: OpaquePointer

  public init() {
    guard let context = EVP_MD_CTX_new(), EVP_DigestInit_ex(context, EVP_sha256(), nil) == 1 else {
      // Only out of memory.
      preconditionFailure("SHA-256 cannot be begun")
    }
    self.context = context
  }

  deinit { EVP_MD_CTX_free(context) }

  public func add(_ bytes: UnsafeRawBufferPointer) { EVP_DigestUpdate(context, bytes.baseAddress, bytes.count) }

  public func add(_ bytes: [UInt8]) { bytes.withUnsafeBytes(add) }

  /// The digest of everything added; afterwards it begins anew.
  public func finish() -> Digest {
    var out = [UInt8](repeating: 0, count: Int(SHA256_DIGEST_LENGTH))
    EVP_DigestFinal_ex(context, &out, nil)
    EVP_DigestInit_ex(context, EVP_sha256(), nil)
    return Digest(raw: out)
  }
}
