internal import CWritSys
internal import Glibc
internal import WritDigest
internal import WritSystem

/// Copies what a walk comes by into a folder that only root gets at, and writes the list of it.
///
/// The live tree is read by descriptor and nothing of it is ever linked: whoever has a live file open could change the snapshot. What a
/// snapshot has already got is linked from there.
final class SnapshotCopy {
  /// A folder that is being filled.
  private struct Folder {
    var record: SnapshotRecord
    /// Bytes of the path above.
    var above: Int
    /// The last name in it that was copied and is no folder: one that is renamed meanwhile can be listed twice.
    var last: [UInt8] = []
  }

  private struct FirstName {
    var path: [UInt8]
    var status: writ_inode
    var record: SnapshotRecord
  }

  /// What the kernel takes of a path at once (PATH_MAX of limits.h, with the NUL).
  static let longestPath = 4_095
  /// Names that could not be read and are told.
  private static let named = 5

  private let tree: TreeDescriptor
  private let spare: TreeDescriptor
  private let mount: UInt64
  private let previous: PreviousSnapshot?
  private let list: SnapshotManifestWriter?
  /// Which files are copied; nil: all.
  private let only: Set<[UInt8]>?
  private let buffers = TreeBuffers()
  private let contents: FileCopy
  private var folders: [Folder] = []
  private var current: TreeDescriptor
  private var path: [UInt8] = []
  private var firsts: [TreeInodeKey: FirstName] = [:]

  private(set) var counts = SnapshotCounts()
  private(set) var unreadable: [String] = []
  /// Why nothing more is copied: a full disk, say.
  private(set) var failure: SystemError?

  /// - Parameters:
  ///   - tree: where the copy goes: an empty folder.
  ///   - spare: a folder of the same file system in which one name is free.
  ///   - mount: of the live tree.
  init(
    to tree: TreeDescriptor, spare: TreeDescriptor, mount: UInt64, previous: PreviousSnapshot? = nil,
    list: SnapshotManifestWriter? = nil, only: Set<[UInt8]>? = nil
  ) {
    self.tree = tree
    self.spare = spare
    self.mount = mount
    self.previous = previous
    self.list = list
    self.only = only
    current = tree
    contents = FileCopy()
  }

  /// Ends with what only the end brings.
  func finish() throws(SystemError) -> SnapshotCounts {
    align(to: 0)
    if let failure { throw failure }
    try list?.finish(counts)
    return counts
  }

  private func fail(_ operation: String) { failure = failure ?? SystemError(operation, visible(path)) }

  private func attempt(_ body: () throws(SystemError) -> Void) {
    do throws(SystemError) { try body() } catch { failure = failure ?? error }
  }

  private func missed(_ name: [UInt8]) {
    counts.unreadable += 1
    if unreadable.count < Self.named { unreadable.append(visible(path + (path.isEmpty ? [] : [0x2f]) + name)) }
  }

  private func whole(_ name: [UInt8]) -> [UInt8]? {
    let length = path.isEmpty ? name.count : path.count + 1 + name.count
    guard length <= Self.longestPath else {
      counts.deep += 1
      return nil
    }
    return path.isEmpty ? name : path + [0x2f] + name
  }
}

// MARK: Folders

extension SnapshotCopy: TreeVisitor {
  func enter(_ descriptor: Int32, _ observed: TreeObservation, _ place: TreePlace) -> Bool {
    align(to: place.depth - 1)
    // One that could not be entered has left its names without a place.
    guard failure == nil, folders.count == place.depth - 1 else { return false }
    let name = place.leafBytes
    guard let whole = folders.isEmpty ? [] : whole(name) else { return false }
    if !folders.isEmpty {
      guard withName(name, { mkdirat(current.number, $0, 0o700) }) == 0 else {
        if errno == EEXIST { counts.vanished += 1 } else { fail("mkdir") }
        return false
      }
    }
    let opened =
      folders.isEmpty
      ? writ_open_directory(tree.number, ".") : withName(name) { writ_open_directory(current.number, $0) }
    guard opened >= 0 else {
      fail("open")
      return false
    }
    current = TreeDescriptor(opened)
    let record = SnapshotRecord(whole, .folder, observed)
    folders.append(Folder(record: record, above: path.count))
    path = whole
    counts.folders += 1
    attempt { () throws(SystemError) in try list?.add(record) }
    return true
  }

  func leave(_ descriptor: Int32, _ place: TreePlace) { align(to: place.depth - 1) }

