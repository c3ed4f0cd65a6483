internal import CWritSys
internal import Glibc
internal import WritPolicy

/// Compares a tree that only root gets at with the list of a snapshot, name by name.
final class SnapshotComparison {
  private let tree: TreeDescriptor
  private let list: SnapshotManifestReader
  /// Files and links that are looked for; nil: all.
  private let only: Set<[UInt8]>?
  private let sample: Int?
  private var chance: ProofChance
  private let contents = FileCopy()
  private let buffers = TreeBuffers()
  private var next: SnapshotRecord?
  private var drawn: [[UInt8]] = []
  private var met = 0
  private var path: [[UInt8]] = []
  private var found = BackupReport(tree: "", snapshot: "", time: .init(seconds: 0), every: 0)

  /// - Parameter sample: how many files and links are drawn for the trial; nil: all.
  init(
    tree: TreeDescriptor, list: SnapshotManifestReader, only: Set<[UInt8]>? = nil, sample: Int? = 0, seed: UInt64 = 0
  ) {
    self.tree = tree
    self.list = list
    self.only = only
    self.sample = sample
    chance = ProofChance(seed: seed)
    advance()
  }

  /// What was drawn; nil: everything.
  var chosen: Set<[UInt8]>? { sample == nil ? nil : Set(drawn) }

  /// Adds what was found.
  ///
  /// - Parameter wants: the tree that the host backs up.
  func finish(_ report: inout BackupReport, wants: String? = nil, restored: Bool = false) {
    while let missing = next {
      lacks(missing)
      advance()
    }
    if let wants, list.tree != wants { report.fault("it is a snapshot of \(list.tree)") }
    if !restored {
      report.names += found.names
      report.bytes += found.bytes
    }
    let whence = restored ? "restored on trial: " : ""
    for fault in found.faults { report.fault(whence + fault) }
    report.faultCount += found.faultCount - found.faults.count
  }

  private func advance() {
    do throws(SnapshotManifestReader.Damaged) { next = try list.next() } catch {
      next = nil
      found.fault("its list is damaged: \(error)")
    }
  }

  private func lacks(_ record: SnapshotRecord) {
    if let only, record.kind != .folder, !only.contains(record.path) { return }
    found.fault("\(visible(record.path)): is missing")
  }

  /// The list's record of something that was found; nil where there is none.
  private func listed(_ path: [UInt8], _ kind: SnapshotRecord.Kind) -> SnapshotRecord? {
    while let early = next, early.comes(before: path, isFolder: kind == .folder) {
      lacks(early)
      advance()
    }
    found.names += 1
    guard let record = next, record.path == path, record.kind == kind else {
      found.fault("\(visible(path)): is not on the list")
      return nil
    }
    advance()
    return record
  }

  private func compare(_ own: SnapshotRecord, _ record: SnapshotRecord) {
    var wrong: [String] = []
    if own.uid != record.uid || own.gid != record.gid {
      wrong.append("owner \(own.uid):\(own.gid) instead of \(record.uid):\(record.gid)")
    }
    if own.mode != record.mode { wrong.append("mode \(octal(own.mode)) instead of \(octal(record.mode))") }
    if own.access != record.access || own.defaults != record.defaults { wrong.append("another ACL") }
    if own.modified != record.modified { wrong.append("another time of modification") }
    if own.size != record.size { wrong.append("\(own.size) bytes instead of \(record.size)") }
    if own.target != record.target { wrong.append("another target") }
    if own.digest != record.digest { wrong.append("other contents") }
    if !wrong.isEmpty { found.fault("\(visible(own.path)): \(wrong.joined(separator: ", "))") }
  }

  private func draw(_ path: [UInt8]) {
    guard let sample else { return }
    met += 1
    if drawn.count < sample {
      drawn.append(path)
    } else if let place = chance.place(of: met, in: sample) {
      drawn[place] = path
    }
  }
}

extension SnapshotComparison: TreeVisitor {
  func enter(_ descriptor: Int32, _ observed: TreeObservation, _ place: TreePlace) -> Bool {
    let own = SnapshotRecord(place.bytes, .folder, observed)
    if let record = listed(own.path, .folder) { compare(own, record) }
    return false
  }

  func leave(_ descriptor: Int32, _ place: TreePlace) {}

  func entry(_ directory: Int32, _ name: UnsafePointer<CChar>, _ observed: TreeObservation, _ place: TreePlace) {
    let path = place.bytes
    switch observed.status.subject {
    case .link:
      guard let record = listed(path, .link) else { return }
      var own = SnapshotRecord(path, .link, observed)
      own.target = linkTarget(directory, name) ?? []
      compare(own, record)
      draw(path)
    case .file:
      guard let record = listed(path, .file) else { return }
      var own = SnapshotRecord(path, .file, observed)
      if record.first.isEmpty || isAlone(record) {
        let opened = writ_open_file(directory, name)
        let file = opened >= 0 ? TreeDescriptor(opened) : nil
        own.digest = file.flatMap { contents.digest(of: $0.number) }
        guard own.digest != nil else { return found.fault("\(visible(path)): cannot be read") }
        found.bytes += Int(own.size)
      } else {
        own.digest = record.digest
        if !isSameInode(record, observed.status) {
          found.fault("\(visible(path)): is not the same file as \(visible(record.first))")
        }
      }
      compare(own, record)
      draw(path)
    case .directory, .device, .other:
      found.names += 1
      found.fault("\(visible(path)): is not on the list")
    }
  }

  /// Whether the first name of the inode was left out of the trial.
  private func isAlone(_ record: SnapshotRecord) -> Bool { only.map { !$0.contains(record.first) } ?? false }

  private func isSameInode(_ record: SnapshotRecord, _ status: writ_inode) -> Bool {
    let (above, last) = PreviousSnapshot.parts(record.first)
    guard let parent = PreviousSnapshot.open(above, below: tree.number) else { return false }
    var first = writ_inode()
    return withName(last) { writ_inode_at(parent.number, $0, 1, &first) } == 0 && first.key == status.key
  }

  func obstacle(_ kind: TreeNotice.Kind, _ place: TreePlace) { found.fault("\(place.path): cannot be read") }
  func notice(_ kind: TreeNotice.Kind, _ place: TreePlace) {
    if case .mount = kind { found.fault("\(place.path): something is mounted there") }
  }
  func vanished() { found.fault("something vanished while it was read") }
}
