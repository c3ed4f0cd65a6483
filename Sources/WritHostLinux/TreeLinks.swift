internal import CWritSys

/// The files with more than one link that a scan of all rules came by.
///
/// A file may be changed only when all of its links lie in managed trees: somebody may have linked a file of the system
/// into one. The table holds nothing about files with one link.
public struct TreeLinks: Sendable {
  struct Entry: Sendable {
    var seen: UInt32
    var links: UInt32
    /// Of the rule under which the file was first met.
    var rule: UInt16
    var otherRule: UInt16 = .max
    /// Groups of deviations that count it (see ``TreeTally``); -1 where there is none.
    var groups: (Int32, Int32, Int32) = (-1, -1, -1)

    var isWhole: Bool { seen >= links && otherRule == .max }
  }

  private(set) var entries: [TreeInodeKey: Entry] = [:]
  /// Visible names, relative to the first rule's tree, of some files whose links have not all been seen.
  private(set) var names: [TreeInodeKey: (folder: String, name: String)] = [:]
  private var isNaming = true

  /// Names kept at a time: enough to show a few.
  private static let namesKept = 4_096

  /// Counts one more link.
  ///
  /// - Returns: true when the file is met for the first time.
  mutating func meet(_ status: writ_inode, rule: Int) -> Bool {
    if entries[status.key] == nil {
      entries[status.key] = Entry(seen: 1, links: status.nlink, rule: UInt16(rule))
      return true
    }
    entries[status.key]?.seen += 1
    return false
  }

  mutating func name(_ key: TreeInodeKey, folder: String, _ name: String) {
    guard isNaming else { return }
    if names.count >= Self.namesKept {
      for known in names.keys where entries[known]?.isWhole == true { names[known] = nil }
      if names.count > Self.namesKept / 2 { isNaming = false }
    }
    names[key] = (folder, name)
  }

  mutating func deviates(_ key: TreeInodeKey, groups: [Int32]) {
    entries[key]?.groups = (
      groups.first ?? -1, groups.count > 1 ? groups[1] : -1, groups.count > 2 ? groups[2] : -1
    )
  }

  mutating func disagrees(_ key: TreeInodeKey, rule: Int) { entries[key]?.otherRule = UInt16(rule) }

  /// Whether the file may be changed: every link was seen in a managed tree, no two rules disagree, and it still has as
  /// many links as then. A tree that is closed takes nothing from one that is still managed.
  func allowsChange(of status: writ_inode, rule: Int, isClosed: Bool) -> Bool {
    guard status.nlink > 1 else { return true }
    guard let entry = entries[status.key] else { return false }
    return entry.isWhole && entry.links == status.nlink && (!isClosed || Int(entry.rule) == rule)
  }
}
