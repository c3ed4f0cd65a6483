internal import CWritSys
internal import Glibc
internal import Synchronization
internal import WritSystem

extension TreeEngine {
  /// Brings one tree to its rule. What is right is not touched, so that its ctime stays.
  ///
  /// Directories are narrowed before anything below them is looked at, and opened once everything below them is right.
  ///
  /// Several threads share the work.
  ///
  /// - Parameters:
  ///   - path: of a rule of this engine.
  ///   - scan: a scan of this engine, made right before; without one, all trees are scanned first.
  ///   - narrowOnly: take away what is too much and give nothing; a missing root stays missing.
  ///   - walks: how many threads, as for ``scan(walks:progress:)``.
  ///   - progress: called now and then with the number of names looked at so far, from any thread.
  /// - Throws: ``TreeError`` when the tree cannot be worked on. Failures of single inodes are in the result.
  public func mend(
    _ path: String, after scan: TreeScan? = nil, narrowOnly: Bool = false, walks: Int? = nil,
    progress: (@Sendable (Int) -> Void)? = nil
  ) throws(TreeError) -> TreeMending {
    try mend(path, after: scan, narrowOnly: narrowOnly, journal: nil, walks: walks, progress: progress)
  }

  /// - Parameter journal: that `scan` noted this tree's inodes in; whatever is not in it is put there before it is changed.
  func mend(
    _ path: String, after scan: TreeScan?, narrowOnly: Bool, journal: TreeJournal?, walks: Int? = nil,
    progress: (@Sendable (Int) -> Void)? = nil
  ) throws(TreeError) -> TreeMending {
    guard let index = rules.firstIndex(where: { $0.path == path }) else { throw .noRule(path) }
    let links = (scan ?? self.scan()).links
    var mending = TreeMending(path: path)
    var approach = try approach(index, toChange: true)
    if !approach.missing.isEmpty {
      if narrowOnly || rules[index].isClosed || rules[index].isOptional { return mending }
      try create(index, &approach)
      mending.created = true
    }
    let wish = TreeRuleWish(expectations: expectations[index], index: index, links: links)
    mending.merge(
      carryOut(
        wish, approach, index, journal, narrowOnly: narrowOnly, walks: walks ?? TreeWork.usualWalks,
        TreeProgress(progress)))
    return mending
  }

  /// Walks one tree with several threads and brings every inode to what is wished.
  func carryOut(
    _ wish: some TreeWish, _ approach: TreeApproach, _ index: Int, _ journal: TreeJournal?, narrowOnly: Bool,
    walks: Int,
    _ progress: TreeProgress
  ) -> TreeMending {
    let work = TreeWork([TreeJob(tree: index)])
    let shared = TreeMendShared(progress: progress, journal: journal)
    let done = Mutex((mending: TreeMending(path: rules[index].path), tally: TreeTally()))
    let (root, mount) = (approach.folder.number, approach.status.mount)
    work.run(walks: walks) { next in
      while let job = next() {
        var walk = TreeWalk(
          root: root, mount: mount, ways: ways[index], fresh: true,
          visitor: TreeMendVisitor(
            wish: wish, mount: mount, shared: shared, narrowOnly: narrowOnly,
            mending: TreeMending(path: rules[index].path)))
        walk.run(job, sharing: work)
        walk.visitor.tell()
        done.withLock {
          $0.mending.merge(walk.visitor.mending)
          $0.tally.merge(walk.visitor.tally)
        }
      }
    }
    withExtendedLifetime(approach) {}
    return done.withLock {
      var mending = $0.mending
      var report = TreeReport(path: mending.path)
      $0.tally.finish(&report)
      mending.obstacles = report.obstacles
      return mending
    }
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
