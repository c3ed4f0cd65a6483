internal import CWritSys
internal import Glibc
internal import Synchronization
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
  /// Several threads share the work; what is found does not depend on how. One tree that cannot be looked at does not stop
  /// the others. Names that vanish meanwhile are counted; whatever else could not be read makes that tree's report incomplete.
  ///
  /// - Parameters:
  ///   - walks: how many threads; as many as there are processors, up to eight, unless said otherwise.
  ///   - progress: called now and then with the number of names looked at so far, from any thread.
  public func scan(walks: Int? = nil, progress: (@Sendable (Int) -> Void)? = nil) -> TreeScan {
    scan(walks: walks, journals: [:], progress: progress)
  }

  /// - Parameter journals: by the rule's path, where what differs is noted as it is.
  func scan(
    walks: Int? = nil, journals: [String: TreeJournal], progress: (@Sendable (Int) -> Void)? = nil
  ) -> TreeScan {
    var byRule: [Int: TreeJournal] = [:]
    for (index, rule) in rules.enumerated() { byRule[index] = journals[rule.path] }
    let table = TreeLinkTable()
    var partial: [Int: TreePartialReport] = [:]
    var reports: [Int: Result<TreeReport, TreeError>] = [:]
    var approaches: [Int: TreeApproach] = [:]
    for index in rules.indices {
      var report = TreeReport(path: rules[index].path)
      report.isClosed = rules[index].isClosed
      do throws(TreeError) {
        let approach = try approach(index, toChange: false)
        if approach.missing.isEmpty { approaches[index] = approach } else { report.rootIsMissing = true }
        reports[index] = .success(report)
      } catch {
        reports[index] = .failure(error)
      }
    }
    // Closed trees last: a file that also lies in a tree which is still managed is that one's.
    let counter = TreeProgress(progress)
    for isClosed in [false, true] {
      let trees = approaches.filter { rules[$0.key].isClosed == isClosed }
      look(trees, table, walks ?? TreeWork.usualWalks, counter, byRule, &partial)
    }
    let links = table.links
    tell(of: links.remarkable, approaches, byRule, &partial)
    var scan = TreeScan(links: links)
    for (index, result) in reports {
      scan.reports[rules[index].path] = result.map { report in
        var report = report
        partial[index]?.finish(&report)
        return report
      }
    }
    return scan
  }

  private func look(
    _ trees: [Int: TreeApproach], _ table: TreeLinkTable, _ walks: Int, _ progress: TreeProgress,
    _ journals: [Int: TreeJournal], _ partial: inout [Int: TreePartialReport]
  ) {
    let work = TreeWork(trees.keys.sorted().map { TreeJob(tree: $0) })
    let roots = trees.mapValues { (descriptor: $0.folder.number, mount: $0.status.mount) }
    let found = Mutex<[Int: TreePartialReport]>([:])
    work.run(walks: walks) { next in
      var own: [Int: TreePartialReport] = [:]
      while let job = next() {
        guard let root = roots[job.tree] else { continue }
        var walk = TreeWalk(
          root: root.descriptor, mount: root.mount, ways: ways[job.tree], fresh: false,
          visitor: TreeScanVisitor(
            expectations: expectations, index: job.tree, table: table, progress: progress, journal: journals[job.tree],
            found: own.removeValue(forKey: job.tree) ?? TreePartialReport()))
        if job.frames.isEmpty && writ_is_read_only(root.descriptor) != 0 { walk.visitor.found.tally.notice(.readOnly) }
        walk.run(job, sharing: work)
        walk.visitor.tell()
        own[job.tree] = walk.visitor.found
      }
      found.withLock { all in all.merge(own) { $0.merged(with: $1) } }
    }
    withExtendedLifetime(trees) {}
    partial.merge(found.withLock { $0 }) { $0.merged(with: $1) }
  }

  /// Names files with several links of which a report speaks: a second walk, in an order that is always the same, so that the
  /// same tree gives the same report whichever thread came by first. Seldom needed.
  private func tell(
    of remarkable: [TreeInodeKey: TreeLinks.Entry], _ approaches: [Int: TreeApproach],
    _ journals: [Int: TreeJournal], _ partial: inout [Int: TreePartialReport]
  ) {
    guard !remarkable.isEmpty else { return }
    var told = TreeLinkReports(rules: rules, remarkable: remarkable, journals: journals)
    let order = approaches.keys.sorted { (rules[$0].isClosed ? 1 : 0, $0) < (rules[$1].isClosed ? 1 : 0, $1) }
    for index in order {
      guard let approach = approaches[index], partial[index]?.hasLinks == true else { continue }
      var walk = TreeWalk(
        root: approach.folder.number, mount: approach.status.mount, ways: ways[index], fresh: false, order: .sorted,
        visitor: TreeLinkVisitor(expectations: expectations, index: index, told: told))
      // Only one of the two holds it, or every change would copy it.
      told = TreeLinkReports(rules: [], remarkable: [:], journals: [:])
      walk.run()
      told = walk.visitor.told
    }
    for (index, tally) in told.tallies { partial[index, default: TreePartialReport()].tally.merge(tally) }
    for (index, count) in told.vanished { partial[index, default: TreePartialReport()].counts.vanished += count }
  }
}

