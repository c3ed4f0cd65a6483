internal import CWritSys
internal import Glibc
internal import WritSystem

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
  /// The first of them.
  public internal(set) var failures: [Failure] = []
  public internal(set) var obstacles: [TreeNotice] = []

  public var isDone: Bool { failureCount == 0 && obstacles.isEmpty }

  private static let failuresKept = 100

  mutating func fail(_ path: String, _ inode: UInt64, _ reason: String) {
    failureCount += 1
    if failures.count < Self.failuresKept { failures.append(Failure(path: path, inode: inode, reason: reason)) }
  }
}

extension TreeEngine {
  /// Brings one tree to its rule. What is right is not touched, so that its ctime stays.
  ///
  /// Directories are narrowed before anything below them is looked at, and opened once everything below them is right.
  ///
  /// - Parameters:
  ///   - path: of a rule of this engine.
  ///   - scan: a scan of this engine, made right before; without one, all trees are scanned first.
  ///   - narrowOnly: take away what is too much and give nothing; a missing root stays missing.
  /// - Throws: ``TreeError`` when the tree cannot be worked on. Failures of single inodes are in the result.
  public func mend(_ path: String, after scan: TreeScan? = nil, narrowOnly: Bool = false) throws(TreeError)
    -> TreeMending
  {
    guard let index = rules.firstIndex(where: { $0.path == path }) else { throw .noRule(path) }
    let links = (scan ?? self.scan()).links
    var mending = TreeMending(path: path)
    var approach = try approach(index, toChange: true)
    if !approach.missing.isEmpty {
      if narrowOnly || rules[index].isClosed { return mending }
      try create(index, &approach)
      mending.created = true
    }
    var walk = TreeWalk(
      root: approach.folder.number, mount: approach.status.mount, ways: ways[index], fresh: true,
      visitor: TreeMendVisitor(
        expectations: expectations[index], index: index, mount: approach.status.mount, links: links,
        narrowOnly: narrowOnly, mending: mending))
    walk.run()
    mending = walk.visitor.mending
    var report = TreeReport(path: path)
    walk.visitor.tally.finish(&report)
    mending.obstacles = report.obstacles
    return mending
  }

  /// Makes the root and what is missing above it: root's, 0755, or what the tree around it wants.
  private func create(_ index: Int, _ approach: inout TreeApproach) throws(TreeError) {
    let path = paths[index]
    let buffers = TreeBuffers()
    for depth in approach.missing.indices {
      let component = path.components[depth]
      let isRoot = depth == path.components.count - 1
      let made = withName(component) { mkdirat(approach.folder.number, $0, 0o700) } == 0
      guard made || errno == EEXIST else { throw .system(SystemError("mkdir", path.text(depth + 1))) }
      let opened = withName(component) { writ_open_beneath(approach.folder.number, $0, 1) }
      guard opened >= 0 else { throw .system(SystemError("open", path.text(depth + 1))) }
      approach.folder = TreeDescriptor(opened)
      do {
        var observed = try buffers.observe(opened, fresh: true)
        if made && !isRoot {
          let wanted = folderAbove(Array(path.components.prefix(depth + 1)), observed, except: index)
          try TreeInodeChange.carry(opened, from: observed, to: wanted)
          observed = try buffers.observe(opened, fresh: true)
        }
        approach.status = observed.status
      } catch {
        throw .system(SystemError(error.operation, path.text(depth + 1), code: error.code))
      }
    }
    approach.missing = []
  }

  private func folderAbove(_ components: [[UInt8]], _ observed: TreeObservation, except index: Int) -> TreeExpectation {
    guard let around = enclosing(components, except: index) else {
      return TreeExpectation(owner: 0, group: 0, special: 0, access: TreeACL(mode: 0o755))
    }
    var way: Int? = 0
    for component in components.dropFirst(paths[around].components.count) {
      way = way.flatMap { ways[around].folders[$0].children[component] }
    }
    return expectations[around].expectation(for: observed, way: way)
  }
}

/// Changes what differs.
struct TreeMendVisitor: TreeVisitor {
  let expectations: TreeExpectations
  let index: Int
  let mount: UInt64
  let links: TreeLinks
  let narrowOnly: Bool
  var mending: TreeMending
  var tally = TreeTally()
  private let buffers = TreeBuffers()

  init(
    expectations: TreeExpectations, index: Int, mount: UInt64, links: TreeLinks, narrowOnly: Bool, mending: TreeMending
  ) {
    self.expectations = expectations
    self.index = index
    self.mount = mount
    self.links = links
    self.narrowOnly = narrowOnly
    self.mending = mending
  }

