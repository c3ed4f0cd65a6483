internal import Glibc
internal import WritApply
internal import WritDigest
internal import WritPlan
public import WritPolicy
internal import WritSyntax
internal import WritSystem

/// The backup of a tree: its job file, the folder of its snapshots, and the units that have them taken.
extension LinuxHost {
  /// What the host shows of one backup.
  func backup(_ id: ObjectID, _ scope: Scope) -> Observed {
    guard BackupJob.isName(id.name) else { return .unknown(reason: "no such backup on a host") }
    let units = BackupUnits(root: root, name: id.name)
    let isOwned = scope.owns(id)
    switch BackupJob.file(root, id.name).read() {
    case .unknown(let reason): return .unknown(reason: reason)
    case .foreign where !isOwned:
      return .foreign(ObjectState(["faults": .lines(["+ a file that writ did not write"])]))
    case .foreign: return Self.unread(["+ its file without writ's header"])
    case .absent:
      return units.isThere && isOwned ? Self.unread(["+ units without its file"]) : .absent
    case .own(let lines):
      // Owner and mode of the file come as lines of their own.
      let (marks, rest) = (lines.filter { $0.hasPrefix("# ") }, lines.filter { !$0.hasPrefix("# ") })
      var faults = marks.map { "+ its file \($0.dropFirst(2))" } + units.faults
      if let idleness = units.idleness { faults.append("+ \(idleness)") }
      guard let job = BackupJob(name: id.name, lines: rest) else {
        return Self.unread(faults + ["+ its file is edited"])
      }
      if let fault = folderFault(job.to) { faults.append(fault) }
      var state = job.state
      state["faults"] = .lines(faults)
      return .present(state)
    }
  }

  private static func unread(_ faults: [String]) -> Observed {
    .present(
      ObjectState([
        "tree": .text(""), "to": .text(""), "every": .text(""), "keep": .text(""), "faults": .lines(faults),
      ]))
  }

  private func folderFault(_ path: String) -> String? {
    do throws(HostError) {
      guard let folder = try BackupFolder(root, path) else { return "+ \(path) is missing" }
      return folder.fault.map { "- \(path) has \($0)" }
    } catch { return "- \("\(error)".visible)" }
  }

  /// What someone should know of a backup that is wanted.
  func backupNotices(_ id: ObjectID, at now: Instant) -> [LiveState.Notice] {
    guard let job = try? BackupJob.read(root, id.name) else { return [] }
    var notices: [LiveState.Notice] = []
    if let obstacle = BackupUnits(root: root, name: id.name).obstacle {
      notices.append(
        .init(id, "no timer takes snapshots here, `writ-agent backup \(id.name)` does: \(obstacle)"))
    }
    if let reason = overdue(job, at: now) { notices.append(.init(id, reason, finding: .backupOverdue)) }
    return notices
  }

  /// How old the newest whole snapshot is, where that is too old; nil otherwise.
  ///
  /// Without any the time counts since the host was told to take them.
  private func overdue(_ job: BackupJob, at now: Instant) -> String? {
    guard let folder = (try? BackupFolder(root, job.to)) ?? nil, folder.fault == nil else { return nil }
    let newest = (try? SnapshotFolder.newestWhole(in: folder, at: now)) ?? nil
    let told = root.status("\(BackupJob.folder)/\(job.name)").map { Instant(seconds: Int64($0.st_mtim.tv_sec)) }
    guard let since = newest?.time ?? told, BackupJob.isOverdue(since, every: job.every.seconds, at: now) else {
      return nil
    }
    guard let newest else { return "there is no whole snapshot, and one is wanted every \(job.every)" }
    return "the newest whole snapshot, \(newest.name), is older than the \(job.every) that is wanted"
  }

  // MARK: Changing

  /// Why the folder cannot be one for snapshots; nil: it can.
  func refusal(ofBackup name: String, _ after: ObjectState, _ limits: HostLimits) -> String? {
    guard let job = BackupJob(name: name, state: after) else {
      return "`\(name.visible)` is no backup that writ can take"
    }
    guard HostLimits.lies(job.to, below: limits.trees) else {
      let folder = "/" + (job.to.split(separator: "/").first.map(String.init) ?? "")
      return Self.wanting(
        "\(job.to.visible) lies outside \(limits.trees.joined(separator: " "))",
        "trees: \((limits.trees + [folder.visible]).joined(separator: " "))")
    }
    do throws(HostError) {
      guard let folder = try BackupFolder(root, job.to), let stranger = try folder.stranger() else { return nil }
      return "\(job.to.visible) holds \(stranger.visible), which is no snapshot; the folder would be shut to everybody"
    } catch { return "\(error)".visible }
  }

  /// Folder first, then what is to be done, then what starts it; taken away in the other order. Snapshots stay.
  func applyBackup(_ change: Change) throws(HostError) -> ChangeResult.Status {
    let file = BackupJob.file(root, change.object.name)
    let units = BackupUnits(root: root, name: change.object.name)
    guard BackupJob.isName(change.object.name) else { return .failed("no name of a backup") }
    guard let after = change.after else {
      try units.remove()
      try file.write(nil, header: [])
      return .ok(readBack: Digest(of: "absent"))
    }
    guard let job = BackupJob(name: change.object.name, state: after) else {
      return .failed("it names no backup that writ can take")
    }
    guard let folder = try BackupFolder(root, job.to, making: true) else { return .failed("\(job.to) is not there") }
    if folder.fault != nil { try folder.mend() }
    try root.makeFolder(BackupJob.folder, mode: 0o700)
    try file.write(job.lines, header: header(of: file))
    try units.install(header: header(of: file))
    guard file.read() == .own(job.lines), folder.fault == nil else { return .failed("it reads back otherwise") }
    return .ok(readBack: Self.digest(of: after, as: after))
  }

  // MARK: Asking

  /// Adds whether snapshots are as new as the policy says.
  func prove(_ backups: [HostPromise.Backup], at now: Instant, _ proof: inout TargetProof) {
    for backup in backups {
      let name = backup.resource.text
      proof.asked += 1
      let units = BackupUnits(root: root, name: name)
      do throws(HostError) {
        let job = try BackupJob.read(root, name)
        if job.tree != backup.tree || job.to != backup.to || job.every.seconds > backup.every {
          proof.faults.append(.init("backup \(name)", "the host takes snapshots otherwise than the policy says"))
        }
        if let reason = try BackupFolder.usable(root, job.to).fault ?? overdue(job, at: now) {
          proof.faults.append(.init("backup \(name)", reason.visible))
        }
        if let idleness = units.idleness { proof.faults.append(.init("backup \(name)", idleness)) }
      } catch { proof.faults.append(.init("backup \(name)", "\(error)".visible)) }
      proof.unasked.append(
        .init("backup \(name)", "`writ restore --check \(name)` tells whether a snapshot can be restored"))
    }
  }

  /// Whether a snapshot that this host has holds what it says.
  public func check(_ question: BackupQuestion, at now: Instant) throws -> BackupReport {
    try identify()
    return try TreeBackup(root).check(question, at: now)
  }
}
