import Synchronization
import Testing
import WritTestSupport

@testable import WritHostLinux

/// Several threads share a scan, and what it finds does not show which of them found what.
@Suite(.enabled(if: TreeSandbox.isRoot, "needs root: changes owners"))
struct TreeParallelTests {
  @Test(arguments: 1...4)
  func `as many threads as one likes find the same`(seed: Int) throws {
    let sandbox = try TreeSandbox()
    try sandbox.bash(Self.tree(UInt64(seed)))
    let outer = TreeSandbox.rule { $0.writers = [TreeSandbox.writers] }
    let inner = TreeSandbox.rule("/srv/t/d1/d1") { $0.files = 0o600 }
    let engine = try sandbox.engine(outer, inner, .closed(path: "/srv/t/d2"), TreeSandbox.rule("/srv/missing"))
    let alone = Self.text(engine.scan(walks: 1))
    #expect(alone.contains { $0.contains("links outside") })
    #expect(alone.contains { $0.contains("do not agree") })
    #expect(alone.contains { $0.hasPrefix("/srv/t: - files ") })
    for walks in [2, 3, 8] {
      for _ in 0..<4 { #expect(Self.text(engine.scan(walks: walks)) == alone) }
    }
    // By `find`'s count, too: nothing was looked at twice or not at all.
    let names = try sandbox.bash("find srv/t -path srv/t/d1/d1 -prune -o -path srv/t/d2 -prune -o -print | wc -l")
    let counts = try engine.scan(walks: 8).report().counts
    #expect("\(counts.names)\n" == names)
  }

  @Test func `a folder far down a narrow tree is shared out too`() throws {
    let sandbox = try TreeSandbox()
    // Deeper than a walk keeps folders open, and wide only at its end.
    try sandbox.bash(
      "d=srv/t; for i in {1..90}; do d=$d/n; done; mkdir -p $d/{1..40}/{1..10}; touch $d/{1..40}/{1..10}/f")
    let engine = try sandbox.engine(TreeSandbox.rule())
    let alone = Self.text(engine.scan(walks: 1))
    for _ in 0..<5 { #expect(Self.text(engine.scan(walks: 8)) == alone) }
    #expect(try engine.scan(walks: 8).report().counts.names == 1 + 90 + 40 + 800)
  }

  @Test func `a tree deeper than a thread has stack for is mended by many threads`() throws {
    let sandbox = try TreeSandbox()
    try sandbox.bash("cd srv/t; perl -e 'for (1 .. 5000) { mkdir \"n\"; mkdir \"z\"; chdir \"n\" or die }'")
    let engine = try sandbox.engine(TreeSandbox.rule())
    #expect(try engine.mend("/srv/t", walks: 8).changed == 1 + 2 * 5_000)
    let report = try engine.scan(walks: 8).report()
    #expect(report.lines() == [] && report.isComplete && report.counts.directories == 1 + 2 * 5_000)
  }

  @Test func `progress counts up to what there is and is told from any thread`() throws {
    let sandbox = try TreeSandbox()
    try sandbox.bash("mkdir -p srv/t/{1..20}; for d in srv/t/*; do touch $d/{1..900}; done")
    let seen = Mutex<[Int]>([])
    let report = try sandbox.engine(TreeSandbox.rule()).scan(walks: 2) { count in seen.withLock { $0.append(count) } }
      .report()
    let counts = seen.withLock { $0 }
    #expect(!counts.isEmpty && counts.allSatisfy { $0 > 0 && $0 <= report.counts.names })
    #expect(Set(counts).count == counts.count)
  }

  @Test(arguments: 11...14)
  func `as many threads as one likes mend the same, and each inode once`(seed: Int) throws {
    func mended(_ walks: Int) throws -> ([String], [Int]) {
      let sandbox = try TreeSandbox()
      try sandbox.bash(Self.tree(UInt64(seed)))
      let engine = try sandbox.engine(
        TreeSandbox.rule { $0.writers = [TreeSandbox.writers] }, TreeSandbox.rule("/srv/t/d1/d1") { $0.files = 0o600 })
      let scan = engine.scan(walks: walks)
      let counts = try ["/srv/t", "/srv/t/d1/d1"].map { path in
        let mending = try engine.mend(path, after: scan, walks: walks)
        #expect(mending.isDone)
        return mending.changed
      }
      #expect(counts.reduce(0, +) == scan.reports.values.reduce(0) { $0 + ((try? $1.get().counts.wrong) ?? 0) })
      let states = try sandbox.bash("find srv -printf '%p %m %U:%G\\n' | sort; getfacl -Rnp srv")
      let ctimes = try sandbox.ctimes()
      #expect(try engine.mend("/srv/t", walks: walks).changed == 0)
      #expect(try sandbox.ctimes() == ctimes)
      return (states.split(separator: "\n").map(String.init), counts)
    }
    let alone = try mended(1)
    for walks in [2, 3, 8] {
      let together = try mended(walks)
      #expect(together.0 == alone.0 && together.1 == alone.1)
    }
  }

  /// A folder is opened to its readers when all below it is right, whichever threads worked there; so at whatever call it
  /// is killed, below an open folder nothing is wrong.
  @Test func `killed anywhere, no folder is open above something that is wrong`() throws {
    let sandbox = try TreeSandbox()
    let ids = "\(TreeSandbox.owner) \(TreeSandbox.readers) 2750 640 -"
    let begin = """
      rm -rf srv/t; mkdir -p srv/t/{1..6}/{1..5}/{1..4}; for d in srv/t/*/*/*; do touch $d/{1..3}; done
      chown -R \(TreeSandbox.stranger):0 srv/t; chmod -R u=rwX,go= srv/t
      """
    var opened = 0
    for count in stride(from: 40, to: 500, by: 60) {
      try sandbox.bash(
        """
        \(begin)
        strace -f -o /dev/null -e trace=fchownat -e inject=fchownat:signal=SIGKILL:when=\(count) \
          \(TreeProbeTests.probe) mend \(sandbox.scratch.path) /srv/t \(ids) 8 >/dev/null 2>&1 || true
        """)
      let folders = try sandbox.bash("find srv/t -type d -perm 2750").split(separator: "\n")
      opened += folders.count
      for folder in folders {
        let wrong = try sandbox.bash(
          "find \(folder) -type f '(' -not -perm 640 -o -not -user \(TreeSandbox.owner) ')' -o -type d -not -perm 2750")
        #expect(wrong == "", "\(count) \(folder)")
      }
    }
    #expect(opened > 0)
  }

  private static func tree(_ seed: UInt64) -> String {
    var random = SeededGenerator(seed: seed)
    var script = "for i in {1..4}; do for j in {1..4}; do mkdir -p srv/t/d$i/d$j/d{1..3}; done; done\n"
    script += "touch srv/outside; ln srv/outside srv/t/d1/linked; ln srv/t/d1/linked srv/t/d3/linked\n"
    script += "touch srv/t/d1/d1/both; ln srv/t/d1/d1/both srv/t/d3/both; ln srv/t/d1/d1/both srv/t/a\n"
    for index in 0..<300 {
      let folder = "srv/t/d\(Int.random(in: 1...4, using: &random))/d\(Int.random(in: 1...4, using: &random))"
      let path = "\(folder)/f\(index)"
      script += "touch \(path); chmod \(["640", "644", "600", "4755"].randomElement(using: &random) ?? "") \(path)\n"
      if index % 5 == 0 {
        script += "chown \(TreeSandbox.owner):\(TreeSandbox.readers) \(path)\n"
        script += "ln \(path) srv/t/d\(Int.random(in: 1...4, using: &random))/l\(index)\n"
      }
    }
    return script
  }

  private static func text(_ scan: TreeScan) -> [String] {
    scan.reports.sorted { $0.key < $1.key }.flatMap { path, result -> [String] in
      guard case .success(let report) = result else { return ["\(path): \(result)"] }
      let deviations = report.deviations.map { "\($0.folder) \($0.difference.text(TreeNames())) \($0.sample)" }
      return
        (["\(report.counts)"] + report.lines() + deviations + report.notices.map(\.text)
        + report.conflicts.map(\.text) + report.obstacles.map(\.text)).map { "\(path): \($0)" }
    }
  }
}
