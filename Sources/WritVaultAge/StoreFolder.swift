internal import Glibc
internal import WritSystem

/// A folder held open: what is in it is reached from its descriptor, so no link put on the way can lead elsewhere.
final class StoreFolder {
  private let descriptor: Int32
  /// As the user named it, for messages.
  let path: String

  private init(_ descriptor: Int32, _ path: String) {
    self.descriptor = descriptor
    self.path = path
  }

  deinit { close(descriptor) }

  /// The vault itself; nil when there is none. The last step may be a symbolic link of the user's.
  static func root(_ path: String) throws(SystemError) -> StoreFolder? {
    let descriptor = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    if descriptor < 0 {
      guard errno == ENOENT else { throw SystemError("open", path) }
      return nil
    }
    return StoreFolder(descriptor, path)
  }

  /// A folder within; nil when there is none.
  ///
  /// - Throws: ``SystemError``; `ENOTDIR` or `ELOOP` for a symbolic link.
  func folder(_ name: String) throws(SystemError) -> StoreFolder? {
    let inner = openat(descriptor, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
    if inner < 0 {
      guard errno == ENOENT else { throw SystemError("open", "\(path)/\(name)") }
      return nil
    }
    return StoreFolder(inner, "\(path)/\(name)")
  }

  func folder(_ names: [String]) throws(SystemError) -> StoreFolder? {
    var folder: StoreFolder? = self
    for name in names { folder = try folder?.folder(name) }
    return folder
  }

  /// The folder within, made where it is missing; owned as this one is.
  func makeFolder(_ names: [String], mode: UInt32 = 0o755) throws(SystemError) -> StoreFolder {
    var folder = self
    for name in names {
      if let inner = try folder.folder(name) {
        folder = inner
        continue
      }
      guard mkdirat(folder.descriptor, name, mode) == 0 else { throw SystemError("create", "\(folder.path)/\(name)") }
      guard let inner = try folder.folder(name) else {
        throw SystemError("open", "\(folder.path)/\(name)", code: ENOENT)
      }
      if geteuid() == 0, let owner = folder.status(".") { fchown(inner.descriptor, owner.st_uid, owner.st_gid) }
      guard fsync(folder.descriptor) == 0 else { throw SystemError("fsync", folder.path) }
      folder = inner
    }
    return folder
  }

  /// Sorted, without `.` and `..`. Names that are not UTF-8 come repaired, and are then found by nobody.
  func names() throws(SystemError) -> [String] {
    let copy = openat(descriptor, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard copy >= 0, let stream = fdopendir(copy) else { throw SystemError("read", path) }
    defer { closedir(stream) }
    var names: [String] = []
    while let entry = readdir(stream) {
      let name = withUnsafePointer(to: &entry.pointee.d_name) {
        $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
      }
      if name != ".", name != ".." { names.append(name) }
    }
    return names.sorted()
  }

  /// A whole file; nil when it is not there.
  func read(_ name: String, limit: Int) throws(SystemError) -> [UInt8]? {
    do { return try FileContents.read(link(name), limit: limit) } catch {
      if error.code == ENOENT { return nil }
      throw SystemError(error.operation, "\(path)/\(name)", code: error.code)
    }
  }

  /// The old or the new file is there at any moment. It keeps mode and owner; a new one has those of the folder.
  func replace(_ name: String, with bytes: [UInt8]) throws(SystemError) {
    let old = status(name)
    let regular = old.map { $0.st_mode & S_IFMT == S_IFREG } ?? false
    let mode = regular ? (old?.st_mode ?? 0) & 0o777 : 0o644
    let owner = geteuid() == 0 ? (regular ? old : status(".")) : nil
    do {
      try FileContents.replace(link(name), with: bytes, mode: mode, owner: owner?.st_uid, group: owner?.st_gid)
    } catch {
      throw SystemError(error.operation, "\(path)/\(name)", code: error.code)
    }
  }

  func rename(_ old: String, to new: String) throws(SystemError) {
    guard renameat(descriptor, old, descriptor, new) == 0, fsync(descriptor) == 0 else {
      throw SystemError("rename", "\(path)/\(old)")
    }
  }

  /// Removes a file; none is fine.
  func remove(_ name: String) throws(SystemError) {
    guard unlinkat(descriptor, name, 0) == 0 || errno == ENOENT, fsync(descriptor) == 0 else {
      throw SystemError("remove", "\(path)/\(name)")
    }
  }

  /// Keeps a second writer out until the answer goes; the kernel lets go of it however the process ends.
  ///
  /// The folder itself is locked (flock(2)), so no file stands in the vault for it.
  func lock(patience seconds: Int) throws(VaultError) -> StoreFolder {
    let copy = openat(descriptor, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard copy >= 0 else { throw .system(SystemError("open", path)) }
    let holder = StoreFolder(copy, path)
    for _ in 0...(seconds * 20) {
      if flock(copy, LOCK_EX | LOCK_NB) == 0 { return holder }
      guard errno == EWOULDBLOCK || errno == EINTR else { throw .system(SystemError("lock", path)) }
      usleep(50_000)
    }
    throw .locked(path)
  }

  func isFolder(_ name: String) -> Bool { status(name).map { $0.st_mode & S_IFMT == S_IFDIR } ?? false }

  private func status(_ name: String) -> stat? {
    var status = stat()
    return fstatat(descriptor, name, &status, AT_SYMLINK_NOFOLLOW) == 0 ? status : nil
  }

  private func link(_ name: String) -> String { "/proc/self/fd/\(descriptor)/\(name)" }
}
