internal import Glibc

/// Whole files, read with a limit and replaced so that the old or the new content is there at any moment, also
/// after a power cut.
public enum FileContents {
  /// Reads a regular file.
  ///
  /// - Throws: ``SystemError``; `EFBIG` over `limit` bytes, `ELOOP` for a symbolic link, `EINVAL` for what is no regular
  ///   file (a FIFO is not waited for).
  public static func read(_ path: String, limit: Int = 64 << 20) throws(SystemError) -> [UInt8] {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK)
    guard descriptor >= 0 else { throw SystemError("open", path) }
    defer { close(descriptor) }
    var status = stat()
    guard fstat(descriptor, &status) == 0 else { throw SystemError("stat", path) }
    guard status.st_mode & S_IFMT == S_IFREG else { throw SystemError("read", path, code: EINVAL) }
    var bytes: [UInt8] = []
    bytes.reserveCapacity(Int(status.st_size) + 1)
    var chunk = [UInt8](repeating: 0, count: 65536)
    while true {
      let count = Glibc.read(descriptor, &chunk, chunk.count)
      if count < 0 {
        if errno == EINTR { continue }
        throw SystemError("read", path)
      }
      if count == 0 { return bytes }
      guard bytes.count + count <= limit else { throw SystemError("read", path, code: EFBIG) }
      bytes.append(contentsOf: chunk[..<count])
    }
  }

  /// Puts `bytes` in place of whatever `path` names: a temporary file in the same folder, `fsync`, `rename`, `fsync` of the folder.
  ///
  /// On any failure the old file is untouched and the temporary one is gone.
  public static func replace(
    _ path: String, with bytes: [UInt8], mode: UInt32, owner: UInt32? = nil, group: UInt32? = nil
  ) throws(SystemError) {
    let folder = path.lastIndex(of: "/").map { $0 == path.startIndex ? "/" : String(path[..<$0]) } ?? "."
    let temporary = "\(folder)/.writ-\(getpid())-\(UInt64.random(in: .min ... .max)).tmp"
    let descriptor = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0o600)
    guard descriptor >= 0 else { throw SystemError("create", path) }
    var finished = false
    defer {
      close(descriptor)
      if !finished { unlink(temporary) }
    }
    var written = 0
    while written < bytes.count {
      let count = bytes.withUnsafeBytes { write(descriptor, $0.baseAddress?.advanced(by: written), $0.count - written) }
      if count < 0 {
        if errno == EINTR { continue }
        throw SystemError("write", path)
      }
      written += count
    }
    if owner != nil || group != nil {
      guard fchown(descriptor, owner ?? UInt32.max, group ?? UInt32.max) == 0 else { throw SystemError("chown", path) }
    }
    guard fchmod(descriptor, mode) == 0 else { throw SystemError("chmod", path) }
    guard fsync(descriptor) == 0 else { throw SystemError("fsync", path) }
    guard rename(temporary, path) == 0 else { throw SystemError("rename", path) }
    finished = true
    try syncFolder(folder)
  }

  /// Forces a folder's entries to disk.
  public static func syncFolder(_ folder: String) throws(SystemError) {
    let descriptor = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard descriptor >= 0 else { throw SystemError("open", folder) }
    defer { close(descriptor) }
    guard fsync(descriptor) == 0 else { throw SystemError("fsync", folder) }
  }
}
