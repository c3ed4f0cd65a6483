import Testing
@testable import WritApply
import WritDigest
import WritPlan
import WritPolicy
import WritSystem
import WritTestSupport

@Suite struct LedgerTests {
  @Test func `what is appended is read again, and verifies`() throws {
    let fixture = try LedgerFixture()
    let ledger = try fixture.begun(fixture.repository())
    let signer = try fixture.signer()
    let target = try #require(TargetName("host:gpu01"))
    for number in 1...3 { try ledger.applied(smallPlan(number), signer: signer) }
    try ledger.append(.annotation(Annotation(text: "quarterly review", about: 2)), signer: signer, .retrying)
    let state = try #require(try ledger.read())
    #expect(
      state.entries.map(\.record.kind)
        == ["genesis", "intent", "outcome", "intent", "outcome", "intent", "outcome", "annotation"])
    #expect(state.entries.map(\.sequence) == Array(0..<8))
    #expect(state.head.size == 8 && state.head.origin == "git.example.com/lab/access")
    #expect(state.openIntent == nil && state.accepted == LedgerFixture.commit)
    #expect(state.applied[target]?.intent == 5 && state.applied[target]?.outcome == 6)
    // The objects of base's plan; those of older ones are base's policy to know.
    #expect(state.owned[target] == [ObjectID(.group, "group-3")])
    let report = try #require(try ledger.verify())
    #expect(report.faults == [] && report.remarks == [] && report.head == state.head)
    #expect(report.kinds == ["genesis": 1, "intent": 3, "outcome": 3, "annotation": 1])
  }

  @Test func `what this version does not know is chained, counted and remarked upon`() throws {
    let fixture = try LedgerFixture()
    let ledger = try fixture.begun(fixture.repository())
    for number in 1...2 {
      let record = LedgerRecord.other(kind: "of-the-future", members: ["number": .integer(number)])
      try ledger.append(record, signer: fixture.signer(), .retrying)
    }
    try ledger.applied(smallPlan(1), signer: fixture.signer())
    let report = try #require(try ledger.verify())
    #expect(report.faults == [] && report.kinds["of-the-future"] == 2)
    #expect(report.remarks.map(\.kind) == [.unknownKind] && report.remarks[0].entry == 1)
    #expect(report.state?.entries[2].record == .other(kind: "of-the-future", members: ["number": 2]))
  }

  @Test func `a copy of the files verifies without git, and with the stock tools`() throws {
    let fixture = try LedgerFixture()
    let ledger = try fixture.begun(fixture.repository())
    let plan = try smallPlan(1)
    try ledger.applied(plan, signer: fixture.signer())
    let contents = try fixture.contents(of: fixture.path("remote.git"))
    #expect(LedgerReport(contents: contents).faults == [])
    let entry = "entries/0000/00/00000001.json"
    let files = [
      "entry": contents[entry], "sig": contents[entry + ".sig"], "signers": contents["signers/allowed_signers"],
    ]
    for (name, bytes) in files { try FileContents.replace(fixture.path(name), with: #require(bytes), mode: 0o600) }
    let result = try fixture.run(
      "/usr/bin/ssh-keygen",
      [
        "-Y", "verify", "-f", fixture.path("signers"), "-I", "li.na", "-n", "writ-ledger-v1", "-s", fixture.path("sig"),
      ], input: #require(contents[entry]))
    #expect(result.hasPrefix("Good"))
    let sum = try fixture.run("/usr/bin/sha256sum", [], input: #require(contents["entries/0000/00/00000000.json"]))
    #expect(
      String(decoding: try #require(contents[entry]), as: UTF8.self).contains("\"prev\":\"sha256:\(sum.prefix(64))\""))
    #expect(contents["plans/\(plan.digest.hex).json"] == plan.recorded)
  }

  @Test func `without a remote the user's own repository holds the branch`() throws {
    let fixture = try LedgerFixture()
    let user = try fixture.repository()
    try fixture.run("/usr/bin/git", ["-C", user, "config", "core.hooksPath", fixture.path("hooks")])
    let ledger = try fixture.begun(user, .repository(user))
    try ledger.applied(smallPlan(1), signer: fixture.signer())
    ledger.close()
    #expect(try fixture.run("/usr/bin/git", ["-C", user, "rev-list", "--count", "writ/ledger"]) == "3\n")
    let again = try fixture.open(user, .repository(user), .reading)
    #expect(try again.read()?.head.size == 3)
    #expect(again.staleness == nil)
  }

  @Test func `a partial outcome and one of revocations alone leave base where it was`() throws {
    let fixture = try LedgerFixture()
    let ledger = try fixture.begun(fixture.repository())
    let signer = try fixture.signer()
    let target = try #require(TargetName("host:gpu01"))
    try ledger.applied(smallPlan(1), signer: signer)
    try ledger.applied(smallPlan(2), signer: signer, .partial)
    var state = try #require(try ledger.read())
    var revocations = intent(try smallPlan(3))
    revocations.extent = .revocations
    let plan = try smallPlan(3)
    try ledger.append(.intent(revocations), plan: plan, signer: signer, .exactly(state))
    try ledger.append(.outcome(outcome(revocations, at: 5, plan)), signer: signer, .waiting)
    state = try #require(try ledger.read())
    #expect(state.applied[target]?.intent == 1)
    #expect(state.owned[target] == Set((1...3).map { ObjectID(.group, "group-\($0)") }))
  }

  /// A tree that left the policy and was put back by hand was closed again by every apply of the same commit.
  @Test func `what base's own plan took away is let go, what a partial one took away is not`() throws {
    let fixture = try LedgerFixture()
    let ledger = try fixture.begun(fixture.repository())
    let target = try #require(TargetName("host:gpu01"))
    let (made, gone) = (ObjectID(.group, "group-1"), ObjectID(.tree, "/srv/gone"))
    let narrowed = ObjectID(.tree, "/srv/narrowed")
    let kept = [ObjectID(.membership, "render/li"), ObjectID(.folder, "lab/old"), ObjectID(.account, "li"), narrowed]
    var plan = try smallPlan(1)
    func add(_ object: ObjectID, _ action: Change.Action) {
      var change = plan.targets[0].changes[0]
      (change.object, change.action, change.phase, change.before) = (object, action, .revoke, change.after)
      change.id = "c000\(plan.targets[0].changes.count + 1)"
      if action == .remove { change.after = nil }
      plan.targets[0].changes.append(change)
    }
    add(gone, .remove)
    for object in kept { add(object, object.kind == .account ? .retire : .remove) }
    add(narrowed, .update)

    try ledger.applied(plan, signer: fixture.signer(), .partial)
    #expect(try #require(try ledger.read()).owned[target] == Set([made, gone] + kept))
    try ledger.applied(plan, signer: fixture.signer())
    #expect(try #require(try ledger.read()).owned[target] == Set([made] + kept))
    // Of a later plan, whatever came of it.
    var revoking = intent(plan)
    revoking.extent = .revocations
    let state = try #require(try ledger.read())
    try ledger.append(.intent(revoking), plan: plan, signer: fixture.signer(), .exactly(state))
    try ledger.append(.outcome(outcome(revoking, at: state.head.size, plan)), signer: fixture.signer(), .waiting)
    #expect(try #require(try ledger.read()).owned[target] == Set([made, gone] + kept))
    // A complete outcome that says nothing of a change leaves it in doubt.
    let begun = intent(plan)
    let last = try #require(try ledger.read())
    try ledger.append(.intent(begun), plan: plan, signer: fixture.signer(), .exactly(last))
    var silent = outcome(begun, at: last.head.size, plan)
    silent.results.removeAll { $0.object == gone.description }
    try ledger.append(.outcome(silent), signer: fixture.signer(), .waiting)
    #expect(try #require(try ledger.read()).owned[target] == Set([made, gone] + kept))
  }

  /// A conflict was owned from the second plan on, and taken over.
  @Test func `what a plan blocked is not owned`() throws {
    let fixture = try LedgerFixture()
    let ledger = try fixture.begun(fixture.repository())
    let target = try #require(TargetName("host:gpu01"))
    var plan = try smallPlan(1)
    var conflict = plan.targets[0].changes[0]
    conflict.id = "c0002"
    conflict.object = ObjectID(.group, "theirs")
    conflict.readiness = .blocked("it was there before")
    plan.targets[0].changes.append(conflict)
    try ledger.applied(plan, signer: fixture.signer(), .partial)
    #expect(try #require(try ledger.read()).owned[target] == [ObjectID(.group, "group-1")])
  }

  @Test func `an open intent is named, and nothing is begun beside it`() throws {
    let fixture = try LedgerFixture()
    let ledger = try fixture.begun(fixture.repository())
    let plan = try smallPlan(1)
    let begun = intent(plan)
    try ledger.append(.intent(begun), plan: plan, signer: fixture.signer(), .exactly(#require(try ledger.read())))
    let state = try #require(try ledger.read())
    #expect(state.openIntent?.sequence == 1 && state.openIntent?.intent == begun)
    #expect(throws: LedgerError.openIntent(sequence: 1)) {
      try ledger.append(.intent(intent(plan)), plan: plan, signer: fixture.signer(), .exactly(state))
    }
    try ledger.append(
      .abandon(Abandon(attempt: begun.attempt, intent: 1, reason: "machine lost")), signer: fixture.signer(), .retrying)
    #expect(try #require(try ledger.read()).openIntent == nil)
    #expect(try ledger.verify()?.faults == [])
  }

  @Test func `an intent is refused when somebody appended since it was decided`() throws {
    let fixture = try LedgerFixture(["li.na", "chen.bo"])
    let first = try fixture.begun(fixture.repository("one"))
    let second = try fixture.open(fixture.repository("two"))
    let seen = try #require(try first.read())
    try second.append(.annotation(Annotation(text: "hello")), signer: fixture.signer("chen.bo"), .retrying)
    let plan = try smallPlan(1)
    #expect(throws: LedgerError.moved) {
      try first.append(.intent(intent(plan)), plan: plan, signer: fixture.signer(), .exactly(seen))
    }
    // The refused entry has left no trace.
    #expect(try first.read()?.entries.map(\.record.kind) == ["genesis", "annotation"])
    #expect(try first.isOutcomeWaiting == false)
    #expect(try first.verify()?.faults == [])
  }

  @Test func `two clones racing lose nothing and fork nothing`() async throws {
    let fixture = try LedgerFixture(["li.na", "chen.bo"])
    try fixture.begun(fixture.repository("zero")).close()
    let folders = try ["one", "two"].map { try fixture.repository($0) }
    let remote = fixture.remote
    let jobs = try zip(folders, ["li.na", "chen.bo"]).map { ($0, try fixture.signer($1)) }
    try await withThrowingTaskGroup(of: Void.self) { group in
      for (folder, signer) in jobs {
        group.addTask {
          let ledger = try Ledger(
            commonGitDirectory: folder, upstream: remote, access: .writing, environment: [:],
            clock: { Instant(seconds: 1_795_000_000) })
          for number in 0..<4 {
            try ledger.append(
              .annotation(Annotation(text: "\(signer.actor) \(number)")), signer: signer, .retrying)
          }
        }
      }
      try await group.waitForAll()
    }
    let ledger = try fixture.open(fixture.repository("three"), nil, .reading)
    let texts = try #require(try ledger.read()).entries.compactMap {
      if case .annotation(let annotation) = $0.record { annotation.text } else { nil }
    }
    #expect(texts.sorted() == (0..<4).flatMap { ["chen.bo \($0)", "li.na \($0)"] }.sorted())
    #expect(try ledger.verify()?.faults == [])
  }

  @Test func `a second writer of one clone is told that the first is at work`() throws {
    let fixture = try LedgerFixture()
    let user = try fixture.repository()
    let ledger = try fixture.begun(user)
    #expect(throws: LedgerError.busy(lock: user + "/writ/ledger.lock")) { try fixture.open(user) }
    let reader = try fixture.open(user, nil, .reading)
    #expect(try reader.read()?.head.size == 1)
    #expect(reader.staleness != nil)
    ledger.close()
    #expect(throws: Never.self) { try fixture.open(user).close() }
  }

  @Test func `an upstream that cannot be reached is not one without a ledger`() throws {
    let fixture = try LedgerFixture()
    let reader = try fixture.open(fixture.repository(), .remote(fixture.path("nowhere")), .reading)
    #expect(reader.staleness != nil)
    #expect(throws: LedgerError.self) { try reader.read() }
    #expect(throws: LedgerError.self) { try reader.verify() }
    let empty = try fixture.open(fixture.repository("other"), nil, .reading)
    #expect(try empty.read()?.head == nil)
  }

  @Test func `a lock file that a killed git left in writ's own clone is cleared`() throws {
    let fixture = try LedgerFixture()
    let user = try fixture.repository()
    let ledger = try fixture.begun(user)
    ledger.close()
    for name in ["refs/writ/pending", "refs/writ/upstream/ledger", "packed-refs"] {
      try FileContents.replace("\(user)/writ/ledger.git/\(name).lock", with: [], mode: 0o600)
    }
    try fixture.open(user).applied(smallPlan(1), signer: fixture.signer())
  }

  @Test func `an outcome that cannot be pushed waits, and goes first the next time`() throws {
    let fixture = try LedgerFixture()
    let user = try fixture.repository()
    let ledger = try fixture.begun(user)
    let signer = try fixture.signer()
    let plan = try smallPlan(1)
    let begun = intent(plan)
    try ledger.append(.intent(begun), plan: plan, signer: signer, .exactly(#require(try ledger.read())))
    try fixture.run("/bin/mv", [fixture.path("remote.git"), fixture.path("away.git")])
    let appended = try ledger.append(.outcome(outcome(begun, at: 1, plan)), signer: signer, .waiting)
    guard case .kept = appended else { return #expect(Bool(false), "it was not pushed, and must say so") }
    #expect(try ledger.isOutcomeWaiting && ledger.read()?.isAhead == true)
    ledger.close()
    #expect(throws: LedgerError.self) { try fixture.open(user) }
    try fixture.run("/bin/mv", [fixture.path("away.git"), fixture.path("remote.git")])
    let again = try fixture.open(user)
    #expect(try again.isOutcomeWaiting && again.read()?.openIntent == nil)
    try again.pushWaiting(signer: signer)
    #expect(try again.isOutcomeWaiting == false)
    again.close()
    let other = try fixture.open(fixture.repository("other"), nil, .reading)
    #expect(try other.read()?.entries.count == 3)
    #expect(try other.verify()?.faults == [])
  }

  @Test func `a waiting outcome is signed anew when others appended first`() throws {
    let fixture = try LedgerFixture(["li.na", "chen.bo"])
    let user = try fixture.repository()
    let ledger = try fixture.begun(user)
    let plan = try smallPlan(1)
    let begun = intent(plan)
    try ledger.append(.intent(begun), plan: plan, signer: fixture.signer(), .exactly(#require(try ledger.read())))
    try fixture.run("/bin/mv", [fixture.path("remote.git"), fixture.path("away.git")])
    try ledger.append(.outcome(outcome(begun, at: 1, plan)), signer: fixture.signer(), .waiting)
    ledger.close()
    try fixture.run("/bin/mv", [fixture.path("away.git"), fixture.path("remote.git")])
    let other = try fixture.open(fixture.repository("other"))
    try other.append(.annotation(Annotation(text: "first")), signer: fixture.signer("chen.bo"), .retrying)
    let again = try fixture.open(user)
    try again.pushWaiting(signer: fixture.signer())
    #expect(try again.read()?.entries.map(\.record.kind) == ["genesis", "intent", "annotation", "outcome"])
    #expect(try again.verify()?.faults == [])
  }

  @Test func `an intent that never arrived is forgotten`() throws {
    let fixture = try LedgerFixture()
    let user = try fixture.repository()
    let ledger = try fixture.begun(user)
    let state = try #require(try ledger.read())
    let plan = try smallPlan(1)
    try fixture.run("/bin/mv", [fixture.path("remote.git"), fixture.path("away.git")])
    #expect(throws: LedgerError.self) {
      try ledger.append(.intent(intent(plan)), plan: plan, signer: fixture.signer(), .exactly(state))
    }
    #expect(try ledger.isOutcomeWaiting == false)
    #expect(try ledger.read()?.openIntent == nil)
  }

  @Test func `a key that is not in force cannot append`() throws {
    let fixture = try LedgerFixture()
    let ledger = try fixture.begun(fixture.repository())
    let stranger = try fixture.makeSigner("sun.hao")
    let impostor = LedgerSigner(actor: try fixture.signer().actor, key: stranger.key)
    for signer in [stranger, impostor] {
      #expect(throws: LedgerError.self) {
        try ledger.append(.annotation(Annotation(text: "x")), signer: signer, .retrying)
      }
    }
    #expect(try ledger.read()?.head.size == 1)
  }

  @Test func `nothing begins where a ledger is remembered`() throws {
    let fixture = try LedgerFixture()
    let user = try fixture.repository()
    let ledger = try fixture.begun(user)
    #expect(throws: LedgerError.self) { try ledger.begin(fixture.genesis, signer: fixture.signer(), targets: []) }
    ledger.close()
    let second = try fixture.open(fixture.repository("second"))
    #expect(throws: LedgerError.exists(where: fixture.path("remote.git"))) {
      try second.begin(fixture.genesis, signer: fixture.signer(), targets: [])
    }
    try fixture.run("/usr/bin/git", ["-C", fixture.path("remote.git"), "update-ref", "-d", "refs/heads/writ/ledger"])
    let again = try fixture.open(user)
    #expect(throws: LedgerError.self) { try again.read() }
    #expect(throws: LedgerError.exists(where: user + "/writ/ledger-head")) {
      try again.begin(fixture.genesis, signer: fixture.signer(), targets: [])
    }
  }

  @Test func `an origin that a checkpoint cannot bear is refused`() throws {
    let fixture = try LedgerFixture()
    let ledger = try fixture.open(fixture.repository())
    for origin in ["https://example.com/a", "with blank", "a+b", "", "line\nfeed"] {
      var genesis = try fixture.genesis
      genesis.origin = origin
      #expect(throws: LedgerError.badOrigin(origin)) {
        try ledger.begin(genesis, signer: fixture.signer(), targets: [])
      }
    }
  }

  @Test func `every append is forced to disk`() throws {
    let fixture = try LedgerFixture()
    let user = try fixture.repository()
    let ledger = try fixture.begun(user, .repository(user))
    // The two commands of an append with the settings of an append, seen from outside.
    let log = fixture.path("trace")
    let stream = """
      commit refs/writ/pending
      committer x <> 1 +0000
      data 0
      from refs/writ/upstream/ledger
      M 100644 inline a
      data 1
      b
      done

      """
    let git = ["/usr/bin/git", "--git-dir=\(user)/writ/ledger.git"] + LedgerGit.settings.flatMap { ["-c", $0] }
    func syncs(_ arguments: [String], input: String = "") throws -> Int {
      try fixture.run(
        "/usr/bin/strace", ["-f", "-qq", "-e", "trace=fsync,fdatasync", "-o", log] + git + arguments,
        input: Array(input.utf8))
      return String(decoding: try FileContents.read(log), as: UTF8.self).split(separator: "\n").count {
        $0.contains("sync(") && $0.hasSuffix("= 0")
      }
    }
    // A blob, a tree, a commit and the ref.
    #expect(try syncs(["fast-import", "--quiet", "--done"], input: stream) >= 4)
    let receivePack = try #require(ledger.upstream.receivePack)
    let push = ["push", "--quiet", "--receive-pack=\(receivePack)", "--", user]
    #expect(try syncs(push + ["refs/writ/pending:refs/heads/writ/ledger"]) >= 4)
  }
}
