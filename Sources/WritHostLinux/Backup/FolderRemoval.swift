internal import CWritSys
internal import Glibc
internal import WritSystem

/// Removes a folder with everything in it, by descriptor, however deep it is; no link is followed and no other file system entered.
struct FolderRemoval {
  /// For messages.
  let path: String

  /// Nobody but root can get at the folder, so that the way up leads where the way down came from; it is looked at all the same.
  func run(_ parent: Int32, _ name: [UInt8]) throws(SystemError) {
    if withName(name, { unlinkat(parent, $0, 0) }) == 0 { return }
    guard errno == EISDIR || errno == EPERM else {
      if errno == ENOENT { return }
      throw SystemError("unlink", path)
    }
    var current = try enter(parent, name)
    let device = try status(current).st_dev
    var above: [(name: [UInt8], inode: ino_t)] = [(name, try status(current).st_ino)]
    while let innermost = above.last {
      if let next = try emptied(current, device) {
        current = try enter(current.number, next)
        above.append((next, try status(current).st_ino))
        continue
      }
      above.removeLast()
      guard let outer = above.last else { break }
      let up = try enter(current.number, [0x2e, 0x2e])
      guard try status(up).st_ino == outer.inode else { throw SystemError("rmdir", path, code: ESTALE) }
      guard withName(innermost.name, { unlinkat(up.number, $0, AT_REMOVEDIR) }) == 0 else {
        throw SystemError("rmdir", path)
      }
      current = up
    }
    guard withName(name, { unlinkat(parent, $0, AT_REMOVEDIR) }) == 0 else { throw SystemError("rmdir", path) }
  }

  private func enter(_ folder: Int32, _ name: [UInt8]) throws(SystemError) -> TreeDescriptor {
    let opened = withName(name) { writ_open_directory(folder, $0) }
    guard opened >= 0 else { throw SystemError("open", path) }
    return TreeDescriptor(opened)
  }

  private func status(_ folder: TreeDescriptor) throws(SystemError) -> stat {
    var status = stat()
    guard fstat(folder.number, &status) == 0 else { throw SystemError("stat", path) }
    return status
  }

  /// Unlinks what is no folder; the name of the first folder that is left, nil when there is none.
  private func emptied(_ folder: TreeDescriptor, _ device: dev_t) throws(SystemError) -> [UInt8]? {
    let copy = writ_open_directory(folder.number, ".")
    guard copy >= 0, let stream = fdopendir(copy) else { throw SystemError("open", path) }
    defer { closedir(stream) }
    while let entry = readdir(stream) {
      let name = withUnsafePointer(to: &entry.pointee.d_name) {
        $0.withMemoryRebound(to: UInt8.self, capacity: 256) { start in
          Array(
            UnsafeBufferPointer(
              start: start, count: strnlen(UnsafeRawPointer(start).assumingMemoryBound(to: CChar.self), 256)))
        }
      }
      if name == [0x2e] || name == [0x2e, 0x2e] { continue }
      var status = stat()
      guard withName(name, { fstatat(folder.number, $0, &status, AT_SYMLINK_NOFOLLOW) }) == 0 else {
        throw SystemError("stat", path)
      }
      guard status.st_dev == device else { throw SystemError("remove", path, code: EXDEV) }
      if status.isFolder { return name }
      guard withName(name, { unlinkat(folder.number, $0, 0) }) == 0 else { throw SystemError("unlink", path) }
    }
    return nil
  }
}
