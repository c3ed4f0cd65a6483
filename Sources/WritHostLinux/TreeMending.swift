/// What mending one tree did.
public struct TreeMending: Sendable {
  /// An inode that could not be brought to its state. It is never wider than before.
  public struct Failure: Sendable, Hashable {
    /// Relative to the tree's root; visible text.
    public var path: String
    public var inode: UInt64
    public var reason: String
  }

  public internal(set) var path: String
  /// The root was missing and was made.
  public internal(set) var created = false
  /// Inodes changed and read back.
  public internal(set) var changed = 0
  /// Inodes that differ and that nobody may change: foreign links, conflicts, immutable files.
  public internal(set) var leftAlone = 0
  /// Names that were gone, or were another inode, when it came to changing them. The next scan sees what is there now.
  public internal(set) var vanished = 0
  public internal(set) var failureCount = 0
  /// The first of them by path.
  public internal(set) var failures: [Failure] = []
  public internal(set) var obstacles: [TreeNotice] = []

  public var isDone: Bool { failureCount == 0 && obstacles.isEmpty }

  private static let failuresKept = 100

  mutating func fail(_ path: String, _ inode: UInt64, _ reason: String) {
    failureCount += 1
    keep(Failure(path: path, inode: inode, reason: reason))
  }

  /// Several threads fail in any order; which failures are shown does not depend on it.
  private mutating func keep(_ failure: Failure) {
    guard failures.count < Self.failuresKept || failure.path < failures[Self.failuresKept - 1].path else { return }
    failures.insert(failure, at: failures.firstIndex { failure.path < $0.path } ?? failures.count)
    if failures.count > Self.failuresKept { failures.removeLast() }
  }

  /// Adds what another thread did.
  mutating func merge(_ other: TreeMending) {
    changed += other.changed
    leftAlone += other.leftAlone
    vanished += other.vanished
    failureCount += other.failureCount
    for failure in other.failures { keep(failure) }
    obstacles += other.obstacles
  }
}
