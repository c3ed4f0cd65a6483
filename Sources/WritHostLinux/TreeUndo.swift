internal import CWritSys
internal import Glibc
public import WritPolicy
internal import WritSystem

/// Going back to what the inodes of a tree were before writ changed them, from the host's undo journals.
///
/// Only a tree that the policy applied last does not have, and that touches none that it has: what policy says of a tree is
/// changed there. Each inode is looked at again, and left alone unless it is just what writ made of it. Setuid and setgid
/// of files, file capabilities and devices do not come back. What is undone is noted in a journal of its own.
public struct TreeUndo: Sendable {
  /// One run that changed a tree.
  public struct Journal: Sendable, Hashable {
    public var number: Int
    /// When its last record was written.
    public var time: Instant
    public var tree: String
    /// Full id of the commit that was applied, or `undo of N`.
    public var policy: String
    public var inodes: Int
  }

  /// What going back would change, or has changed.
  public struct Outcome: Sendable {
    public var tree: String
    /// As plans show a tree: `- …` where access goes, `+ …` where it comes back.
    public var lines: [String] = []
    public var inodes = 0
    /// Inodes that could not be changed, and what could not be looked at.
    public var failures: [String] = []
  }

  private let root: HostRoot
  private let folder: UndoFolder

  /// - Parameter root: `/`, or a folder that ``LinuxHost/initialise(root:name:)`` marked.
  public init(root: String) {
    self.root = HostRoot(root)
    folder = UndoFolder(root: self.root)
  }

  /// Every journal that is kept, oldest first, and of those that cannot be relied on the reason.
  ///
  /// - Throws: ``HostError`` when the folder cannot be relied on. No journal at all is no error.
  public func journals() throws(HostError) -> (journals: [Journal], faults: [String]) {
    try requireMark()
    var found: [Journal] = []
    var faults: [String] = []
    for number in try folder.numbers() {
      do throws(HostError) {
        let (entry, records) = try folder.read(number)
        found.append(
          Journal(
            number: number, time: entry.time, tree: entry.header.tree, policy: entry.header.policy,
            inodes: Set(records.map(\.key)).count))
      } catch { faults.append("\(error)") }
    }
    return (found, faults)
  }

  /// What going back to before a journal, and to before all later ones of the same tree, would change. Changes nothing.
  ///
  /// - Throws: ``HostError`` when the policy has the tree, or it cannot be looked at.
  public func preview(_ number: Int) throws(HostError) -> Outcome {
    let (engine, wish, tree, _) = try prepare(number)
    var outcome = Outcome(tree: tree)
    let approach = try approach(engine, toChange: false)
    guard approach.missing.isEmpty, let ways = engine.ways.first else { return outcome }
    var walk = TreeWalk(
      root: approach.folder.number, mount: approach.status.mount, ways: ways, fresh: true,
      visitor: TreeUndoVisitor(wish: wish))
    walk.run()
    var report = TreeReport(path: tree)
    walk.visitor.tally.finish(&report)
    let database = try AccountDatabase(root)
    let (accounts, groups) = (database.accountNames, database.groupNames)
    outcome.lines = report.lines(
      TreeNames(account: { accounts[$0] ?? String($0) }, group: { groups[$0] ?? String($0) }))
    outcome.inodes = report.counts.wrong
    outcome.failures = (report.obstacles + report.notices).map(\.text)
    return outcome
  }

  /// Goes back, and notes it where the next apply finds it for the ledger.
  ///
  /// - Throws: ``HostError`` as ``preview(_:)``, and when what is there now cannot be noted.
  public func restore(_ number: Int, at now: Instant) throws(HostError) -> Outcome {
    let (engine, wish, tree, entry) = try prepare(number)
    var outcome = Outcome(tree: tree)
    let approach = try approach(engine, toChange: true)
    guard approach.missing.isEmpty else { return outcome }
    let journal = folder.journal(UndoFolder.Header(tree: tree, policy: "undo of \(number)"), narrowOnly: false)
    try log(tree, entry, now)
    let mending = engine.carryOut(
      wish, approach, 0, journal, narrowOnly: false, walks: 1, TreeProgress(nil))
    outcome.inodes = mending.changed
    outcome.failures = mending.failures.map { "\($0.path): \($0.reason)" } + mending.obstacles.map(\.text)
    return outcome
  }

  // MARK: Steps

  private func requireMark() throws(HostError) {
    if !root.isMachine, try root.contents(LinuxHost.markPath) == nil { throw .notMarked(path: root.prefix) }
    try root.refuseLinks()
  }

