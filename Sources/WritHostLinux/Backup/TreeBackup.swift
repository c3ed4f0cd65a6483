internal import CWritSys
internal import Glibc
public import WritPolicy
internal import WritSystem

/// Takes snapshots of trees, and keeps as many as an apply wrote down for the host: what `writ-agent backup` does.
///
/// What is copied where stands in root's own files; whoever starts it can only say which of them is meant.
public struct TreeBackup {
  public struct Outcome: Sendable {
    /// What was done, for people.
    public var lines: [String]
    /// Whether everything could be read.
    public var isWhole: Bool
  }

  let root: HostRoot

  /// - Parameter root: `/`, or a folder that ``LinuxHost/initialise(root:name:)`` marked.
  public init(root: String) { self.root = HostRoot(root) }

  init(_ root: HostRoot) { self.root = root }

  /// The backups of this host, in order.
  public func names() throws(HostError) -> [String] {
    try requireHost()
    return try root.names(in: BackupJob.folder).filter(BackupJob.isName)
  }

  func requireHost() throws(HostError) {
    if !root.isMachine, try root.contents(LinuxHost.markPath) == nil { throw .notMarked(path: root.prefix) }
    try root.refuseLinks()
  }

  /// Takes a snapshot, and removes those that are too many.
  ///
  /// - Parameters:
  ///   - now: what the snapshot is called after.
  ///   - ifDue: do nothing while the newest one is new enough.
  /// - Throws: ``HostError``; then the snapshots are what they were. A file that vanishes meanwhile is no fault; one that
  ///   cannot be read leaves a snapshot that is not whole.
  public func run(_ name: String, at now: Instant, ifDue: Bool = false) throws(HostError) -> Outcome {
    try requireHost()
    let job = try BackupJob.read(root, name)
    let folder = try BackupFolder.usable(root, job.to)
    let lock = try folder.lock()
    defer { withExtendedLifetime(lock) {} }
    let newest = try SnapshotFolder.newestWhole(in: folder, at: now)
    if ifDue, !job.isDue(after: newest?.time, at: now) {
      return Outcome(lines: ["\(name): the snapshot \(newest?.name ?? "") is new enough"], isWhole: true)
    }
    try folder.clear()
    let source = try SnapshotSource(root, job.tree)
    let run = SnapshotRun(job: job, folder: folder, source: source, time: now)
    let taken: (name: String, copy: SnapshotCopy, counts: SnapshotCounts)
    do { taken = try run.take(previous: newest?.name) } catch {
      try? folder.clear()
      throw HostError.illFormed(path: folder.path, line: nil, reason: "the snapshot was given up: \(error)")
    }
    let removed = try retain(job.keep, in: folder, made: taken.name, at: now)
    var lines = ["\(name): snapshot \(taken.name) of \(visible(job.tree))"] + taken.counts.lines.map { "  " + $0 }
    lines += taken.copy.unreadable.map { "  could not be read: \($0)" } + removed.map { "  removed the snapshot \($0)" }
    return Outcome(lines: lines, isWhole: taken.counts.unreadable == 0)
  }

  /// Removes the oldest snapshots; neither the one just made nor the newest whole one.
  private func retain(
    _ keep: Int, in folder: BackupFolder, made: String, at now: Instant
  ) throws(HostError) -> [String] {
    let all = try folder.snapshots()
    var kept = Set(all.suffix(keep) + [made])
    if let whole = try SnapshotFolder.newestWhole(in: folder, at: now) { kept.insert(whole.name) }
    let removed = all.filter { !kept.contains($0) }
    for name in removed { try folder.removeSnapshot(name) }
    return removed
  }
}

/// The live tree that is copied.
struct SnapshotSource {
  let descriptor: TreeDescriptor
  let mount: UInt64
  let ways: TreeWays

  /// - Throws: ``HostError`` where it is not there, a link stands in the way, or mounts cannot be told.
  init(_ root: HostRoot, _ tree: String) throws(HostError) {
    let opened: Int32
    do throws(TreeError) {
      let host = try TreeHostRoot(root.path("/"))
      let below = Array(tree.utf8.drop { $0 == UInt8(ascii: "/") })
      opened = withName(below) { writ_open_beneath(host.descriptor, $0, 0) }
    } catch { throw .illFormed(path: root.path(tree), line: nil, reason: "\(error)") }
    guard opened >= 0 else { throw .system(SystemError("open", root.path(tree))) }
    try self.init(TreeDescriptor(opened), path: root.path(tree))
  }

  /// - Parameter path: for messages.
  init(_ folder: TreeDescriptor, path: String) throws(HostError) {
    var status = writ_inode()
    guard writ_inode_at(folder.number, "", 1, &status) == 0, status.mount_known != 0 else {
      throw .illFormed(path: path, line: nil, reason: "the kernel does not tell which mount it belongs to")
    }
    descriptor = folder
    mount = status.mount
    do throws(TreeError) { ways = try TreeWays(root: TreePath("/"), inner: [], passers: []) } catch {
      throw .illFormed(path: path, line: nil, reason: "\(error)")
    }
  }

  /// Shows everything to `visitor`, always in the same order.
  func walk(_ visitor: some TreeVisitor) {
    var walk = TreeWalk(
      root: descriptor.number, mount: mount, ways: ways, fresh: true, order: .sorted, visitor: visitor)
    walk.run()
  }
}

/// One snapshot that is being taken.
struct SnapshotRun {
  let job: BackupJob
  let folder: BackupFolder
  let source: SnapshotSource
  let time: Instant

  /// How many seconds later a snapshot may be called, where its second is taken.
  private static let names = 60

  func take(previous: String?) throws -> (name: String, copy: SnapshotCopy, counts: SnapshotCounts) {
    let work = try make(BackupFolder.partial, in: folder.descriptor)
    let tree = try make(BackupFolder.treeName, in: work.number)
    let opened = openat(
      work.number, BackupFolder.manifestName, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0o600)
    guard opened >= 0 else { throw SystemError("create", folder.path) }
    let file = TreeDescriptor(opened)
    let copy = SnapshotCopy(
      to: tree, spare: work, mount: source.mount,
      previous: previous.flatMap { try? SnapshotFolder(folder, $0).previous() },
      list: try SnapshotManifestWriter(file.number, tree: job.tree, at: time))
    source.walk(copy)
    let counts = try copy.finish()
    guard counts.folders > 0 else { throw SystemError("open", job.tree, code: EACCES) }
    // Everything is on the disk before it has a name.
    guard writ_sync_all(work.number) == 0 else { throw SystemError("sync", folder.path) }
    return (try publish(), copy, counts)
  }

  private func make(_ name: String, in parent: Int32) throws -> TreeDescriptor {
    guard mkdirat(parent, name, 0o700) == 0 else { throw SystemError("mkdir", folder.path) }
    let opened = writ_open_directory(parent, name)
    guard opened >= 0 else { throw SystemError("open", folder.path) }
    return TreeDescriptor(opened)
  }

  private func publish() throws -> String {
    for later in 0..<Int64(Self.names) {
      let name = BackupFolder.name(at: Instant(seconds: time.seconds + later))
      if writ_rename_new(folder.descriptor, BackupFolder.partial, folder.descriptor, name) == 0 {
        guard fsync(folder.descriptor) == 0 else { throw SystemError("fsync", folder.path) }
        return name
      }
      guard errno == EEXIST else { break }
    }
    throw SystemError("rename", folder.path)
  }
}
