internal import Glibc
internal import WritVaultAge

extension Terminal {
  /// Writes a secret to standard output without making a copy of it.
  static func writeSecret(_ secret: Secret) throws {
    try secret.withBytes { bytes in
      var written = 0
      while written < bytes.count {
        let count = Glibc.write(STDOUT_FILENO, bytes.baseAddress?.advanced(by: written), bytes.count - written)
        if count < 0 {
          if errno == EINTR { continue }
          throw CommandFailure("standard output cannot be written")
        }
        written += count
      }
    }
  }
}