  mutating func enter(_ descriptor: Int32, _ observed: TreeObservation, _ place: TreePlace) -> Bool {
    let expected = expectations.expectation(for: observed, way: place.way)
    guard let differences = differences(observed, expected, place), !differences.isEmpty,
      let narrowed = TreeComparison.narrowed(observed, to: expected)
    else { return false }
    let isWider = differences.contains(where: \.isWider)
    if narrowOnly {
      if isWider && change(descriptor, observed, narrowed, place) { mending.changed += 1 }
      return false
    }
    // What is made in the folder while it is worked on shall be right from the start.
    let first = TreeExpectation(
      owner: narrowed.owner, group: narrowed.group, special: narrowed.permissions.special,
      access: narrowed.permissions.access, defaults: expected.defaults)
    guard change(descriptor, observed, first, place) else { return false }
    mending.changed += 1
    return first != expected
  }

  mutating func leave(_ descriptor: Int32, _ place: TreePlace) {
    do {
      let observed = try buffers.observe(descriptor, fresh: true)
      let expected = expectations.expectation(for: observed, way: place.way)
      if !TreeComparison.isRight(observed, expected) { change(descriptor, observed, expected, place) }
    } catch {
      mending.fail(place.path, 0, "\(error.operation): \(error.reason)")
    }
  }

  mutating func entry(
    _ directory: Int32, _ name: UnsafePointer<CChar>, _ observed: TreeObservation, _ place: TreePlace
  ) {
    let expected = expectations.expectation(for: observed, way: place.way)
    guard let seen = differences(observed, expected, place), isDue(seen) else { return }
    let pin = writ_pin(directory, name)
    guard pin >= 0 else {
      if errno == ENOENT {
        vanished()
      } else {
        mending.fail(place.path, observed.status.ino, SystemError("open", "").reason)
      }
      return
    }
    defer { close(pin) }
    do {
      // From here on only the inode counts that is held, whatever the name leads to by now.
      let again = try buffers.observe(pin, fresh: true)
      guard again.status.key == observed.status.key, again.status.subject == observed.status.subject,
        again.status.mount == mount
      else {
        vanished()
        return
      }
      let expected = expectations.expectation(for: again, way: place.way)
      guard let still = differences(again, expected, place), isDue(still) else { return }
      guard links.allowsChange(of: again.status, rule: index, isClosed: expectations.rule.isClosed) else {
        mending.leftAlone += 1
        return
      }
      let wanted = narrowOnly ? TreeComparison.narrowed(again, to: expected) : expected
      if let wanted, change(pin, again, wanted, place) { mending.changed += 1 }
    } catch {
      mending.fail(place.path, observed.status.ino, "\(error.operation): \(error.reason)")
    }
  }

  private func isDue(_ differences: [TreeDifference]) -> Bool {
    narrowOnly ? differences.contains(where: \.isWider) : !differences.isEmpty
  }

  /// nil when nothing is to be done about the inode, whatever differs.
  private mutating func differences(_ observed: TreeObservation, _ expected: TreeExpectation, _ place: TreePlace)
    -> [TreeDifference]?
  {
    if TreeComparison.isRight(observed, expected) { return [] }
    guard let found = TreeComparison.differences(observed, expected) else {
      tally.obstacle(.strangeACL, place.path)
      return nil
    }
    if !found.isEmpty && (observed.status.immutable != 0 || observed.status.append_only != 0) {
      mending.leftAlone += 1
      return nil
    }
    return found
  }

  /// - Returns: whether the inode reads back as wanted.
  @discardableResult
  private mutating func change(
    _ descriptor: Int32, _ observed: TreeObservation, _ wanted: TreeExpectation, _ place: TreePlace
  ) -> Bool {
    let inode = observed.status.ino
    do {
      try TreeInodeChange.carry(descriptor, from: observed, to: wanted)
      let after = try buffers.observe(descriptor, fresh: true)
      if TreeComparison.differences(after, wanted)?.isEmpty == true { return true }
      mending.fail(place.path, inode, "reads back otherwise than it was written")
    } catch {
      mending.fail(place.path, inode, "\(error.operation): \(error.reason)")
    }
    return false
  }

  mutating func obstacle(_ kind: TreeNotice.Kind, _ place: TreePlace) { tally.obstacle(kind, place.path) }
  mutating func notice(_ kind: TreeNotice.Kind, _ place: TreePlace) {}
  mutating func vanished() { mending.vanished += 1 }
}
