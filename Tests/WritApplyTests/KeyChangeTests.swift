import Testing
import WritDigest
import WritPolicy
import WritSSHSignature
import WritSystem
import WritTestSupport

@testable import WritApply

/// Signers are chained from entry to entry: who may sign one is decided by those in force before it.
@Suite struct KeyChangeTests {
  /// A ledger begun by `li.na`, with these signers in force.
  static func begun(
    _ fixture: LedgerFixture, _ names: [String], threshold: Int = 1, _ folder: String = "user"
  ) throws -> Ledger {
    let ledger = try fixture.open(fixture.repository(folder))
    let genesis = Genesis(
      origin: "git.example.com/lab/access", signers: try file(fixture, names), threshold: threshold,
      commit: LedgerFixture.commit, tree: LedgerFixture.tree)
    try ledger.begin(genesis, signer: fixture.signer(), targets: [])
    return ledger
  }

  static func file(_ fixture: LedgerFixture, _ names: [String]) throws -> String {
    try AllowedSigners(
      names.map { AllowedSigners.Entry(principals: [$0], key: try fixture.signer($0).key.publicKey) }
    ).text
  }

  static func change(
    _ ledger: Ledger, to signers: String, threshold: Int = 1, by people: [LedgerSigner],
    namespace: String = LedgerKeys.namespace, signing: (inout KeyStatement) -> Void = { _ in }
  ) throws -> KeyChange {
    let statement = try #require(try ledger.read()).keyStatement(signers: signers, threshold: threshold)
    var signed = statement
    signing(&signed)
    let signatures = try people.map {
      KeyChange.Signature(
        actor: $0.actor,
        armour: String(decoding: try $0.key.sign(signed.bytes, namespace: namespace), as: UTF8.self))
    }
    return KeyChange(commit: LedgerFixture.commit, statement: statement, signatures: signatures)
  }

  static func note(_ ledger: Ledger, _ text: String, _ signer: LedgerSigner) throws {
    try ledger.append(.annotation(Annotation(text: text)), signer: signer, .retrying)
  }

  @Test func `a signer comes in by an entry of those before, and signs from the next one on`() throws {
    let fixture = try LedgerFixture(["li.na", "chen.bo", "zhao.min"])
    let ledger = try Self.begun(fixture, ["li.na", "chen.bo"], threshold: 2)
    let (first, second) = (try fixture.signer(), try fixture.signer("chen.bo"))
    let newcomer = try fixture.signer("zhao.min")
    #expect(throws: LedgerError.notASigner(actor: "zhao.min", key: newcomer.key.publicKey.fingerprint)) {
      try Self.note(ledger, "too early", newcomer)
    }
    let all = try Self.file(fixture, ["li.na", "chen.bo", "zhao.min"])
    let change = try Self.change(ledger, to: all, threshold: 3, by: [first, second])
    try ledger.append(.keyChange(change), signer: first, .retrying)
    try Self.note(ledger, "now", newcomer)
    let state = try #require(try ledger.read())
    #expect(state.keys.version == 2 && state.keys.threshold == 3 && state.keys.file == all)
    #expect(state.keys(at: 1).version == 1 && state.keys(at: 2).version == 2)
    #expect(try ledger.verify()?.faults == [])
    let contents = try fixture.contents(of: fixture.path("remote.git"))
    #expect(contents[LedgerLayout.signers] == Array(all.utf8))
    #expect(LedgerReport(contents: contents).faults == [])
    // What the entry holds is what was signed: the statement stands in it byte for byte.
    let entry = String(decoding: try #require(contents[LedgerLayout.entry(1)]), as: UTF8.self)
    #expect(entry.contains("\"statement\":" + String(decoding: change.statement.bytes.dropLast(), as: UTF8.self) + ","))
  }