  /// Leaves folders until so many are open.
  private func align(to depth: Int) {
    while folders.count > depth, let folder = folders.popLast() {
      if failure == nil { attempt { () throws(SystemError) in try folder.record.dress(current.number) } }
      path.removeLast(path.count - folder.above)
      guard !folders.isEmpty else { continue }
      // Nobody but root gets at the copy, so the way up is the way it came down.
      let up = writ_open_directory(current.number, "..")
      if up < 0 { fail("open") } else { current = TreeDescriptor(up) }
    }
  }

  func passes(over status: writ_inode) -> Bool { failure != nil }

  func entry(
    _ directory: Int32, _ name: UnsafePointer<CChar>, _ observed: TreeObservation, _ place: TreePlace
  ) {
    align(to: place.depth)
    guard failure == nil, !folders.isEmpty, folders.count == place.depth else { return }
    let bytes = place.leafBytes
    guard folders[folders.count - 1].last != bytes, let whole = whole(bytes) else { return }
    folders[folders.count - 1].last = bytes
    switch observed.status.subject {
    case .file:
      if only?.contains(whole) != false { attempt { () throws(SystemError) in try copyFile(directory, name, whole) } }
    case .link:
      if only?.contains(whole) != false {
        attempt { () throws(SystemError) in try copyLink(directory, name, whole, observed) }
      }
    case .directory, .device, .other: counts.others += 1
    }
  }

  func obstacle(_ kind: TreeNotice.Kind, _ place: TreePlace) {
    counts.unreadable += 1
    if unreadable.count < Self.named { unreadable.append(place.path) }
  }

  func notice(_ kind: TreeNotice.Kind, _ place: TreePlace) { if case .mount = kind { counts.mounts += 1 } }

  func vanished() { counts.vanished += 1 }
}

// MARK: Files and links

extension SnapshotCopy {
  private func copyLink(
    _ directory: Int32, _ name: UnsafePointer<CChar>, _ whole: [UInt8], _ observed: TreeObservation
  ) throws(SystemError) {
    guard let target = linkTarget(directory, name) else {
      counts.vanished += 1
      return
    }
    var record = SnapshotRecord(whole, .link, observed)
    record.target = target
    guard withName(record.target, { symlinkat($0, current.number, name) }) == 0 else {
      throw SystemError("symlink", visible(whole))
    }
    guard fchownat(current.number, name, record.uid, record.gid, AT_SYMLINK_NOFOLLOW) == 0,
      writ_set_modified(current.number, name, record.modified) == 0
    else { throw SystemError("chown", visible(whole)) }
    counts.links += 1
    try list?.add(record)
  }

  private func copyFile(_ directory: Int32, _ name: UnsafePointer<CChar>, _ whole: [UInt8]) throws(SystemError) {
    let opened = writ_open_file(directory, name)
    guard opened >= 0 else {
      // Gone, or another thing by now.
      if errno == ENOENT || errno == ELOOP || errno == ENXIO { counts.vanished += 1 } else { missed(Self.bytes(name)) }
      return
    }
    let source = TreeDescriptor(opened)
    var status = writ_inode()
    guard writ_inode_at(opened, "", 1, &status) == 0, status.subject == .file, status.mount == mount else {
      counts.vanished += 1
      return
    }
    guard let observed = try? buffers.observe(opened, "", status) else { return missed(Self.bytes(name)) }
    var record = SnapshotRecord(whole, .file, observed)
    record.forgetUnsureChange()
    let isStripped = status.mode & 0o6000 != 0 || writ_has_capability(opened) == 1
    if status.nlink > 1, try linkToFirst(name, status, &record) { return try note(record, stripped: isStripped) }
    let known = previous?.record(of: whole).flatMap { $0.first.isEmpty && $0.looks(like: record) ? $0 : nil }
    if let known, known.changed != 0, known.changed == record.changed, previous?.link(known, to: current, name) == true
    {
      record.digest = known.digest
      counts.linked += 1
    } else {
      guard let copied = try copyContents(source, name, &record) else { return missed(Self.bytes(name)) }
      record.digest = copied
      // Whoever sets owner, mode or mtime to what they were changes ctime, and no more.
      if let known, known.looks(like: record), known.digest == copied, try exchange(known, name) {
        counts.linked += 1
      }
    }
    if status.nlink > 1, firsts[status.key] == nil {
      firsts[status.key] = FirstName(path: whole, status: status, record: record)
    }
    counts.bytes += Int(record.size)
    try note(record, stripped: isStripped)
  }

