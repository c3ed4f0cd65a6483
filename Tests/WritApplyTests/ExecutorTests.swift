import Testing
import WritApply
import WritDigest
import WritPlan
import WritPolicy
import WritSSHSignature
import WritSystem
import WritTestSupport

#if canImport(Glibc)
  import Glibc
#endif

/// One user with a ledger, two targets, and policies to go from and to.
struct Lab: Sendable {
  let root: String

  static let old = ["readers": ["wang", "li", "sun"], "writers": ["li"], "interns": ["zhao"]]
  static let new = ["readers": ["wang", "chen"], "writers": ["li", "chen"], "oncall": ["li"]]

  func targets() throws -> [FolderTarget] {
    try ["host:gpu01", "host:gpu02"].map {
      FolderTarget(try #require(TargetName($0)), folder: root + "/" + $0.dropFirst(5))
    }
  }

  func signer() throws -> LedgerSigner {
    LedgerSigner(
      actor: try #require(PrincipalName(validating: "li.na")), key: try SigningKey(path: root + "/key-li.na"))
  }

  func ledger(_ clock: @escaping () -> Instant = { Instant(seconds: 1_795_000_000) }) throws -> Ledger {
    try Ledger(
      commonGitDirectory: root + "/user", upstream: .remote(root + "/remote.git"), access: .writing, environment: [:],
      clock: clock)
  }

  /// Closes what was interrupted, plans and applies, as a command would.
  @discardableResult
  func apply(
    _ wanted: [String: [String]], tree: String, stop: StopRequest = StopRequest(),
    prepare: (FolderTarget) -> Void = { _ in }, clock: @escaping () -> Instant = { Instant(seconds: 1_795_000_000) },
    extent: Intent.Extent = .all, progress: (ExecutorEvent) -> Void = { _ in }
  ) throws -> (recovery: Recovery?, outcome: ApplyOutcome) {
    let ledger = try ledger(clock)
    defer { ledger.close() }
    let targets = try targets()
    targets.forEach(prepare)
    let byName = Dictionary(uniqueKeysWithValues: targets.map { ($0.name, $0 as any Target) })
    let executor = try Executor(ledger: ledger, signer: signer(), stop: stop)
    let recovery = try executor.recover(targets: byName)
    let state = try #require(try ledger.read())
    var plans: [TargetPlan] = []
    for target in targets {
      let owned = Set([Lab.old, Lab.new].flatMap(\.keys).map { ObjectID(.group, $0) })
      plans.append(try target.plan(wanted, owned: owned, from: plans.flatMap(\.changes).count + 1))
    }
    let plan = Plan(
      commit: tree, base: state.base, at: Instant(seconds: 1_795_000_000), validUntil: nil, targets: plans)
    let outcome = try executor.execute(
      plan, tree: tree, on: state, extent: extent, targets: byName, progress: progress)
    return (recovery, outcome)
  }
}

@Suite struct ExecutorTests {
  let fixture: LedgerFixture
  let lab: Lab

  init() throws {
    fixture = try LedgerFixture()
    try fixture.begun(fixture.repository()).close()
    for name in ["gpu01", "gpu02"] { try fixture.run("/bin/mkdir", [fixture.path(name)]) }
    lab = Lab(root: fixture.scratch.path)
  }

  func report() throws -> LedgerReport {
    let ledger = try fixture.open(fixture.path("fresh-\(UInt64.random(in: 0 ... .max))").making(fixture), nil, .reading)
    return try #require(try ledger.verify())
  }

  @Test func `what is applied is recorded, and applying again does nothing`() throws {
    var events: [String] = []
    let first = try lab.apply(
      Lab.old, tree: "t1",
      progress: { event in
        switch event {
        case .begun(let intent): events.append("intent \(intent)")
        case .began(let change): events.append("began \(change.id)")
        case .ended(let change, let result): events.append("ended \(change.id) \(result.isOK)")
        }
      }
    ).outcome
    #expect(first.standing == .complete && first.intent == 1 && first.outcome == 2)
    #expect(first.unwitnessed == [:] && first.waiting == nil)
    #expect(events.first == "intent 1" && events.count == 1 + 2 * first.results.count)
    var state = try #require(try report().state)
    #expect(state.head.size == 3 && state.base.count == 2)
    for target in try lab.targets() {
      #expect(try target.readHead() == state.head)
      #expect(state.base[target.name]?.commit == "t1")
    }
    let second = try lab.apply(Lab.old, tree: "t1").outcome
    #expect(second.standing == .nothingToDo && second.intent == nil)
    // Another policy that changes nothing on the targets: they now stand at it.
    #expect(try lab.apply(Lab.old, tree: "t2").outcome.standing == .complete)
    state = try #require(try report().state)
    #expect(state.base.values.map(\.commit) == ["t2", "t2"] && state.accepted == "t2")
    #expect(try report().faults == [])
  }

  @Test func `everything that takes away comes before anything that gives, on all targets`() throws {
    try lab.apply(Lab.old, tree: "t1")
    var phases: [Change.Phase] = []
    try lab.apply(
      Lab.new, tree: "t2", progress: { if case .began(let change) = $0 { phases.append(change.phase) } })
    #expect(Set(phases) == [.prepare, .revoke, .grant] && phases == phases.sorted())
  }

  @Test func `one failing object and one failing target do not stop the rest`() throws {
    try lab.apply(Lab.old, tree: "t1")
    let partial = try lab.apply(
      Lab.new, tree: "t2",
      prepare: { target in
        if target.name.description == "host:gpu01" {
          target.broken = ["readers"]
        } else {
          target.step = { if $0.hasPrefix("write") { throw FolderTarget.Broken() } }
        }
      }
    ).outcome
    #expect(partial.standing == .partial)
    let host = try lab.targets()[0]
    #expect(partial.targets[host.name] == .partial)
    let failed = partial.results.filter { if case .failed = $0.result.status { true } else { false } }
    #expect(Set(failed.map(\.object)) == ["group readers"])
    // On the other one the first change is in doubt, and nothing else was tried.
    let other = partial.results.filter { $0.target != host.name }.map(\.result.status)
    #expect(other.filter { if case .unknown = $0 { true } else { false } }.count == 1)
    #expect(other.filter { if case .skipped = $0 { true } else { false } }.count == other.count - 1)
    var state = try #require(try report().state)
    #expect(state.base.values.map(\.commit) == ["t1", "t1"] && state.accepted == "t2")
    #expect(try lab.apply(Lab.new, tree: "t2").outcome.standing == .complete)
    state = try #require(try report().state)
    #expect(state.base.values.map(\.commit) == ["t2", "t2"])
    let contents = try lab.targets().map { try $0.contents() }
    #expect(contents[0] == contents[1] && contents[0].contains("chen"))
  }

  @Test func `what would add to something that could not be narrowed waits for it`() throws {
    try lab.apply(Lab.old, tree: "t1")
    let partial = try lab.apply(Lab.new, tree: "t2", prepare: { $0.broken = ["readers"] }).outcome
    #expect(partial.standing == .partial)
    let readers = partial.results.filter { $0.object == "group readers" && $0.target.description == "host:gpu01" }
    #expect(readers.count == 2)
    if case .skipped(let reason)? = readers.last?.result.status {
      #expect(reason.contains("group readers gives too much"))
    } else {
      Issue.record("\(readers)")
    }
    // What has nothing to do with it went on.
    let other = partial.results.filter { $0.object == "group oncall" }
    #expect(other.count == 4 && other.filter { !$0.result.isOK }.isEmpty)
    #expect(try lab.apply(Lab.new, tree: "t2").outcome.standing == .complete)
  }

  @Test func `a request to stop takes effect before the next change`() throws {
    let stop = StopRequest()
    var ended = 0
    let stopped = try lab.apply(
      Lab.old, tree: "t1", stop: stop,
      progress: { event in
        if case .ended = event {
          ended += 1
          if ended == 3 { stop.make() }
        }
      }
    ).outcome
    #expect(stopped.wasStopped && stopped.standing == .partial && ended == 3)
    #expect(stopped.results.filter(\.result.isOK).count == 3)
    #expect(try report().faults == [])
    let rest = try lab.apply(Lab.old, tree: "t1")
    #expect(rest.recovery == nil && rest.outcome.standing == .complete)
  }

  @Test func `only revocations take away, and leave base alone`() throws {
    try lab.apply(Lab.old, tree: "t1")
    let outcome = try lab.apply(Lab.new, tree: "t2", extent: .revocations).outcome
    #expect(outcome.standing == .complete)
    let contents = try lab.targets()[0].contents()
    #expect(!contents.contains("zhao") && !contents.contains("sun") && !contents.contains("chen"))
    #expect(try #require(try report().state).base.values.map(\.commit) == ["t1", "t1"])
  }

  @Test func `blocked changes are skipped with their reason, and nothing is recorded when nothing else is left`() throws
  {
    let ledger = try lab.ledger()
    let target = try lab.targets()[0]
    var planned = try target.plan(Lab.old, owned: [])
    for index in planned.changes.indices { planned.changes[index].readiness = .blocked("needs an identity") }
    let plan = Plan(commit: "c", base: [:], at: Instant(seconds: 0), validUntil: nil, targets: [planned])
    let executor = try Executor(ledger: ledger, signer: lab.signer())
    let outcome = try executor.execute(
      plan, tree: "t", on: #require(try ledger.read()), targets: [target.name: target])
    #expect(outcome.standing == .partial && outcome.intent == nil)
    #expect(Set(outcome.results.map(\.result.status)) == [.skipped("blocked: needs an identity")])
  }

  @Test func `no change is begun when the intent cannot be pushed`() throws {
    try fixture.run(
      "/usr/bin/git", ["-C", fixture.path("remote.git"), "config", "receive.denyCurrentBranch", "refuse"])
    let hook = fixture.path("remote.git/hooks/pre-receive")
    try FileContents.replace(hook, with: Array("#!/bin/sh\nexit 1\n".utf8), mode: 0o755)
    #expect(throws: LedgerError.self) { try lab.apply(Lab.old, tree: "t1") }
    #expect(try lab.targets().allSatisfy { try $0.contents() == "" })
    try fixture.run("/bin/rm", [hook])
    let again = try lab.apply(Lab.old, tree: "t1")
    #expect(again.recovery == nil && again.outcome.standing == .complete)
  }

  @Test func `an intent that arrived although something failed after it is known for one's own`() throws {
    try lab.apply(Lab.old, tree: "t1")
    // The upstream takes it, and then the clone cannot note that.
    let lock = fixture.path("user/writ/ledger.git/refs/writ/upstream/ledger.lock")
    let hook = fixture.path("remote.git/hooks/post-receive")
    try FileContents.replace(hook, with: Array("#!/bin/sh\n: > '\(lock)'\n".utf8), mode: 0o755)
    let before = try lab.targets().map { try $0.contents() }
    #expect(throws: LedgerError.self) { try lab.apply(Lab.new, tree: "t2") }
    #expect(try lab.targets().map { try $0.contents() } == before)
    try fixture.run("/bin/rm", [hook])
    let again = try lab.apply(Lab.new, tree: "t2")
    #expect(again.recovery?.outcome?.results.allSatisfy { !$0.result.isOK } == true)
    #expect(again.outcome.standing == .complete)
    #expect(try report().faults == [])
  }

  @Test func `somebody else's open attempt is closed only after its lease, and with a reason`() throws {
    let ledger = try lab.ledger()
    let plan = try smallPlan(1)
    let begun = intent(plan)
    try ledger.append(.intent(begun), plan: plan, signer: lab.signer(), .exactly(#require(try ledger.read())))
    ledger.close()
    // The same actor without a journal: it may be at work on another machine.
    #expect(throws: LedgerError.openIntent(sequence: 1)) { try lab.apply(Lab.old, tree: "t1") }
    let later = Instant(seconds: 1_795_000_100 + LedgerState.OpenIntent.lease)
    let after = try lab.apply(Lab.old, tree: "t1", clock: { later })
    #expect(after.recovery?.entry == 2 && after.outcome.standing == .complete)
    // Its group is not there, so it was not done; what it named is owned until base moves on.
    #expect(after.recovery?.outcome?.results.allSatisfy { !$0.result.isOK } == true)
    #expect(try report().faults == [])
  }
}

extension String {
  /// A new repository at this path.
  func making(_ fixture: LedgerFixture) throws -> String {
    try fixture.run("/usr/bin/git", ["init", "--quiet", "--bare", self])
    return self
  }
}

/// kill -9 at points spread over an apply, then the same command again; forth and back between two policies on one ledger.
@Suite struct ExecutorCrashTests {
  @Test func `killed anywhere, the next apply finishes it, and the ledger verifies`() async throws {
    let fixture = try LedgerFixture()
    try fixture.begun(fixture.repository()).close()
    for name in ["gpu01", "gpu02"] { try fixture.run("/bin/mkdir", [fixture.path(name)]) }
    let root = fixture.scratch.path
    let lab = Lab(root: root)
    try lab.apply(Lab.old, tree: "t0")
    var shown: [Bool: String] = [false: try lab.targets()[0].contents()]
    var recoveries = 0
    var generator = SeededGenerator(seed: 11)
    var point = 1
    var round = 0
    while true {
      round += 1
      let isNew = round % 2 == 1
      let result = await #expect(processExitsWith: .failure) {
        [root = root as String, point = point as Int, round = round as Int, isNew = isNew as Bool] in
        var passed = 0
        let pass = {
          passed += 1
          if passed == point { kill(getpid(), SIGKILL) }
        }
        _ = try Lab(root: root).apply(
          isNew ? Lab.new : Lab.old, tree: "t\(round)", prepare: { target in target.step = { _ in pass() } },
          clock: {
            // Looked at before each entry: of the outcome there is nothing yet, and all changes are done.
            pass()
            return Instant(seconds: 1_795_000_000)
          }, progress: { _ in pass() })
        exit(3)
      }
      let again = try lab.apply(isNew ? Lab.new : Lab.old, tree: "t\(round)")
      if let recovery = again.recovery {
        recoveries += 1
        // What the killed run had done was found done, and is not planned again.
        let done = Set(recovery.outcome?.results.filter(\.result.isOK).map { "\($0.target) \($0.object)" } ?? [])
        let open = Set(recovery.outcome?.results.filter { !$0.result.isOK }.map { "\($0.target) \($0.object)" } ?? [])
        let planned = Set(again.outcome.results.map { "\($0.target) \($0.object)" })
        #expect(planned.isDisjoint(with: done.subtracting(open)) && open.isSubset(of: planned), "point \(point)")
      }
      let contents = try lab.targets().map { try $0.contents() }
      if shown[isNew] == nil { shown[isNew] = contents[0] }
      #expect(contents == [shown[isNew], shown[isNew]], "point \(point)")
      let reader = try fixture.open(fixture.path("user"), nil, .reading)
      let state = try #require(try reader.read())
      #expect(state.openIntent == nil && Set(state.base.values.map(\.commit)) == ["t\(round)"], "point \(point)")
      for target in try lab.targets() {
        if let head = try target.readHead() { #expect(state.fault(ofWitness: head, named: "x") == nil) }
      }
      if result?.exitStatus == .exitCode(3) { break }
      #expect(result?.exitStatus == .signal(SIGKILL), "point \(point)")
      point += Int.random(in: 12...19, using: &generator)
    }
    #expect(shown[true] != shown[false])
    #expect(recoveries > 2, "of \(round) rounds, up to point \(point)")
    let fresh = try fixture.open(fixture.repository("fresh"), nil, .reading)
    #expect(try #require(try fresh.verify()).faults == [])
  }
}
