import Glibc
import WritApply
import WritDigest
import WritPlan
import WritPolicy
import WritTestSupport

/// `ledger-maker ENTRIES COMMIT TREE`: a stream for `git fast-import` that makes the branch `writ/ledger`, each entry in a
/// commit of its own with good signatures, as years of applying would leave it.
///
/// Plans come with the first commit: their folder grows with every apply, and writing it anew 50,000 times would take longer
/// than everything that is measured. What is read in the end is the same.
@main
struct LedgerMaker {
  static func main() throws {
    let words = CommandLine.arguments
    guard words.count == 4, let count = Int(words[1]), count > 0 else {
      print("usage: ledger-maker ENTRIES COMMIT TREE")
      exit(64)
    }
    var maker = try LedgerMaker(commit: words[2], tree: words[3])
    try maker.begin(plans: (count + 1) / 2)
    while maker.size < count { try maker.applyOnce(until: count) }
    maker.write("done\n")
    maker.flush()
  }

  private let key: SoftwareKey
  private let actor: PrincipalName
  private let fingerprint: String
  private let commit: String
  private let tree: String
  private let origin = "bench.example.com/access"
  private let targets: [TargetName]
  private var merkle = MerkleTree()
  private var last: Digest?
  private var plans: [Plan] = []
  private var out: [UInt8] = []

  var size: Int { merkle.size }

  init(commit: String, tree: String) throws {
    key = try SoftwareKey(.ed25519)
    fingerprint = try key.fingerprint
    guard let actor = PrincipalName(validating: "ci-applier") else { exit(70) }
    self.actor = actor
    self.commit = commit
    self.tree = tree
    targets = (1...4).compactMap { TargetName("host:gpu0\($0)") }
  }

  private func instant(_ number: Int) -> Instant { Instant(seconds: 1_200_000_000 + Int64(number) * 6000) }

  private mutating func begin(plans count: Int) throws {
    var files: [String: [UInt8]] = [:]
    plans = (0..<count).map(plan)
    for plan in plans { files["plans/\(plan.digest.hex).json"] = plan.recorded }
    let signers = "ci-applier \(try key.line)\n"
    files["signers/allowed_signers"] = Array(signers.utf8)
    let genesis = Genesis(origin: origin, signers: signers, commit: commit, tree: tree)
    let entry = next(.genesis(genesis))
    let about: JSONValue = [
      "format": "writ-ledger-v1", "origin": .string(origin), "genesis": .string(Digest(of: entry.bytes).description),
    ]
    files["writ-ledger.json"] = about.canonicalLine
    try add(entry, files)
  }

  /// A group and its members on every target, unlike any other plan.
  private func plan(_ number: Int) -> Plan {
    let changes = targets.enumerated().map { index, target in
      Change(
        id: "c000\(index + 1)", target: target, action: .update, phase: .grant, difference: .change,
        object: ObjectID(.group, "group-\(number % 100)"), before: ObjectState(["members": .set(["person-\(number)"])]),
        after: ObjectState(["members": .set(["person-\(number)", "person-\(number + 1)"])]),
        causes: [Cause(.granted, "people/person-\(number).yaml:7:9")])
    }
    return Plan(
      commit: commit, base: [:], at: instant(number * 2 + 1), validUntil: nil,
      targets: zip(targets, changes).map {
        TargetPlan(target: $0, standing: .complete, liveDigest: Digest(of: "live"), changes: [$1])
      })
  }

  private mutating func applyOnce(until count: Int) throws {
    let plan = plans[(size - 1) / 2]
    let intent = Intent(
      attempt: Intent.newAttempt(), commit: commit, tree: tree, at: plan.at, plan: plan.digest, base: plan.base,
      live: Dictionary(uniqueKeysWithValues: targets.map { ($0, Digest(of: "live")) }))
    let sequence = size
    try add(next(.intent(intent)))
    guard size < count else { return }
    let results = plan.changes.map {
      Outcome.Result(
        target: $0.target, object: $0.object.description, action: $0.action.rawValue,
        result: ChangeResult(change: $0.id, status: .ok(readBack: Digest(of: "read \(sequence)"))))
    }
    try add(
      next(
        .outcome(
          Outcome(
            attempt: intent.attempt, intent: sequence,
            standings: Dictionary(uniqueKeysWithValues: targets.map { ($0, .complete) }), results: results))))
  }

  private func next(_ record: LedgerRecord) -> LedgerEntry {
    LedgerEntry(
      sequence: size, previous: last, time: instant(size), actor: actor, key: fingerprint,
      runner: size == 0 ? nil : "ci/1234567/attempt/1", record: record)
  }

  private mutating func add(_ entry: LedgerEntry, _ more: [String: [UInt8]] = [:]) throws {
    let bytes = entry.bytes
    merkle.append(bytes)
    last = Digest(of: bytes)
    let name = padded(entry.sequence, 8)
    let path = "entries/\(name.prefix(4))/\(name.dropFirst(4).prefix(2))/\(name).json"
    let checkpoint = Array("\(origin)\n\(merkle.size)\n\(SoftwareKey.base64(merkle.root.bytes))\n".utf8)
    var files = more
    files[path] = bytes
    files[path + ".sig"] = try key.armour(over: bytes, namespace: "writ-ledger-v1")
    files["checkpoint"] = checkpoint
    files["checkpoint.sig"] = try key.armour(over: checkpoint, namespace: "writ-ledger-v1")
    let message = "\(entry.record.kind) \(entry.sequence)\n"
    write("commit refs/heads/writ/ledger\ncommitter \(actor) <> \(entry.time.seconds) +0000\n")
    write("data \(message.utf8.count)\n\(message)")
    for (path, bytes) in files.sorted(by: { $0.key < $1.key }) {
      write("M 100644 inline \(path)\ndata \(bytes.count)\n")
      out += bytes
      write("\n")
    }
  }

  private func padded(_ number: Int, _ width: Int) -> String {
    let digits = String(number)
    return String(repeating: "0", count: max(0, width - digits.count)) + digits
  }

  private mutating func write(_ text: String) {
    out += Array(text.utf8)
    if out.count > 1 << 20 { flush() }
  }

  private mutating func flush() {
    var rest = out[...]
    while !rest.isEmpty {
      let written = rest.withUnsafeBytes { Glibc.write(1, $0.baseAddress, $0.count) }
      guard written > 0 else { exit(1) }
      rest = rest.dropFirst(written)
    }
    out = []
  }
}
