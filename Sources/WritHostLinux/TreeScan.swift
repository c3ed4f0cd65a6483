internal import CWritSys
internal import Glibc
internal import WritSystem

/// What a look at all trees of a host found.
public struct TreeScan: Sendable {
  /// By the rule's path; a tree that could not be looked at at all has its error.
  public internal(set) var reports: [String: Result<TreeReport, TreeError>] = [:]
  /// What mending needs to know of files with several links.
  public internal(set) var links = TreeLinks()

  public subscript(path: String) -> Result<TreeReport, TreeError>? { reports[path] }
}

extension TreeEngine {
  /// Looks at every inode of every tree. Opens nothing for writing and changes nothing, not even access times of files.
  ///
  /// One tree that cannot be looked at does not stop the others. Names that vanish meanwhile are counted; whatever else
  /// could not be read makes that tree's report incomplete.
  public func scan() -> TreeScan {
    var links = TreeLinks()
    var tallies = [TreeTally](repeating: TreeTally(), count: rules.count)
    var reports: [Int: Result<TreeReport, TreeError>] = [:]
    // Closed trees last: a file that also lies in a tree which is still managed is that one's.
    for index in rules.indices.filter({ !rules[$0].isClosed }) + rules.indices.filter({ rules[$0].isClosed }) {
      do throws(TreeError) {
        reports[index] = .success(try look(index, &links, &tallies[index]))
      } catch {
        reports[index] = .failure(error)
      }
    }
    settle(links, &tallies)
    var scan = TreeScan(links: links)
    for (index, result) in reports {
      scan.reports[rules[index].path] = result.map { report in
        var report = report
        tallies[index].finish(&report)
        return report
      }
    }
    return scan
  }

  private func look(_ index: Int, _ links: inout TreeLinks, _ tally: inout TreeTally) throws(TreeError) -> TreeReport {
    var report = TreeReport(path: rules[index].path)
    report.isClosed = rules[index].isClosed
    let approach = try approach(index, toChange: false)
    guard approach.missing.isEmpty else {
      report.rootIsMissing = true
      return report
    }
    // The visitor owns links and tally while it works, so that neither is copied.
    var taken = TreeLinks()
    swap(&links, &taken)
    var walk = TreeWalk(
      root: approach.folder.number, mount: approach.status.mount, ways: ways[index], fresh: false,
      visitor: TreeScanVisitor(expectations: expectations, index: index, links: taken, tally: tally))
    taken = TreeLinks()
    if writ_is_read_only(approach.folder.number) != 0 { walk.visitor.tally.notice(.readOnly) }
    walk.run()
    links = walk.visitor.links
    tally = walk.visitor.tally
    report.counts = walk.visitor.counts
    return report
  }

  /// What could only be known once all links were counted.
  private func settle(_ links: TreeLinks, _ tallies: inout [TreeTally]) {
    for (key, entry) in links.entries where !entry.isWhole {
      let rule = Int(entry.rule)
      let known = links.names[key]
      for group in [entry.groups.0, entry.groups.1, entry.groups.2] where group >= 0 {
        tallies[rule].retract(group, name: known?.name)
      }
      let path = known.map { $0.folder.isEmpty ? $0.name : $0.folder + "/" + $0.name }
      if entry.seen < entry.links {
        let kind = TreeNotice.Kind.linksOutside(outside: Int(entry.links - entry.seen), of: Int(entry.links))
        if let path { tallies[rule].notice(kind, path) } else { tallies[rule].notice(kind) }
      } else {
        let both = [rule, Int(entry.otherRule)]
        for index in both { tallies[index].conflict(both.map { rules[$0].path }, index == rule ? path : nil) }
      }
    }
  }
}

/// Compares and counts.
struct TreeScanVisitor: TreeVisitor {
  let expectations: [TreeExpectations]
  let index: Int
  var links: TreeLinks
  var tally: TreeTally
  var counts = TreeReport.Counts()

  init(expectations: [TreeExpectations], index: Int, links: TreeLinks, tally: TreeTally) {
    self.expectations = expectations
    self.index = index
    self.links = links
    self.tally = tally
  }

  mutating func enter(_ descriptor: Int32, _ observed: TreeObservation, _ place: TreePlace) -> Bool {
    counts.directories += 1
    compare(observed, place) { 0 }
    return false
  }

  mutating func leave(_ descriptor: Int32, _ place: TreePlace) {}

  mutating func entry(
    _ directory: Int32, _ name: UnsafePointer<CChar>, _ observed: TreeObservation, _ place: TreePlace
  ) {
    counts.entries += 1
    if observed.status.subject == .device { tally.notice(.device, place.path) }
    let status = observed.status
    if status.nlink > 1 {
      guard links.meet(status, rule: index) else {
        another(observed)
        return
      }
      links.name(status.key, folder: place.folder, place.name)
    }
    let groups = compare(observed, place) {
      let pin = writ_pin(directory, name)
      guard pin >= 0 else { return 0 }
      defer { close(pin) }
      return writ_has_capability(pin)
    }
    if status.nlink > 1 && !groups.isEmpty { links.deviates(status.key, groups: groups) }
  }

  /// A further link of a file that was met before.
  private mutating func another(_ observed: TreeObservation) {
    guard let first = links.entries[observed.status.key]?.rule, Int(first) != index,
      !expectations[index].rule.isClosed
    else { return }
    let here = expectations[index].expectation(for: observed, way: nil)
    if expectations[Int(first)].expectation(for: observed, way: nil) != here {
      links.disagrees(observed.status.key, rule: index)
    }
  }

  /// - Returns: the groups of deviations that count the inode now.
  @discardableResult
  private mutating func compare(_ observed: TreeObservation, _ place: TreePlace, capability: () -> Int32) -> [Int32] {
    let expected = expectations[index].expectation(for: observed, way: place.way)
    if TreeComparison.isRight(observed, expected) { return [] }
    guard let differences = TreeComparison.differences(observed, expected) else {
      tally.obstacle(.strangeACL, place.path)
      return []
    }
    if differences.isEmpty { return [] }
    if observed.status.immutable != 0 || observed.status.append_only != 0 {
      tally.notice(observed.status.immutable != 0 ? .immutable : .appendOnly, place.path)
      return []
    }
    let moves = observed.status.uid != expected.owner || observed.status.gid != expected.group
    if moves && observed.status.subject == .file && capability() != 0 { tally.notice(.capabilities, place.path) }
    let folder = place.folder
    let name = place.name
    return differences.map { tally.deviation($0, folder: folder, name: name) }
  }

  mutating func obstacle(_ kind: TreeNotice.Kind, _ place: TreePlace) { tally.obstacle(kind, place.path) }
  mutating func notice(_ kind: TreeNotice.Kind, _ place: TreePlace) { tally.notice(kind, place.path) }
  mutating func vanished() { counts.vanished += 1 }
}
