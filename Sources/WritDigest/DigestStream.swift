internal import CLibcrypto

/// A SHA-256 digest of bytes that come one part after the other.
public final class DigestStream {
  private var context = SHA256_CTX()

  public init() { begin() }

  private func begin() { Self.check(SHA256_Init(&context)) }

  public func add(_ bytes: UnsafeRawBufferPointer) {
    Self.check(SHA256_Update(&context, bytes.baseAddress, bytes.count))
  }

  public func add(_ bytes: [UInt8]) { bytes.withUnsafeBytes(add) }

  /// The digest of everything added; afterwards it begins anew.
  public func finish() -> Digest {
    var out = [UInt8](repeating: 0, count: Int(SHA256_DIGEST_LENGTH))
    Self.check(SHA256_Final(&out, &context))
    begin()
    return Digest(raw: out)
  }

  /// They work on memory of their own and have nothing that could fail.
  private static func check(_ result: Int32) { precondition(result == 1, "SHA-256 cannot be computed") }
}
