internal import CWritSys
internal import Glibc

/// Bytes that a program can open by a path although they are on no disk (memfd_create(2)).
///
/// For programs that insist on a file for what is no secret of theirs to keep: a signature, a list of signers. The path
/// holds while the value lives, and only for programs of the same user.
public struct MemoryFile: ~Copyable {
  private let descriptor: Int32

  /// - Throws: ``SystemError``.
  public init(_ bytes: [UInt8]) throws(SystemError) {
    descriptor = writ_memory_file("writ")
    guard descriptor >= 0 else { throw SystemError("create", "memory file") }
    var written = 0
    while written < bytes.count {
      let count = bytes.withUnsafeBytes { write(descriptor, $0.baseAddress?.advanced(by: written), $0.count - written) }
      if count < 0 {
        if errno == EINTR { continue }
        throw SystemError("write", "memory file")
      }
      written += count
    }
  }

  deinit { if descriptor >= 0 { close(descriptor) } }

  /// By way of this process's own descriptor, since programs inherit none.
  public var path: String { "/proc/\(getpid())/fd/\(descriptor)" }
}
