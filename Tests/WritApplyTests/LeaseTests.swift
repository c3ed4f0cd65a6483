import Synchronization
import Testing
import WritDigest
import WritPlan
import WritPolicy
import WritTestSupport

@testable import WritApply

/// Who is at work shows it, and whoever does not can be given up.
@Suite struct LeaseTests {
  let fixture: LedgerFixture
  let lab: Lab
  let clock = HandClock()

  init() throws {
    fixture = try LedgerFixture(["li.na", "chen.bo"])
    try fixture.begun(fixture.repository()).close()
    for name in ["gpu01", "gpu02"] { try fixture.run("/bin/mkdir", [fixture.path(name)]) }
    lab = Lab(root: fixture.scratch.path)
  }

  /// A colleague in another clone tries to give up whatever is open.
  func giveUp() throws -> Recovery? {
    let ledger = try Ledger(
      commonGitDirectory: fixture.repositoryOnce("other"),
      upstream: fixture.remote, access: .writing, environment: [:], clock: { clock.now })
    defer { ledger.close() }
    return try Executor(ledger: ledger, signer: fixture.signer("chen.bo")).recover(
      targets: [:], abandonment: "it hangs")
  }

  func entries() throws -> [LedgerEntry] {
    let ledger = try fixture.open(fixture.repository("reader-\(UInt64.random(in: 0 ... .max))"), nil, .reading)
    #expect(try ledger.verify()?.faults == [])
    return try #require(try ledger.read()).entries
  }

  @Test func `a long apply shows that it is alive, and nobody gives it up meanwhile`() throws {
    var refusals = 0
    let outcome = try lab.apply(
      Lab.old, tree: "t1", clock: { clock.now },
      progress: { event in
        guard case .ended = event else { return }
        // Each change takes six minutes: after three of them the intent alone is older than its lease.
        clock.advance(360)
        #expect(throws: LedgerError.openIntent(sequence: 1)) { try giveUp() }
        refusals += 1
      }
    ).outcome
    #expect(outcome.standing == .complete && refusals > 4)
    let kinds = try entries().map(\.record.kind)
    #expect(kinds.filter { $0 == "annotation" }.count >= refusals - 2, "\(kinds)")
    #expect(kinds.prefix(2) == ["genesis", "intent"] && kinds.last == "outcome")
  }

