import Synchronization
import Testing
import WritDigest
import WritPlan
import WritPolicy
import WritSSHSignature
import WritSystem
import WritTestSupport

@testable import WritApply

/// Every byte counts: a ledger with any of them changed does not verify, and the fault names what was changed.
@Suite struct LedgerTamperTests {
  static func ledger(_ fixture: LedgerFixture) throws -> [String: [UInt8]] {
    let ledger = try fixture.begun(fixture.repository())
    try ledger.applied(smallPlan(1), signer: fixture.signer())
    return try fixture.contents(of: fixture.path("remote.git"))
  }

  /// Verifies signatures that are those of the untouched ledger from memory, all others with ssh-keygen unless that is not
  /// needed to see that they are bad.
  static func faults(_ contents: [String: [UInt8]], good: Set<LedgerSeal>) -> [LedgerFault] {
    LedgerAudit(LedgerFiles(contents: contents)) { seal, signers in
      good.contains(seal) ? nil : seal.fault(against: signers)
    }.faults
  }

  static func seals(_ contents: [String: [UInt8]]) -> Set<LedgerSeal> {
    let seen = Mutex<Set<LedgerSeal>>([])
    _ = LedgerAudit(LedgerFiles(contents: contents)) { seal, signers in
      seen.withLock { _ = $0.insert(seal) }
      return seal.fault(against: signers)
    }
    return seen.withLock { $0 }
  }

  static func isNamed(_ path: String, by faults: [LedgerFault]) -> Bool {
    faults.contains { fault in
      if path.hasPrefix("signers/") || path == LedgerLayout.about { return fault.path == path }
      if path.hasPrefix("checkpoint") { return fault.path == LedgerLayout.checkpoint }
      if path.hasPrefix("plans/") { return fault.path == path }
      let file = path.hasSuffix(".sig") ? String(path.dropLast(4)) : path
      return fault.entry.map(LedgerLayout.entry) == file
    }
  }

  @Test func `any byte of any file`() throws {
    let fixture = try LedgerFixture()
    let contents = try Self.ledger(fixture)
    let good = Self.seals(contents)
    #expect(contents.count == 3 * 2 + 5 && good.count == 4)
    #expect(Self.faults(contents, good: good) == [])
    var generator = SeededGenerator(seed: 1)
    var asked = 0
    for (path, bytes) in contents.sorted(by: { $0.key < $1.key }) {
      for position in bytes.indices {
        // A changed signature costs a run of ssh-keygen, where its parts alone do not show that it is bad.
        if path.hasSuffix(".sig") {
          var changed = bytes
          changed[position] ^= 1
          if (try? SSHSignature(armour: changed)) != nil {
            asked += 1
            if asked % 32 != 0 { continue }
          }
        }
        var changed = contents
        changed[path]?[position] ^= path.hasSuffix(".sig") ? 1 : UInt8.random(in: 1...255, using: &generator)
        let faults = Self.faults(changed, good: good)
        #expect(Self.isNamed(path, by: faults), "byte \(position) of \(path): \(faults)")
      }
    }
  }

