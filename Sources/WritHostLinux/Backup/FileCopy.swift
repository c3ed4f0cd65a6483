internal import CWritSys
internal import Glibc
internal import WritDigest
internal import WritSystem

/// Copies the contents of one file, with their digest.
final class FileCopy {
  private static let room = 1 << 20
  private let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: room, alignment: 4096)
  private let digest = DigestStream()
  /// Bytes of the last copy.
  private(set) var size = 0

  deinit { buffer.deallocate() }

  /// Makes `target` what `source` is; blocks of zeros become holes, and where the file system can share blocks, it does.
  ///
  /// - Returns: nil when the source cannot be read.
  /// - Throws: ``SystemError`` when the target cannot be written.
  func copy(_ source: Int32, to target: Int32, _ path: [UInt8]) throws(SystemError) -> (digest: Digest, size: UInt64)? {
    guard ftruncate(target, 0) == 0 else { throw SystemError("truncate", visible(path)) }
    size = 0
    let isShared = writ_clone(target, source) == 0
    let from = isShared ? target : source
    while true {
      let count = pread(from, buffer.baseAddress, buffer.count, off_t(size))
      if count < 0 {
        if errno == EINTR { continue }
        _ = digest.finish()
        return nil
      }
      if count == 0 { break }
      let part = UnsafeRawBufferPointer(rebasing: buffer[..<count])
      digest.add(part)
      if !isShared, writ_is_zero(part.baseAddress, count) == 0 { try write(part, to: target, path) }
      size += count
    }
    guard isShared || ftruncate(target, off_t(size)) == 0 else { throw SystemError("truncate", visible(path)) }
    return (digest.finish(), UInt64(size))
  }

  private func write(_ part: UnsafeRawBufferPointer, to target: Int32, _ path: [UInt8]) throws(SystemError) {
    var written = 0
    while written < part.count {
      let count = pwrite(target, part.baseAddress?.advanced(by: written), part.count - written, off_t(size + written))
      if count < 0 {
        if errno == EINTR { continue }
        throw SystemError("write", visible(path))
      }
      written += count
    }
  }

  /// The digest of a file's contents; nil when they cannot be read.
  func digest(of descriptor: Int32) -> Digest? {
    var offset = 0
    while true {
      let count = pread(descriptor, buffer.baseAddress, buffer.count, off_t(offset))
      if count < 0 {
        if errno == EINTR { continue }
        _ = digest.finish()
        return nil
      }
      if count == 0 { return digest.finish() }
      digest.add(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
      offset += count
    }
  }
}
