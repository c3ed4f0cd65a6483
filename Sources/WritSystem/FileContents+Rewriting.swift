internal import Glibc

extension FileContents {
  /// Puts `bytes` in place of a plain file that still holds `old`; its mode and its owner stay.
  ///
  /// Atomic as ``replace(_:with:mode:owner:group:)`` is.
  ///
  /// - Throws: ``SystemError``; `ELOOP` for a symbolic link, `ESTALE` when the file holds something else by now.
  public static func rewrite(_ path: String, from old: [UInt8], to bytes: [UInt8]) throws(SystemError) {
    guard try read(path, limit: max(old.count, 1)) == old else { throw SystemError("rewrite", path, code: ESTALE) }
    var status = stat()
    guard lstat(path, &status) == 0 else { throw SystemError("stat", path) }
    guard status.st_mode & S_IFMT == S_IFREG else { throw SystemError("rewrite", path, code: ELOOP) }
    let mode = UInt32(status.st_mode & 0o7777)
    // Only root may give a file away; a file of somebody else's in one's own folder becomes one's own, as with any editor.
    let isRoot = geteuid() == 0
    try replace(
      path, with: bytes, mode: mode, owner: isRoot ? status.st_uid : nil, group: isRoot ? status.st_gid : nil)
  }
}
