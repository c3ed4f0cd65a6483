internal import WritDigest
public import WritPolicy

/// How every access moved through the commits of one first-parent line: built once, asked often.
///
/// An edge holds in truth at an instant when the commit in force then gives it then; the commit in force is the newest by the
/// running maximum of committer times. Everything is told from meaning: re-wrapping, sorting, moving and splitting files, comments
/// and reasons change nothing, and a rename through `previously` goes on under the new name.
public struct HistoryIndex: Sendable {
  /// Commits from one change of the policy to the next.
  struct Epoch: Sendable {
    var commit: CommitRef
    var begins: Instant
  }

  struct Record: Sendable {
    var timeline: [Run]
    var controls: [ControlRun]
    var paths: [PathIdentity: [Run]]
  }

  struct ControlRun: Sendable {
    var epochs: Range<Int>
    var control: Digest
  }

  public let line: HistoryLine
  /// The last policy that can be read, which blame is about; nil when none can.
  public let snapshot: Snapshot?
  /// Commits that cannot be read, oldest first.
  public let skipped: [SkippedCommit]
  let epochs: [Epoch]
  let records: [EdgeIdentity: Record]
  let names: HistoryNames
  let clock: EpochClock

  /// Walks the line, oldest commit first.
  ///
  /// - Parameter beside: who puts together what the walk finds, while it goes on; nil: it does so itself.
  public init<Source: HistorySource>(_ source: Source, beside: (any WorkBeside)? = nil) throws(Source.Failure) {
    let line = try source.line()
    let begins = line.inForceFrom
    var folding = HistoryFolding(beside)
    defer { folding.stop() }
    var skipped: [SkippedCommit] = []
    // Two trees may stand for one policy: the last good one, and one that cannot be read over which it is carried.
    var last: HistoryCommit?
    var good: HistoryCommit?
    for (position, commit) in line.commits.enumerated() {
      if let last, last.policyTree == commit.policyTree { continue }
      last = commit
      if let good, good.policyTree == commit.policyTree { continue }
      switch try source.step(to: commit) {
      case .unreadable(let problem):
        skipped.append(SkippedCommit(commit: try source.reference(to: commit), problem: problem))
      case .access(let step):
        good = commit
        folding.add(step, Epoch(commit: try source.reference(to: commit), begins: begins[position]))
      }
    }
    folding.end()
    // The places where everything is written are those of the last policy, which is read as a whole for them.
    if let good, case .readable(let last) = try source.state(of: good) { snapshot = last } else { snapshot = nil }
    self.line = line
    self.skipped = skipped
    let folded = folding.result()
    epochs = folded.epochs
    clock = EpochClock(begins: folded.epochs.map(\.begins))
    names = folded.names
    records = folded.records
  }

  /// Whether the history ever had a principal of that name.
  public func knows(_ principal: PrincipalName) -> Bool { names.principals.identity(of: principal) != nil }

  /// Whether the history ever had a resource or sharing group of that name.
  public func knows(_ resource: ResourceName) -> Bool { names.resources.identity(of: resource) != nil }

  /// Commits that changed the policy, oldest first.
  public var changes: [CommitRef] { epochs.map(\.commit) }
}