  private func prepare(_ number: Int) throws(HostError) -> (TreeEngine, UndoWish, String, UndoFolder.Entry) {
    try requireMark()
    let (entry, first) = try folder.read(number)
    let tree = entry.header.tree
    for path in try folder.managed() where path == tree || path.hasPrefix(tree + "/") || tree.hasPrefix(path + "/") {
      throw .illFormed(
        path: tree.visible, line: nil,
        reason: "the policy has the tree \(path.visible) here; it decides, and the next apply would put it back")
    }
    var records = UndoRecords(first)
    for later in try folder.numbers() where later > number {
      let (other, more) = try folder.read(later)
      if other.header.tree == tree { records.add(more) }
    }
    do throws(TreeError) {
      let engine = try TreeEngine(try TreeHostRoot(root.path("/")), rules: [.closed(path: tree)])
      return (engine, UndoWish(records: records, links: engine.scan().links), tree, entry)
    } catch { throw .illFormed(path: tree.visible, line: nil, reason: "\(error)") }
  }

  private func approach(_ engine: TreeEngine, toChange: Bool) throws(HostError) -> TreeApproach {
    do throws(TreeError) { return try engine.approach(0, toChange: toChange) } catch {
      throw .illFormed(path: engine.rules.first?.path ?? "/", line: nil, reason: "\(error)")
    }
  }

  private func log(_ tree: String, _ entry: UndoFolder.Entry, _ now: Instant) throws(HostError) {
    try Expiry.log(
      ["undo of \(tree.visible) from journal \(entry.number) on, of \(entry.header.policy.visible)"], in: root, at: now)
  }
}

/// By inode the first state that was noted, and the last that was made of it.
struct UndoRecords: Sendable {
  private var records: [TreeInodeKey: TreeRecord] = [:]

  init(_ records: [TreeRecord]) { add(records) }

  /// Those of a later run. An inode number that came back with another file begins anew.
  mutating func add(_ later: [TreeRecord]) {
    for record in later {
      if let known = records[record.key], known.born == record.born {
        records[record.key]?.afterwards = record.afterwards
      } else {
        records[record.key] = record
      }
    }
  }

  func record(of observed: TreeObservation) -> TreeRecord? {
    guard let record = records[observed.status.key], record.born == observed.status.born,
      TreeSubject(mode: UInt32(record.mode)) == observed.status.subject
    else { return nil }
    return record
  }
}

/// What the journals say of each inode.
struct UndoWish: TreeWish {
  let records: UndoRecords
  let links: TreeLinks

  /// Nothing where somebody changed the inode since.
  func expectation(for observed: TreeObservation, way: Int?) -> TreeExpectation? {
    guard let record = records.record(of: observed), record.afterwards == TreeRecord.digest(of: observed) else {
      return nil
    }
    return record.expectation
  }

  func ending(for observed: TreeObservation, way: Int?) -> TreeExpectation? {
    records.record(of: observed)?.expectation
  }

  func isKnownToBeRight(_ status: writ_inode) -> Bool { false }

  func allowsChange(of status: writ_inode) -> Bool { links.allowsChange(of: status, rule: 0, isClosed: false) }
}

/// Counts what an undo would change.
private struct TreeUndoVisitor: TreeVisitor {
  let wish: UndoWish
  var tally = TreeTally()
  private var met: Set<TreeInodeKey> = []

  init(wish: UndoWish) { self.wish = wish }

  mutating func enter(_ descriptor: Int32, _ observed: TreeObservation, _ place: TreePlace) -> Bool {
    compare(observed, place)
    return false
  }

  mutating func leave(_ descriptor: Int32, _ place: TreePlace) {}

  mutating func entry(
    _ directory: Int32, _ name: UnsafePointer<CChar>, _ observed: TreeObservation, _ place: TreePlace
  ) {
    if observed.status.nlink > 1 && !met.insert(observed.status.key).inserted { return }
    if wish.allowsChange(of: observed.status) { compare(observed, place) }
  }

  private mutating func compare(_ observed: TreeObservation, _ place: TreePlace) {
    guard let expected = wish.expectation(for: observed, way: place.way) else { return }
    tally.compare(observed, expected, place, nil) { 0 }
  }

  mutating func obstacle(_ kind: TreeNotice.Kind, _ place: TreePlace) { tally.obstacle(kind, place.path) }
  mutating func notice(_ kind: TreeNotice.Kind, _ place: TreePlace) {}
  mutating func vanished() {}
}
