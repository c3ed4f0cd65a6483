internal import CLibcrypto
internal import CLibgit2

extension GitObjectID {
  /// SHA-1 of libcrypto, looked up once.
  private static let algorithm = Algorithm()

  private struct Algorithm: @unchecked Sendable {
    /// Never freed, and never changed: libcrypto counts who uses it.
    let pointer = EVP_MD_fetch(nil, "SHA1", nil)
  }

  /// An object's id: of its kind, its size and its bytes (Pro Git, "Git Objects"). nil: no SHA-1 is to be had.
  init?(named bytes: UnsafeRawBufferPointer, _ kind: git_object_t) {
    guard let algorithm = Self.algorithm.pointer, let word = git_object_type2string(kind),
      let context = EVP_MD_CTX_new()
    else { return nil }
    defer { EVP_MD_CTX_free(context) }
    let header = Array("\(String(cString: word)) \(bytes.count)".utf8) + [0]
    var oid = git_oid()
    let isDone = withUnsafeMutableBytes(of: &oid) { out in
      EVP_DigestInit_ex(context, algorithm, nil) == 1 && EVP_DigestUpdate(context, header, header.count) == 1
        && EVP_DigestUpdate(context, bytes.baseAddress, bytes.count) == 1
        && EVP_DigestFinal_ex(context, out.baseAddress?.assumingMemoryBound(to: UInt8.self), nil) == 1
    }
    guard isDone else { return nil }
    self.init(oid)
  }
}
