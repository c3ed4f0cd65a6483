internal import CWritSys
internal import Glibc
public import WritPolicy
internal import WritSystem

extension TreeBackup {
  /// Compares a snapshot with its own list, restores some of it into a folder that only root gets at, and compares that too.
  ///
  /// - Throws: ``HostError`` where there is no such snapshot, or no room for the trial.
  public func check(_ question: BackupQuestion, at now: Instant) throws(HostError) -> BackupReport {
    try requireHost()
    let job = try BackupJob.read(root, question.name)
    let folder = try BackupFolder.usable(root, job.to)
    let lock = try folder.lock()
    defer { withExtendedLifetime(lock) {} }
    try folder.clear()
    let all = try folder.snapshots()
    guard let name = question.snapshot ?? all.last, all.contains(name),
      let time = BackupFolder.time(ofSnapshot: name)
    else {
      throw .illFormed(
        path: folder.path, line: nil,
        reason: question.snapshot.map { "there is no snapshot \($0.visible)" } ?? "there is no snapshot yet")
    }
    let snapshot = try SnapshotFolder(folder, name)
    let newest = try SnapshotFolder.newestWhole(in: folder, at: now)
    var report = BackupReport(tree: job.tree, snapshot: name, time: time, every: job.every.seconds)
    report.isOverdue = newest.map { BackupJob.isOverdue($0.time, every: job.every.seconds, at: now) } ?? true
    if let counts = try snapshot.counts() { report.notes = Array(counts.lines.dropFirst()) }
    let tree = try snapshot.tree()
    let comparison = SnapshotComparison(
      tree: tree, list: try snapshot.list(), sample: question.sample, seed: question.seed)
    let source = try SnapshotSource(tree, path: folder.path)
    source.walk(comparison)
    comparison.finish(&report, wants: job.tree)
    try restore(snapshot, source, in: folder, only: comparison.chosen, &report)
    return report
  }

  private func restore(
    _ snapshot: SnapshotFolder, _ source: SnapshotSource, in folder: BackupFolder, only: Set<[UInt8]>?,
    _ report: inout BackupReport
  ) throws(HostError) {
    guard mkdirat(folder.descriptor, BackupFolder.scratch, 0o700) == 0 else {
      throw .system(SystemError("mkdir", folder.path))
    }
    defer { try? folder.remove(BackupFolder.scratch) }
    let scratch = writ_open_directory(folder.descriptor, BackupFolder.scratch)
    guard scratch >= 0 else { throw .system(SystemError("open", folder.path)) }
    let spare = TreeDescriptor(scratch)
    guard mkdirat(scratch, BackupFolder.treeName, 0o700) == 0 else { throw .system(SystemError("mkdir", folder.path)) }
    let opened = writ_open_directory(scratch, BackupFolder.treeName)
    guard opened >= 0 else { throw .system(SystemError("open", folder.path)) }
    let tree = TreeDescriptor(opened)
    let copy = SnapshotCopy(to: tree, spare: spare, mount: source.mount, only: only)
    source.walk(copy)
    do throws(SystemError) {
      let counts = try copy.finish()
      report.restored = counts.files + counts.links
    } catch {
      throw .illFormed(path: folder.path, line: nil, reason: "the trial was given up: \(error)")
    }
    let comparison = SnapshotComparison(tree: tree, list: try snapshot.list(), only: only)
    try SnapshotSource(tree, path: folder.path).walk(comparison)
    comparison.finish(&report, restored: true)
  }
}