  @Test func `files taken away, added, exchanged and cut`() throws {
    let fixture = try LedgerFixture()
    let contents = try Self.ledger(fixture)
    let good = Self.seals(contents)
    for path in contents.keys.sorted() {
      var changed = contents
      changed[path] = nil
      #expect(!Self.faults(changed, good: good).isEmpty, "without \(path)")
      changed = contents
      changed[path]?.removeLast()
      if !path.hasSuffix(".sig") { #expect(!Self.faults(changed, good: good).isEmpty, "\(path) cut") }
      changed = contents
      changed[path + "x"] = contents[path]
      #expect(Self.faults(changed, good: good).map(\.kind) == [.unexpectedFile])
    }
    for (a, b) in [(1, 2), (0, 1)] {
      var changed = contents
      for name in [LedgerLayout.entry, LedgerLayout.signature] {
        changed[name(a)] = contents[name(b)]
        changed[name(b)] = contents[name(a)]
      }
      #expect(Self.faults(changed, good: good).contains { $0.kind == .wrongSequence && $0.entry == a })
    }
    // The newest entry cut off with everything that belongs to it but the checkpoint.
    var cut = contents
    cut[LedgerLayout.entry(2)] = nil
    cut[LedgerLayout.signature(2)] = nil
    #expect(Self.faults(cut, good: good).contains { $0.kind == .badCheckpoint })
  }

  @Test func `an entry signed by another signer's key, or under another's name`() throws {
    let fixture = try LedgerFixture(["li.na", "chen.bo"])
    let contents = try Self.ledger(fixture)
    let good = Self.seals(contents)
    let other = try fixture.signer("chen.bo")
    var changed = contents
    let path = LedgerLayout.entry(2)
    changed[path + ".sig"] = try other.key.sign(#require(contents[path]), namespace: LedgerLayout.namespace)
    #expect(Self.faults(changed, good: good).contains { $0.kind == .badSignature && $0.entry == 2 })
    // The same person, signing for another purpose.
    changed = contents
    changed[path + ".sig"] = try fixture.signer().key.sign(#require(contents[path]), namespace: "writ-approval-v1")
    #expect(Self.faults(changed, good: good).contains { $0.kind == .badSignature && $0.entry == 2 })
    // Rebuilt from the second entry on by somebody whose key never was in force.
    let stranger = try fixture.makeSigner("sun.hao")
    var entry = try LedgerEntry(bytes: #require(contents[path]))
    entry.actor = stranger.actor
    entry.key = stranger.key.publicKey.fingerprint
    changed = contents
    changed[path] = entry.bytes
    changed[path + ".sig"] = try stranger.key.sign(entry.bytes, namespace: LedgerLayout.namespace)
    #expect(Self.faults(changed, good: good).contains { $0.kind == .badSignature && $0.entry == 2 })
  }

  @Test func `a chain that its own signer built anew is found where it is remembered`() throws {
    let fixture = try LedgerFixture()
    let user = try fixture.repository()
    let remote = fixture.path("remote.git")
    let ledger = try fixture.begun(user)
    try ledger.applied(smallPlan(1), signer: fixture.signer())
    let witness = try #require(try ledger.read()).head
    ledger.close()
    // Rolled back by one entry, then continued otherwise, by force: valid for whoever sees it first.
    try fixture.run("/usr/bin/git", ["-C", remote, "update-ref", "refs/heads/writ/ledger", "refs/heads/writ/ledger~1"])
    let fresh = try fixture.open(fixture.repository("fresh"))
    #expect(try fresh.verify()?.faults == [])
    let state = try #require(try fresh.read())
    #expect(state.fault(ofWitness: witness, named: "host:gpu01")?.kind == .rewritten)
    let user2 = try fixture.open(user, nil, .reading)
    #expect(try user2.verify()?.faults.map(\.kind) == [.rewritten])
    #expect(throws: LedgerError.self) { try user2.read() }
    try fresh.append(.annotation(Annotation(text: "x")), signer: fixture.signer(), .retrying)
    #expect(try #require(try fresh.read()).fault(ofWitness: witness, named: "host:gpu01")?.kind == .rewritten)
    let user3 = try fixture.open(user, nil, .reading)
    #expect(try user3.verify()?.faults.map(\.kind) == [.rewritten])
    #expect(throws: LedgerError.self) { try user3.read() }
  }

  @Test func `a merge into the branch is found`() throws {
    let fixture = try LedgerFixture()
    let ledger = try fixture.begun(fixture.repository())
    try ledger.applied(smallPlan(1), signer: fixture.signer())
    ledger.close()
    let remote = fixture.path("remote.git")
    let git = ["-C", remote, "-c", "user.name=x", "-c", "user.email=x"]
    let merge = try fixture.run(
      "/usr/bin/git",
      git + [
        "commit-tree", "-m", "m", "-p", "refs/heads/writ/ledger", "-p", "refs/heads/writ/ledger~1",
        "refs/heads/writ/ledger^{tree}",
      ])
    try fixture.run("/usr/bin/git", ["-C", remote, "update-ref", "refs/heads/writ/ledger", String(merge.dropLast())])
    let fresh = try fixture.open(fixture.repository("fresh"), nil, .reading)
    #expect(try #require(try fresh.verify()).faults.allSatisfy { $0.kind == .notLinear })
    #expect(try #require(try fresh.verify()).faults.isEmpty == false)
  }

  @Test func `random changes in the branch itself are found by verify`() throws {
    let fixture = try LedgerFixture()
    let contents = try Self.ledger(fixture)
    let remote = fixture.path("remote.git")
    let tip = "refs/heads/writ/ledger"
    let original = try fixture.run("/usr/bin/git", ["-C", remote, "rev-parse", tip]).dropLast()
    var generator = SeededGenerator(seed: 2)
    let reader = try fixture.open(fixture.repository("reader"))
    for round in 0..<5 {
      let (path, bytes) = try #require(contents.sorted { $0.key < $1.key }.randomElement(using: &generator))
      var changed = bytes
      changed[Int.random(in: 0..<bytes.count, using: &generator)] ^= UInt8.random(in: 1...255, using: &generator)
      let message = "committer x <> 1 +0000\ndata 0\n"
      // Everything of the newest commit again, then the changed file.
      var input = Array("commit refs/heads/t\n\(message)from \(original)^\n".utf8)
      for (name, content) in contents.merging([path: changed], uniquingKeysWith: { $1 }) {
        input += Array("M 100644 inline \(name)\ndata \(content.count)\n".utf8) + content + [10]
      }
      try fixture.run("/usr/bin/git", ["-C", remote, "fast-import", "--quiet", "--force"], input: input)
      try fixture.run("/usr/bin/git", ["-C", remote, "update-ref", tip, "refs/heads/t"])
      try reader.fetch()
      let faults = try #require(try reader.verify()).faults
      #expect(Self.isNamed(path, by: faults), "round \(round), \(path): \(faults)")
    }
  }

  /// The ledger with another newest entry, signed and checkpointed as if it had been appended.
  static func replacing(
    last record: LedgerRecord, in contents: [String: [UInt8]], at sequence: Int, _ signer: LedgerSigner
  ) throws -> [String: [UInt8]] {
    var entry = try LedgerEntry(bytes: #require(contents[LedgerLayout.entry(sequence)]))
    entry.record = record
    return try replacing(last: entry, in: contents, at: sequence, signer)
  }

  static func replacing(
    last entry: LedgerEntry, in contents: [String: [UInt8]], at sequence: Int, _ signer: LedgerSigner
  ) throws -> [String: [UInt8]] {
    let path = LedgerLayout.entry(sequence)
    var changed = contents
    changed[path] = entry.bytes
    let leaves = try (0...sequence).map { try #require(changed[LedgerLayout.entry($0)]) }
    let head = LedgerHead(
      origin: "git.example.com/lab/access", size: sequence + 1, root: MerkleTree(leaves).root)
    changed[LedgerLayout.checkpoint] = LedgerLayout.checkpointFile(head)
    for file in [path, LedgerLayout.checkpoint] {
      changed[file + ".sig"] = try signer.key.sign(#require(changed[file]), namespace: LedgerLayout.namespace)
    }
    return changed
  }

  @Test func `well signed entries that contradict the ones before are refused and found`() throws {
    let fixture = try LedgerFixture()
    let contents = try Self.ledger(fixture)
    let signer = try fixture.signer()
    guard case .outcome(let answer) = try LedgerEntry(bytes: #require(contents[LedgerLayout.entry(2)])).record else {
      return #expect(Bool(false), "the newest entry is the outcome")
    }
    #expect(
      try LedgerReport(contents: Self.replacing(last: .outcome(answer), in: contents, at: 2, signer)).faults == [])
    var foreign = answer
    foreign.standings[try #require(TargetName("host:gpu09"))] = .complete
    var other = answer
    other.attempt = Intent.newAttempt()
    var late = answer
    late.intent = 0
    let wrong: [LedgerRecord] = [
      .outcome(foreign), .outcome(other), .outcome(late), .intent(intent(try smallPlan(2))),
      .genesis(try fixture.genesis),
    ]
    for record in wrong {
      let changed = try Self.replacing(last: record, in: contents, at: 2, signer)
      #expect(LedgerReport(contents: changed).faults.contains { $0.entry == 2 }, "\(record.kind)")
    }
    // None of them gets that far through the product.
    let ledger = try fixture.open(fixture.repository("second"))
    let plan = try smallPlan(3)
    let begun = intent(plan)
    try ledger.append(.intent(begun), plan: plan, signer: signer, .retrying)
    for record in wrong {
      #expect(throws: LedgerError.self) { try ledger.append(record, signer: signer, .retrying) }
    }
    #expect(throws: LedgerError.self) {
      try ledger.append(.intent(begun), plan: smallPlan(4), signer: signer, .retrying)
    }
    #expect(try ledger.read()?.head.size == 4)
    #expect(try ledger.verify()?.faults == [])
  }

  @Test func `entries of every kind are read again`() throws {
    let actor = try #require(PrincipalName(validating: "li.na"))
    let target = try #require(TargetName("vault:team"))
    let plan = try smallPlan(1)
    let begun = intent(plan)
    let override = GuardOverride(guardName: "max-removal", commit: "c", reason: "reorganisation")
    var withOverride = begun
    withOverride.overrides = [override]
    var statuses = outcome(begun, at: 1, plan, .unreachable)
    statuses.results += [.failed("a"), .skipped("b"), .unknown("\n")].map {
      Outcome.Result(
        target: target, object: "tree /srv", action: "update",
        result: ChangeResult(change: "c0002", status: $0, recovered: true))
    }
    statuses.recovered = true
    let records: [LedgerRecord] = [
      .genesis(Genesis(origin: "a/b", signers: "x\ny\n", commit: "c", tree: "d")), .intent(begun),
      .intent(withOverride), .outcome(statuses),
      .drift(DriftFound(commit: "c", items: [.init(target: target, object: "folder a")])),
      .abandon(Abandon(attempt: begun.attempt, intent: 1, reason: "gone")),
      .secret(SecretUse(operation: .rotate, target: target, secret: "a/b", digest: Digest(of: "x"))),
      .secret(SecretUse(operation: .get, target: target, secret: "a/b")),
      .annotation(Annotation(text: "x", about: 3)), .annotation(Annotation(text: "x")), .override(override),
      .keyChange(
        KeyChange(
          commit: "c",
          statement: KeyStatement(
            origin: "a/b", genesis: Digest(of: "g"), version: 2, signers: "x \"y\"\n", threshold: 2),
          signatures: [.init(actor: actor, armour: "-----\n")])), .other(kind: "of-the-future", members: ["x": [1]]),
    ]
    for record in records {
      let entry = LedgerEntry(
        sequence: 7, previous: Digest(of: "before"), time: Instant(seconds: 1_795_000_000), actor: actor,
        key: "SHA256:x", runner: "job 17", record: record)
      #expect(try LedgerEntry(bytes: entry.bytes) == entry)
    }
  }
}
