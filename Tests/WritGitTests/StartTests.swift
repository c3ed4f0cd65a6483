import Glibc
import Testing
import WritGit
import WritTestSupport

@Suite struct `Starting libgit2` {
  /// Its own function would say that there is no such file.
  @Test func `decodes no certificate authorities`() throws {
    let made = try ScratchRepository()
    try made.commit("first")
    _ = try Repository(containing: made.path)
    // Nothing of that name is loaded where libgit2 has another TLS library.
    guard let function = dlsym(nil, "mbedtls_x509_crt_parse_file") else { return }
    typealias Parse = @convention(c) (UnsafeMutableRawPointer?, UnsafePointer<CChar>) -> Int32
    let parse = unsafeBitCast(function, to: Parse.self)
    #expect(parse(nil, made.path + "/no-such-file") == 0)
  }
}