  @Test func `what a leaver signed stays valid, and nothing else comes in, whatever its date`() throws {
    let fixture = try LedgerFixture(["li.na", "chen.bo"])
    let ledger = try Self.begun(fixture, ["li.na", "chen.bo"])
    let leaver = try fixture.signer("chen.bo")
    try Self.note(ledger, "while here", leaver)
    let change = try Self.change(ledger, to: Self.file(fixture, ["li.na"]), by: [fixture.signer()])
    try ledger.append(.keyChange(change), signer: fixture.signer(), .retrying)
    try Self.note(ledger, "after", fixture.signer())
    #expect(try ledger.verify()?.faults == [])
    #expect(throws: LedgerError.notASigner(actor: "chen.bo", key: leaver.key.publicKey.fingerprint)) {
      try Self.note(ledger, "gone", leaver)
    }
    // Built by hand, and dated before the departure.
    let contents = try fixture.contents(of: fixture.path("remote.git"))
    var forged = try LedgerEntry(bytes: #require(contents[LedgerLayout.entry(3)]))
    forged.actor = leaver.actor
    forged.key = leaver.key.publicKey.fingerprint
    forged.time = try LedgerEntry(bytes: #require(contents[LedgerLayout.entry(1)])).time
    let changed = try LedgerTamperTests.replacing(last: forged, in: contents, at: 3, leaver)
    #expect(LedgerReport(contents: changed).faults.map(\.kind) == [.badSignature, .badSignature])
    #expect(LedgerReport(contents: changed).faults.contains { $0.entry == 3 })
  }

  @Test func `changes that the signers in force did not make are refused and found`() throws {
    let fixture = try LedgerFixture(["li.na", "chen.bo", "zhao.min"])
    let spare = try fixture.makeSigner("spare")
    let limited = try fixture.makeSigner("ci-applier")
    let (li, chen, zhao) = (try fixture.signer(), try fixture.signer("chen.bo"), try fixture.signer("zhao.min"))
    // One of them has two keys, and one key may not sign changes.
    let inForce = try AllowedSigners([
      .init(principals: ["li.na"], key: li.key.publicKey), .init(principals: ["li.na"], key: spare.key.publicKey),
      .init(principals: ["chen.bo"], key: chen.key.publicKey),
      .init(principals: ["ci-applier"], key: limited.key.publicKey, namespaces: [LedgerLayout.namespace]),
    ]).text
    let ledger = try fixture.open(fixture.repository())
    try ledger.begin(
      Genesis(
        origin: "git.example.com/lab/access", signers: inForce, threshold: 2, commit: LedgerFixture.commit,
        tree: LedgerFixture.tree), signer: li, targets: [])
    let second = LedgerSigner(actor: li.actor, key: spare.key)
    let wanted = try Self.file(fixture, ["zhao.min", "li.na"])
    var other = try Self.change(ledger, to: wanted, by: [li, chen])
    other.statement.threshold = 2
    var elsewhere = try #require(try ledger.read()).keyStatement(signers: wanted, threshold: 1)
    elsewhere.genesis = Digest(of: "another ledger")
    let wrong: [(String, KeyChange)] = [
      ("nobody", try Self.change(ledger, to: wanted, by: [])),
      ("one of two", try Self.change(ledger, to: wanted, by: [li])),
      ("one twice", try Self.change(ledger, to: wanted, by: [li, li])),
      ("one with two keys", try Self.change(ledger, to: wanted, by: [li, second])),
      (
        "one under another's name",
        try Self.change(ledger, to: wanted, by: [li, .init(actor: chen.actor, key: spare.key)])
      ),
      ("by whom it appoints", try Self.change(ledger, to: wanted, by: [li, zhao])),
      ("by a key barred from it", try Self.change(ledger, to: wanted, by: [li, limited])),
      ("over something else", try Self.change(ledger, to: wanted, by: [li, chen]) { $0.signers = inForce }),
      ("for a later place", try Self.change(ledger, to: wanted, by: [li, chen]) { $0.version = 3 }),
      ("another threshold than signed", other),
      (
        "in the ledger's own namespace",
        try Self.change(ledger, to: wanted, by: [li, chen], namespace: "writ-ledger-v1")
      ),
      ("nobody left to change it", try Self.change(ledger, to: wanted, threshold: 3, by: [li, chen])),
      ("a pattern", try Self.change(ledger, to: "* \(li.key.publicKey)\n", by: [li, chen])),
      (
        "for another ledger",
        KeyChange(
          commit: "c", statement: elsewhere,
          signatures: try [li, chen].map {
            .init(
              actor: $0.actor,
              armour: String(decoding: try $0.key.sign(elsewhere.bytes, namespace: LedgerKeys.namespace), as: UTF8.self)
            )
          })
      ),
    ]
    try Self.note(ledger, "last", li)
    let contents = try fixture.contents(of: fixture.path("remote.git"))
    for (name, change) in wrong {
      #expect(throws: LedgerError.self, "\(name)") { try ledger.append(.keyChange(change), signer: li, .retrying) }
      var changed = try LedgerTamperTests.replacing(last: .keyChange(change), in: contents, at: 1, li)
      changed[LedgerLayout.signers] = Array(change.statement.signers.utf8)
      let faults = LedgerReport(contents: changed).faults
      #expect(
        faults.contains { $0.entry == 1 && [.badKeyChange, .badSignature].contains($0.kind) }, "\(name): \(faults)")
    }
    #expect(try ledger.read()?.head.size == 2)
    let right = try Self.change(ledger, to: wanted, by: [li, chen])
    try ledger.append(.keyChange(right), signer: li, .retrying)
    // The same signatures a second time, after others had taken their place again.
    let back = try Self.change(ledger, to: inForce, threshold: 2, by: [zhao])
    try ledger.append(.keyChange(back), signer: li, .retrying)
    #expect(throws: LedgerError.self) { try ledger.append(.keyChange(right), signer: li, .retrying) }
    #expect(try ledger.verify()?.faults == [])
  }

  /// A naive twin remembers who is in; product and audit have to agree with it at every step.
  @Test(arguments: [UInt64(1), 2]) func `random changes and signers`(seed: UInt64) throws {
    var generator = SeededGenerator(seed: seed)
    let names = ["li.na", "chen.bo", "zhao.min", "wu.lei"]
    let fixture = try LedgerFixture(names)
    let ledger = try Self.begun(fixture, names)
    var (inForce, threshold, size) = (Set(names), 1, 1)
    for step in 0..<14 {
      let actor = try fixture.signer(#require(names.randomElement(using: &generator)))
      var isFine = inForce.contains(actor.actor.text)
      let record: LedgerRecord
      var next = (inForce, threshold)
      if Bool.random(using: &generator) {
        record = .annotation(Annotation(text: "step \(step)"))
      } else {
        let wanted = names.filter { _ in Int.random(in: 0..<4, using: &generator) > 0 }
        let people = names.filter { _ in Bool.random(using: &generator) }
        next = (Set(wanted), Int.random(in: 1...3, using: &generator))
        record = .keyChange(
          try Self.change(
            ledger, to: Self.file(fixture, wanted), threshold: next.1, by: people.map { try fixture.signer($0) }))
        isFine =
          isFine && people.count >= threshold && inForce.isSuperset(of: people) && wanted.count >= next.1
      }
      let isTaken: Bool
      do {
        try ledger.append(record, signer: actor, .retrying)
        isTaken = true
      } catch { isTaken = false }
      #expect(isTaken == isFine, "step \(step): \(record)")
      if isTaken {
        (inForce, threshold) = next
        size += 1
      }
    }
    #expect(try ledger.read()?.head.size == size)
    #expect(try ledger.verify()?.faults == [])
  }
}