  private func note(_ record: SnapshotRecord, stripped: Bool) throws(SystemError) {
    counts.files += 1
    if stripped { counts.stripped += 1 }
    try list?.add(record)
  }

  private static func bytes(_ name: UnsafePointer<CChar>) -> [UInt8] {
    UnsafeBufferPointer(start: name, count: strlen(name)).map(UInt8.init(bitPattern:))
  }

  /// Another name of an inode that was copied already: the same inode there too, where it is still the same file.
  private func linkToFirst(
    _ name: UnsafePointer<CChar>, _ status: writ_inode, _ record: inout SnapshotRecord
  ) throws(SystemError) -> Bool {
    guard let first = firsts[status.key], first.status.born == status.born, first.record.looks(like: record) else {
      return false
    }
    guard PreviousSnapshot.link(first.path, below: tree.number, to: current.number, name) else { return false }
    record.digest = first.record.digest
    record.first = first.path
    return true
  }

  /// Puts the last snapshot's inode in place of an equal copy.
  private func exchange(_ known: SnapshotRecord, _ name: UnsafePointer<CChar>) throws(SystemError) -> Bool {
    guard previous?.link(known, to: spare, "link") == true else { return false }
    guard renameat(spare.number, "link", current.number, name) == 0 else { throw SystemError("rename", "link") }
    return true
  }

  /// Copies until nobody wrote to the file meanwhile, three times at most; the record is then about what was read.
  ///
  /// - Returns: nil when the file cannot be read; then nothing is left of it.
  private func copyContents(
    _ source: TreeDescriptor, _ name: UnsafePointer<CChar>, _ record: inout SnapshotRecord
  ) throws(SystemError) -> Digest? {
    let made = openat(current.number, name, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0o600)
    guard made >= 0 else { throw SystemError("create", visible(record.path)) }
    let target = TreeDescriptor(made)
    var digest: Digest?
    for turn in 1...3 {
      guard let read = try contents.copy(source.number, to: made, record.path) else {
        unlinkat(current.number, name, 0)
        return nil
      }
      digest = read.digest
      var status = writ_inode()
      guard writ_inode_at(source.number, "", 1, &status) == 0,
        let observed = try? buffers.observe(source.number, "", status)
      else { return nil }
      let before = record
      record = SnapshotRecord(record.path, .file, observed)
      record.forgetUnsureChange()
      if before.modified == status.modified, read.size == status.size { break }
      guard turn == 3 else { continue }
      counts.moving += 1
      record.changed = 0
    }
    record.size = UInt64(contents.size)
    try record.dress(target.number)
    return digest
  }
}

extension SnapshotRecord {
  /// A clock tick is a few milliseconds, and two changes within one have one ctime.
  private static let tick: Int64 = 2_000_000_000

  /// Forgets a ctime that is so new that another change could have the same.
  mutating func forgetUnsureChange() {
    var now = timespec()
    clock_gettime(CLOCK_REALTIME, &now)
    if changed > Int64(now.tv_sec) * 1_000_000_000 + Int64(now.tv_nsec) - Self.tick { changed = 0 }
  }

  /// Gives an inode its owners, mode, ACLs and time, in the order in which none of them undoes another.
  func dress(_ descriptor: Int32) throws(SystemError) {
    func check(_ result: Int32, _ operation: String) throws(SystemError) {
      guard result == 0 else { throw SystemError(operation, visible(path)) }
    }
    try check(fchown(descriptor, uid, gid), "chown")
    try check(fchmod(descriptor, mode_t(mode)), "chmod")
    if !access.isEmpty {
      try check(access.withUnsafeBytes { writ_acl_set(descriptor, $0.baseAddress, $0.count) }, "setfacl")
    }
    if !defaults.isEmpty {
      try check(defaults.withUnsafeBytes { writ_default_acl_set(descriptor, $0.baseAddress, $0.count) }, "setfacl")
    }
    try check(writ_set_modified(descriptor, "", modified), "utimens")
  }
}

/// What a symbolic link names; nil where it is none any more.
func linkTarget(_ directory: Int32, _ name: UnsafePointer<CChar>) -> [UInt8]? {
  var count = 0
  let target = [CChar](unsafeUninitializedCapacity: SnapshotCopy.longestPath + 1) { buffer, filled in
    guard let start = buffer.baseAddress else { return }
    count = readlinkat(directory, name, start, buffer.count)
    filled = max(count, 0)
  }
  return count < 0 ? nil : target.map(UInt8.init(bitPattern:))
}
