internal import CWritSys

/// What is said of files with several links.
struct TreeLinkReports {
  let rules: [TreeRule]
  let remarkable: [TreeInodeKey: TreeLinks.Entry]
  let journals: [Int: TreeJournal]
  private(set) var tallies: [Int: TreeTally] = [:]
  private var met: [TreeInodeKey: (rule: Int, path: String)] = [:]
  private var conflicting: Set<TreeInodeKey> = []

  init(rules: [TreeRule], remarkable: [TreeInodeKey: TreeLinks.Entry], journals: [Int: TreeJournal]) {
    self.rules = rules
    self.remarkable = remarkable
    self.journals = journals
  }

  mutating func meet(
    _ directory: Int32, _ name: UnsafePointer<CChar>, _ observed: TreeObservation, _ place: TreePlace, _ index: Int,
    _ expectations: [TreeExpectations]
  ) {
    let status = observed.status
    guard let entry = remarkable[status.key] else { return }
    if let first = met[status.key] {
      if entry.disagrees, first.rule != index, !conflicting.contains(status.key),
        expectations[index].disagrees(with: expectations[first.rule], about: status)
      {
        conflict(first, and: index)
        conflicting.insert(status.key)
      }
      return
    }
    let path = place.path
    // Of the others nothing more is to be known.
    met[status.key] = (index, entry.disagrees ? path : "")
    if status.subject == .device { tallies[index, default: TreeTally()].notice(.device, path) }
    if entry.disagrees { return }
    if entry.seen < entry.links {
      tallies[index, default: TreeTally()]
        .notice(.linksOutside(outside: Int(entry.links - entry.seen), of: Int(entry.links)), path)
    } else {
      expectations[index].compare(observed, place, &tallies[index, default: TreeTally()], journals[index]) {
        capability(directory, name)
      }
    }
  }

  private mutating func conflict(_ first: (rule: Int, path: String), and other: Int) {
    let both = [first.rule, other]
    for index in both {
      tallies[index, default: TreeTally()]
        .conflict(both.map { rules[$0].path }, index == first.rule ? first.path : nil)
    }
  }

  /// By rule: files that were there before and were not found again.
  var vanished: [Int: Int] {
    var counts: [Int: Int] = [:]
    for (key, entry) in remarkable where met[key] == nil { counts[Int(entry.rule), default: 0] += 1 }
    return counts
  }
}

/// Finds again the files that a report speaks of.
struct TreeLinkVisitor: TreeVisitor {
  let expectations: [TreeExpectations]
  let index: Int
  var told: TreeLinkReports

  mutating func enter(_ descriptor: Int32, _ observed: TreeObservation, _ place: TreePlace) -> Bool { false }
  mutating func leave(_ descriptor: Int32, _ place: TreePlace) {}
  mutating func passes(over status: writ_inode) -> Bool {
    status.nlink < 2 || told.remarkable[status.key] == nil
  }

  mutating func entry(
    _ directory: Int32, _ name: UnsafePointer<CChar>, _ observed: TreeObservation, _ place: TreePlace
  ) {
    told.meet(directory, name, observed, place, index, expectations)
  }

  // The first walk told of these.
  mutating func obstacle(_ kind: TreeNotice.Kind, _ place: TreePlace) {}
  mutating func notice(_ kind: TreeNotice.Kind, _ place: TreePlace) {}
  mutating func vanished() {}
}
