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
    guard status.st_size <= limit else { throw SystemError("read", path, code: EFBIG) }
    // A file that nobody writes to meanwhile fits, with one byte to spare in which its end is seen. Those of `/proc` say that
    // they are empty.
    var room = status.st_size > 0 ? Int(status.st_size) + 1 : growth
    var bytes: [UInt8] = []
    while true {
      var failure: Int32 = 0
      let part = [UInt8](unsafeUninitializedCapacity: room) { buffer, filled in
        ProcessMemory.preferLargePages(buffer)
        failure = fill(buffer, from: descriptor, &filled)
      }
      guard failure == 0 else { throw SystemError("read", path, code: failure) }
      guard bytes.count + part.count <= limit else { throw SystemError("read", path, code: EFBIG) }
      if bytes.isEmpty { bytes = part } else { bytes += part }
      if part.count < room { return bytes }
      room = growth
    }
  }

  /// How much is read at a time of a file that is longer than it said.
  private static let growth = 65536

  /// Reads until the buffer is full or the file ends. Returns the error number, 0 when nothing failed.
  private static func fill(
    _ buffer: UnsafeMutableBufferPointer<UInt8>, from descriptor: Int32, _ filled: inout Int
  ) -> Int32 {
    while filled < buffer.count {
      let count = Glibc.read(descriptor, buffer.baseAddress.map { $0 + filled }, buffer.count - filled)
      if count > 0 {
        filled += count
      } else if count == 0 {
        return 0
      } else if errno != EINTR {
        return errno
      }
    }
    return 0
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

  /// Removes the temporary files that killed runs of ``replace(_:with:mode:owner:group:)`` left in a folder. Those of
  /// processes that live stay, and so do those of other users. A folder that cannot be read is left alone.
  public static func sweep(_ folder: String) {
    guard let stream = opendir(folder) else { return }
    defer { closedir(stream) }
    while let entry = readdir(stream) {
      let name = withUnsafePointer(to: &entry.pointee.d_name) {
        $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
      }
      guard name.hasPrefix(".writ-"), name.hasSuffix(".tmp"),
        let pid = name.dropFirst(6).split(separator: "-").first.flatMap({ pid_t($0) }), pid > 0,
        kill(pid, 0) != 0, errno == ESRCH
      else { continue }
      var status = stat()
      let path = folder + "/" + name
      if lstat(path, &status) == 0, status.st_uid == geteuid(), status.st_mode & S_IFMT == S_IFREG { unlink(path) }
    }
  }

  /// Forces a folder's entries to disk.
  public static func syncFolder(_ folder: String) throws(SystemError) {
    let descriptor = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard descriptor >= 0 else { throw SystemError("open", folder) }
    defer { close(descriptor) }
    guard fsync(descriptor) == 0 else { throw SystemError("fsync", folder) }
  }
}