  @Test func `somebody else's sign of life keeps nothing alive`() throws {
    let ledger = try lab.ledger { clock.now }
    let plan = try smallPlan(1)
    try ledger.append(.intent(intent(plan)), plan: plan, signer: lab.signer(), .exactly(#require(try ledger.read())))
    clock.advance(LedgerState.OpenIntent.lease - 10)
    try ledger.append(.annotation(.stillAtWork(on: 1)), signer: fixture.signer("chen.bo"), .retrying)
    try ledger.append(.annotation(Annotation(text: "hello", about: 1)), signer: lab.signer(), .retrying)
    ledger.close()
    #expect(throws: LedgerError.openIntent(sequence: 1)) { try giveUp() }
    clock.advance(20)
    #expect(try giveUp()?.entry == 4)
  }

  @Test func `an apply that was given up begins nothing more`() throws {
    var began = 0
    let outcome = try lab.apply(
      Lab.old, tree: "t1", clock: { clock.now },
      progress: { event in
        guard case .began = event else { return }
        began += 1
        // One change that takes longer than the lease, without a sign of life.
        if began == 2 {
          clock.advance(LedgerState.OpenIntent.lease + 1)
          #expect(throws: Never.self) { try giveUp() }
        }
      }
    ).outcome
    #expect(began == 2 && outcome.isGivenUp && outcome.standing == .partial && outcome.waiting == nil)
    #expect(outcome.results.filter(\.result.isOK).count == 2)
    let left = outcome.results.filter { !$0.result.isOK }.map(\.result.status)
    #expect(left.allSatisfy { $0 == .skipped("not tried: entry 1 was given up by somebody else") }, "\(left)")
    #expect(try entries().map(\.record.kind) == ["genesis", "intent", "abandon", "annotation"])
    let again = try lab.apply(Lab.old, tree: "t1", clock: { clock.now })
    #expect(again.recovery == nil && again.outcome.standing == .complete)
  }

  @Test func `without the ledger the work goes on for as long as nobody else may begin`() throws {
    let hook = fixture.path("remote.git/hooks/pre-receive")
    var began = 0
    let outcome = try lab.apply(
      Lab.old, tree: "t1", clock: { clock.now },
      progress: { event in
        guard case .began = event else { return }
        began += 1
        if began == 1 { try? fixture.refuse(hook) }
        clock.advance(400)
      }
    ).outcome
    // At 400 and 800 seconds it goes on, after 1,200 it does not.
    #expect(began == 3 && outcome.waiting != nil && !outcome.isGivenUp, "\(began)")
    #expect(outcome.results.filter(\.result.isOK).count == 3)
    try fixture.run("/bin/rm", [hook])
    #expect(try lab.apply(Lab.old, tree: "t1", clock: { clock.now }).outcome.standing == .complete)
    #expect(try entries().filter { $0.record.kind == "outcome" }.count == 2)
  }

  /// What was not said was taken for gone, and a removal for done.
  @Test func `what a target says nothing of after a crash is unknown`() throws {
    try lab.apply(Lab.old, tree: "t1", clock: { clock.now })
    let ledger = try lab.ledger { clock.now }
    let target = try lab.targets()[0]
    let planned = try target.plan([:], owned: [ObjectID(.group, "readers")])
    let plan = Plan(
      commit: LedgerFixture.commit, base: [:], at: clock.now, validUntil: nil, targets: [planned])
    try ledger.append(.intent(intent(plan)), plan: plan, signer: lab.signer(), .exactly(#require(try ledger.read())))
    clock.advance(LedgerState.OpenIntent.lease + 1)
    target.silent = ["readers"]
    let recovery = try #require(
      try Executor(ledger: ledger, signer: lab.signer()).recover(targets: [target.name: target]))
    let outcome = try #require(recovery.outcome)
    #expect(outcome.results.map(\.result.status) == [.unknown("the target said nothing of it")])
    #expect(outcome.standings[target.name] == .partial)
  }

  /// Journals were swept at once: the intent then looked like another machine's, and nothing could be applied for its lease.
  @Test func `an intent that arrives after its writer was killed is still known for one's own`() throws {
    let ledger = try lab.ledger { clock.now }
    let plan = try smallPlan(1)
    let late = intent(plan)
    _ = try ExecutorJournal(attempt: late.attempt, in: ledger.clone.journalFolder)
    ledger.close()
    #expect(try lab.apply(Lab.old, tree: "t1", clock: { clock.now }).recovery == nil)
    let push = try lab.ledger { clock.now }
    try push.append(.intent(late), plan: plan, signer: lab.signer(), .retrying)
    push.close()
    #expect(try lab.apply(Lab.old, tree: "t1", clock: { clock.now }).recovery?.intent.sequence == 3)
    #expect(try ExecutorJournal.account(of: late.attempt, in: ledger.clone.journalFolder) == nil)
  }

  @Test func `an overridden guard has an entry of its own, once for each commit`() throws {
    let ledger = try lab.ledger { clock.now }
    let target = try lab.targets()[0]
    let overrides = ["max-removal", "uid-zero"].map {
      GuardOverride(guardName: $0, commit: "c", reason: "reorganisation")
    }
    for wanted in [Lab.old, Lab.new] {
      let plan = Plan(
        commit: "c", base: [:], at: clock.now, validUntil: nil, targets: [try target.plan(wanted, owned: [])])
      let outcome = try Executor(ledger: ledger, signer: lab.signer()).execute(
        plan, tree: "t", on: #require(try ledger.read()), overrides: overrides, targets: [target.name: target])
      #expect(outcome.standing == .complete)
    }
    let kinds = try entries().map(\.record.kind)
    #expect(kinds == ["genesis", "override", "override", "intent", "outcome", "intent", "outcome"])
  }
}

/// A clock that stands until somebody moves it.
final class HandClock: Sendable {
  private let seconds = Mutex<Int64>(1_795_000_000)
  var now: Instant { Instant(seconds: seconds.withLock { $0 }) }
  func advance(_ by: Int64) { seconds.withLock { $0 += by } }
}

@Suite struct WitnessTests {
  @Test func `witnesses that cannot both be right are named, with and without the ledger's help`() throws {
    let fixture = try LedgerFixture()
    let ledger = try fixture.begun(fixture.repository())
    let early = try #require(try ledger.read()).head
    try ledger.applied(smallPlan(1), signer: fixture.signer())
    let state = try #require(try ledger.read())
    var other = state.head
    other.root = Digest(of: "another history")
    var longer = other
    longer.size += 4
    var foreign = early
    foreign.origin = "git.example.com/elsewhere"
    #expect(state.faults(ofWitnesses: [("host:a", early), ("host:b", state.head)]) == [])
    let split = state.faults(ofWitnesses: [("host:a", state.head), ("host:b", other), ("host:c", early)])
    #expect(split.map(\.kind) == [.rewritten, .splitView])
    #expect(split[1].detail.hasPrefix("host:a and host:b remember other content of the first 3"))
    let cut = state.faults(ofWitnesses: [("host:a", longer), ("vault:team", longer)])
    #expect(cut.count == 2 && cut.allSatisfy { $0.detail.contains("the ledger was cut short") })
    #expect(
      state.faults(ofWitnesses: [("host:a", foreign), ("host:b", early)]).map(\.kind) == [.rewritten, .splitView])
  }
}
