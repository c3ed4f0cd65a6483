public import WritPolicy

/// Whether a snapshot holds what it says.
public struct BackupReport: Sendable, Hashable, Codable {
  /// Absolute on the host.
  public var tree: String
  /// `20261121T194109Z`
  public var snapshot: String
  public var time: Instant
  /// Seconds between two snapshots, as the host was told.
  public var every: Int64
  /// Names that were compared with the snapshot's list, contents of files included.
  public var names = 0
  public var bytes = 0
  /// Files and symbolic links that were restored on trial and compared again.
  public var restored = 0
  /// What the snapshot does not hold of the tree, as it said when it was taken.
  public var notes: [String] = []
  /// How many things are not as they should be.
  public var faultCount = 0
  /// The first of them.
  public var faults: [String] = []
  /// Whether the newest whole snapshot is older than the policy wants.
  public var isOverdue = false

  /// Faults that are told.
  static let told = 20

  mutating func fault(_ text: String) {
    faultCount += 1
    if faults.count < Self.told { faults.append(text) }
  }

  public var isFine: Bool { faultCount == 0 && !isOverdue }

  /// For people.
  ///
  /// - Parameter now: for its age.
  public func lines(at now: Instant) -> [String] {
    let age = Duration(seconds: max(0, (now.seconds - time.seconds) / 60 * 60))
    var lines = [
      "snapshot \(snapshot.visible) of \(tree.visible), \(age) old: \(names) names, \(bytes) bytes compared, "
        + "\(restored) restored on trial, \(faultCount) faults"
    ]
    if isOverdue { lines.append("  overdue: there should be a whole one every \(Duration(seconds: every))") }
    lines += faults.map { "  \($0.visible)" }
    if faultCount > faults.count { lines.append("  and \(faultCount - faults.count) more") }
    return lines + notes.map { "  when it was taken: \($0.visible)" }
  }
}

/// Which snapshot is looked at, and how.
public struct BackupQuestion: Sendable, Hashable, Codable {
  /// The resource.
  public var name: String
  /// nil: the newest.
  public var snapshot: String?
  /// Files and links that are restored on trial; nil: all.
  public var sample: Int?
  public var seed: UInt64

  public init(name: String, snapshot: String? = nil, sample: Int?, seed: UInt64) {
    self.name = name
    self.snapshot = snapshot
    self.sample = sample
    self.seed = seed
  }
}
