import WritDigest
import WritHistory
import WritPlan
import WritPolicy
import WritSSHSignature
import WritTestSupport

@testable import WritApply

/// A ledger made in memory, entry by entry, with good signatures; or as bad as a signer who knows everything could make it.
struct PaperLedger {
  /// A name without a key, or nothing to answer.
  struct Unknown: Error {}

  static let origin = "git.example.com/lab/access"

  private(set) var contents: [String: [UInt8]] = [:]
  private(set) var entries: [LedgerEntry] = []
  private var keys: [String: SoftwareKey] = [:]
  /// The file in force for the next entry.
  private(set) var signers = ""
  private(set) var version = 1
  private(set) var threshold = 1
  private(set) var open: (sequence: Int, intent: Intent)?

  var size: Int { entries.count }

  /// Changes what is recorded, before it is signed.
  struct Twist {
    var entry: (inout LedgerEntry) -> Void = { _ in }
    /// Of the entry's file.
    var bytes: ([UInt8]) -> [UInt8] = { $0 }
    /// Whose key signs in the actor's place.
    var signer: String?
    var namespace = LedgerLayout.namespace
    var shape: (inout SoftwareKey.Shape) -> Void = { _ in }
    var statement: (inout KeyStatement) -> Void = { _ in }
    var signatures: (inout [KeyChange.Signature]) -> Void = { _ in }
    var intent: (inout Intent) -> Void = { _ in }
    var outcome: (inout Outcome) -> Void = { _ in }
  }

  init(_ names: [String], kinds: [SoftwareKey.Kind] = [.ed25519, .p256], threshold: Int = 1) throws {
    for (index, name) in names.enumerated() { keys[name] = try SoftwareKey(kinds[index % kinds.count]) }
    signers = try file(of: names)
    self.threshold = threshold
    let genesis = Genesis(
      origin: Self.origin, signers: signers, threshold: threshold, commit: LedgerFixture.commit,
      tree: LedgerFixture.tree)
    try append(.genesis(genesis), by: names[0])
  }

  /// A list of these people, each with the newest key.
  func file(of names: [String]) throws -> String {
    try names.map { "\($0) \(try key($0).line)\n" }.joined()
  }

  private func key(_ name: String) throws -> SoftwareKey {
    guard let key = keys[name] else { throw Unknown() }
    return key
  }

  mutating func makeKey(for name: String) throws { keys[name] = try SoftwareKey(.ed25519) }

  mutating func append(_ record: LedgerRecord, by actor: String, _ twist: Twist = Twist()) throws {
    guard let name = PrincipalName(validating: actor) else { throw Unknown() }
    let key = try key(twist.signer ?? actor)
    var entry = LedgerEntry(
      sequence: size, previous: contents[LedgerLayout.entry(size - 1)].map { Digest(of: $0) },
      time: Instant(seconds: 1_795_000_000 + Int64(size) * 60), actor: name, key: try key.fingerprint, record: record)
    twist.entry(&entry)
    let bytes = twist.bytes(entry.bytes)
    let path = LedgerLayout.entry(size)
    contents[path] = bytes
    var shape = SoftwareKey.Shape.with { $0.namespace = twist.namespace }
    twist.shape(&shape)
    contents[path + ".sig"] = SoftwareKey.armoured(try key.blob(over: bytes, shape))
    entries.append(entry)
    switch record {
    case .genesis(let genesis):
      contents[LedgerLayout.about] = LedgerLayout.aboutFile(origin: genesis.origin, genesis: Digest(of: bytes))
    case .intent(let intent): open = (size - 1, intent)
    case .outcome, .abandon: open = nil
    case .keyChange(let change):
      signers = change.statement.signers
      threshold = change.statement.threshold
      version = change.statement.version
    default: break
    }
    contents[LedgerLayout.signers] = Array(signers.utf8)
    try seal(by: twist.signer ?? actor)
  }

  /// Writes the checkpoint over everything there is.
  mutating func seal(by name: String) throws {
    let tree = MerkleTree((0..<size).compactMap { contents[LedgerLayout.entry($0)] })
    let checkpoint = LedgerLayout.checkpointFile(LedgerHead(origin: Self.origin, size: tree.size, root: tree.root))
    contents[LedgerLayout.checkpoint] = checkpoint
    try sign(LedgerLayout.checkpoint, by: name)
  }

  mutating func sign(_ path: String, by name: String) throws {
    contents[path + ".sig"] = try key(name).armour(over: contents[path] ?? [], namespace: LedgerLayout.namespace)
  }

  mutating func intend(_ number: Int, by actor: String, _ twist: Twist = Twist()) throws {
    let plan = try smallPlan(number)
    var recorded = intent(plan)
    twist.intent(&recorded)
    contents[LedgerLayout.plan(plan.digest)] = plan.recorded
    try append(.intent(recorded), by: actor, twist)
  }

  mutating func answer(by actor: String, _ twist: Twist = Twist()) throws {
    guard let open else { throw Unknown() }
    let target = open.intent.live.keys.sorted()
    var recorded = Outcome(
      attempt: open.intent.attempt, intent: open.sequence,
      standings: Dictionary(uniqueKeysWithValues: target.map { ($0, .complete) }), results: [])
    twist.outcome(&recorded)
    try append(.outcome(recorded), by: actor, twist)
  }

  /// Puts `names` in force, signed by `people`.
  mutating func changeKeys(
    to names: [String], threshold: Int, signedBy people: [String], by actor: String, _ twist: Twist = Twist()
  ) throws {
    var statement = KeyStatement(
      origin: Self.origin, genesis: Digest(of: contents[LedgerLayout.entry(0)] ?? []), version: version + 1,
      signers: try file(of: names), threshold: threshold)
    twist.statement(&statement)
    var signatures: [KeyChange.Signature] = []
    for name in people {
      guard let principal = PrincipalName(validating: name) else { throw Unknown() }
      let armour = try key(name).armour(over: statement.bytes, namespace: LedgerKeys.namespace)
      signatures.append(KeyChange.Signature(actor: principal, armour: String(decoding: armour, as: UTF8.self)))
    }
    twist.signatures(&signatures)
    try append(
      .keyChange(KeyChange(commit: LedgerFixture.commit, statement: statement, signatures: signatures)), by: actor,
      twist)
  }

  /// As of the time of ``smallPlan(_:target:)``'s plans, and long enough for fifty entries.
  func approval(of items: [ApprovalItem], by name: String, breakglass: Int? = nil) throws -> ApprovalCopy {
    guard let approver = PrincipalName(validating: name) else { throw Unknown() }
    let now = Instant(seconds: 1_795_000_000)
    let statement = ApprovalStatement(
      repository: .init(origin: Self.origin, genesis: Digest(of: contents[LedgerLayout.entry(0)] ?? [])),
      accepted: LedgerFixture.commit, head: LedgerFixture.commit, approver: approver, signed: now,
      expires: now + Duration(seconds: 86_400), breakglass: breakglass, items: items)
    let armour = try key(name).armour(over: statement.canonicalLine, namespace: ApprovalStatement.format)
    return ApprovalCopy(
      statement: String(decoding: statement.canonicalLine, as: UTF8.self),
      signature: String(decoding: armour, as: UTF8.self))
  }

  mutating func change(_ path: String, to bytes: [UInt8]?) { contents[path] = bytes }
}