/// What one walk saw of one tree.
struct TreePartialReport: Sendable {
  var counts = TreeReport.Counts()
  var tally = TreeTally()
  /// Whether there are files with more than one link.
  var hasLinks = false

  func merged(with other: TreePartialReport) -> TreePartialReport {
    var all = self
    all.counts.directories += other.counts.directories
    all.counts.entries += other.counts.entries
    all.counts.vanished += other.counts.vanished
    all.tally.merge(other.tally)
    all.hasLinks = hasLinks || other.hasLinks
    return all
  }

  func finish(_ report: inout TreeReport) {
    report.counts = counts
    tally.finish(&report)
  }
}

/// Compares and counts.
struct TreeScanVisitor: TreeVisitor {
  let expectations: [TreeExpectations]
  let index: Int
  let table: TreeLinkTable
  let progress: TreeProgress
  let journal: TreeJournal?
  var found: TreePartialReport
  /// How many of `found` the progress knows.
  private var told: Int

  init(
    expectations: [TreeExpectations], index: Int, table: TreeLinkTable, progress: TreeProgress, journal: TreeJournal?,
    found: TreePartialReport
  ) {
    self.expectations = expectations
    self.index = index
    self.table = table
    self.progress = progress
    self.journal = journal
    self.found = found
    told = found.counts.names
  }

  mutating func enter(_ descriptor: Int32, _ observed: TreeObservation, _ place: TreePlace) -> Bool {
    found.counts.directories += 1
    if found.counts.names - told >= TreeProgress.step { tell() }
    expectations[index].compare(observed, place, &found.tally, journal) { 0 }
    return false
  }

  /// Tells the progress of the last names.
  mutating func tell() {
    progress.add(found.counts.names - told)
    told = found.counts.names
  }

  mutating func leave(_ descriptor: Int32, _ place: TreePlace) {}

  /// A further link of a file that was met before.
  mutating func passes(over status: writ_inode) -> Bool {
    guard status.nlink > 1 else { return false }
    found.hasLinks = true
    guard let first = table.meet(status, rule: index) else { return false }
    found.counts.entries += 1
    if first != index, expectations[index].disagrees(with: expectations[first], about: status) {
      table.note(status.key, disagrees: true)
    }
    return true
  }

  mutating func entry(
    _ directory: Int32, _ name: UnsafePointer<CChar>, _ observed: TreeObservation, _ place: TreePlace
  ) {
    found.counts.entries += 1
    if observed.status.nlink > 1 {
      let isRight = TreeComparison.isRight(
        observed, expectations[index].expectation(for: observed, way: place.way))
      if !isRight || observed.status.subject == .device { table.note(observed.status.key) }
      return
    }
    if observed.status.subject == .device { found.tally.notice(.device, place.path) }
    expectations[index].compare(observed, place, &found.tally, journal) { capability(directory, name) }
  }

  mutating func obstacle(_ kind: TreeNotice.Kind, _ place: TreePlace) { found.tally.obstacle(kind, place.path) }
  mutating func notice(_ kind: TreeNotice.Kind, _ place: TreePlace) { found.tally.notice(kind, place.path) }
  mutating func vanished() { found.counts.vanished += 1 }
}
