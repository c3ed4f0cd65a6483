internal import CWritSys
internal import Synchronization

/// What a mending wants each inode of a tree to be.
protocol TreeWish: Sendable {
  /// nil: it stays as it is, whatever that is.
  func expectation(for observed: TreeObservation, way: Int?) -> TreeExpectation?

  /// The same of a folder that this mending narrowed before it went into it.
  func ending(for observed: TreeObservation, way: Int?) -> TreeExpectation?

  /// Whether an inode with several links was right a moment ago, so that it need not be looked at.
  func isKnownToBeRight(_ status: writ_inode) -> Bool

  /// Whether the inode is the tree's to change, whatever other names it has.
  func allowsChange(of status: writ_inode) -> Bool

  /// Of the files that the scan came by.
  var links: TreeLinks { get }
}

/// What a rule wants.
struct TreeRuleWish: TreeWish {
  let expectations: TreeExpectations
  let index: Int
  let links: TreeLinks

  func expectation(for observed: TreeObservation, way: Int?) -> TreeExpectation? {
    expectations.expectation(for: observed, way: way)
  }

  func ending(for observed: TreeObservation, way: Int?) -> TreeExpectation? {
    expectations.expectation(for: observed, way: way)
  }

  func isKnownToBeRight(_ status: writ_inode) -> Bool {
    guard let entry = links[status.key] else { return false }
    return entry.isWhole && !entry.isRemarkable && entry.links == status.nlink
  }

  func allowsChange(of status: writ_inode) -> Bool {
    links.allowsChange(of: status, rule: index, isClosed: expectations.rule.isClosed)
  }
}

/// What the threads of one mending have in common.
final class TreeMendShared: Sendable {
  let progress: TreeProgress
  let journal: TreeJournal?
  private let met = Mutex<Set<TreeInodeKey>>([])

  init(progress: TreeProgress, journal: TreeJournal?) {
    self.progress = progress
    self.journal = journal
  }

  /// Whether no name of the inode was met before.
  func meet(_ key: TreeInodeKey) -> Bool { met.withLock { $0.insert(key).inserted } }
}
