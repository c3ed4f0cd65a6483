internal import CLibcrypto
internal import CLibgit2

extension GitObjectID {
  /// An object's id: of its kind, its size and its bytes (Pro Git, "Git Objects"). nil: of no kind that git has.
  init?(named bytes: UnsafeRawBufferPointer, _ kind: git_object_t) {
    guard let word = git_object_type2string(kind) else { return nil }
    let header = Array("\(String(cString: word)) \(bytes.count)".utf8) + [0]
    var context = SHA_CTX()
    var oid = git_oid()
    let isDone = withUnsafeMutableBytes(of: &oid) { out in
      SHA1_Init(&context) == 1 && SHA1_Update(&context, header, header.count) == 1
        && SHA1_Update(&context, bytes.baseAddress, bytes.count) == 1
        && SHA1_Final(out.baseAddress?.assumingMemoryBound(to: UInt8.self), &context) == 1
    }
    guard isDone else { return nil }
    self.init(oid)
  }
}
