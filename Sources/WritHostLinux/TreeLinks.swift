internal import CWritSys
internal import Glibc
internal import Synchronization

/// The files with more than one link that a scan of all rules came by.
///
/// A file may be changed only when all of its links lie in managed trees: somebody may have linked a file of the system
/// into one. A link that is renamed while the scan goes on could be counted twice, and stand in for one outside; so a file
/// counts only while its ctime, which every rename changes, is that of before the scan. Nothing is kept about files with one
/// link.
public struct TreeLinks: Sendable {
  struct Entry: Sendable {
    var seen: UInt32
    var links: UInt32
    /// The low bits of the ctime with which it was met.
    var changed: UInt32
    /// Of a rule under which the file was met; one that is not closed where there is one.
    var rule: UInt16
    /// Two rules want it to look differently.
    var disagrees = false
    /// It was met with two ctimes.
    var isMoving = false
    /// It is not as it should be, or somebody is to be told of it.
    var isRemarkable = false

    var isWhole: Bool { seen >= links && !disagrees && !isMoving }
  }

  fileprivate var parts: [[TreeInodeKey: Entry]] = []
  /// What was changed before the scan has a smaller ctime, nanoseconds since 1970; what was changed since has not.
  fileprivate var begun: Int64 = .min

  subscript(key: TreeInodeKey) -> Entry? { parts.isEmpty ? nil : parts[key.part][key] }

  /// Those that a report speaks of.
  var remarkable: [TreeInodeKey: Entry] {
    var found: [TreeInodeKey: Entry] = [:]
    for part in parts {
      for (key, entry) in part where entry.isRemarkable || !entry.isWhole { found[key] = entry }
    }
    return found
  }

  /// Whether a file of several links may be changed: every link was seen in a managed tree, no two rules disagree, and it still
  /// has as many links as then. A tree that is closed takes nothing from one that is still managed.
  ///
  /// Of a file with one link ``TreeMendVisitor`` makes sure that it is the one it came by.
  func allowsChange(of status: writ_inode, rule: Int, isClosed: Bool) -> Bool {
    guard status.nlink > 1 else { return true }
    guard let entry = self[status.key] else { return false }
    guard entry.changed == status.changedBits, isAsBefore(status) else { return false }
    return entry.isWhole && entry.links == status.nlink && (!isClosed || Int(entry.rule) == rule)
  }

  /// Whether nothing happened to the inode since before the scan, its names included.
  func isAsBefore(_ status: writ_inode) -> Bool { status.changed < begun }
}

extension TreeInodeKey {
  /// Parts of the table, so that several walks seldom wait for one another.
  static let parts = 16
  fileprivate var part: Int { Int(truncatingIfNeeded: inode) & (Self.parts - 1) }
}

/// The table while several walks fill it.
final class TreeLinkTable: Sendable {
  private final class Part: Sendable {
    let entries = Mutex<[TreeInodeKey: TreeLinks.Entry]>([:])
  }

  private let parts = (0..<TreeInodeKey.parts).map { _ in Part() }
  private let begun = TreeLinkTable.now()

  /// An instant after this call was made, from the clock that the kernel takes ctimes from: whatever is changed from now on has
  /// no smaller one. That clock lags behind the finer one of which the kernel takes some ctimes (Linux 6.13 and later).
  private static func now() -> Int64 {
    func read(_ clock: clockid_t) -> Int64 {
      var time = timespec()
      clock_gettime(clock, &time)
      return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
    }
    let start = read(CLOCK_REALTIME)
    // It goes on every ten milliseconds at least.
    for _ in 0..<60 {
      let time = read(CLOCK_REALTIME_COARSE)
      if time > start { return time }
      usleep(500)
    }
    return read(CLOCK_REALTIME_COARSE)
  }

  /// Counts one more link.
  ///
  /// - Returns: the rule under which the file was met before; nil when it is met for the first time.
  func meet(_ status: writ_inode, rule: Int) -> Int? {
    let key = status.key
    return parts[key.part].entries.withLock { entries in
      guard let known = entries[key] else {
        entries[key] = TreeLinks.Entry(
          seen: 1, links: status.nlink, changed: status.changedBits, rule: UInt16(rule))
        return nil
      }
      entries[key]?.seen += 1
      if known.changed != status.changedBits { entries[key]?.isMoving = true }
      return Int(known.rule)
    }
  }

  func note(_ key: TreeInodeKey, disagrees: Bool = false) {
    parts[key.part].entries.withLock { entries in
      entries[key]?.isRemarkable = true
      if disagrees { entries[key]?.disagrees = true }
    }
  }

  var links: TreeLinks {
    var links = TreeLinks()
    links.parts = parts.map { $0.entries.withLock { $0 } }
    links.begun = begun
    return links
  }
}

extension writ_inode {
  fileprivate var changedBits: UInt32 { UInt32(truncatingIfNeeded: changed) }
}
