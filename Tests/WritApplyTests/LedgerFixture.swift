import Synchronization
import Testing
import WritApply
import WritDigest
import WritPlan
import WritPolicy
import WritSSHSignature
import WritSystem
import WritTestSupport

/// A user's repository, perhaps a bare remote, and signers with real keys, in one scratch folder.
final class LedgerFixture {
  let scratch: Scratch
  let clock = TestClock()
  private(set) var signers: [String: LedgerSigner] = [:]

  static let tree = String(repeating: "7", count: 40)
  static let commit = String(repeating: "a", count: 40)

  init(_ names: [String] = ["li.na"]) throws {
    scratch = try Scratch()
    for name in names { signers[name] = try makeSigner(name) }
    try run("/usr/bin/git", ["init", "--quiet", "--bare", path("remote.git")])
  }

  func path(_ name: String) -> String { scratch.path + "/" + name }

  @discardableResult
  func run(_ program: String, _ arguments: [String], input: [UInt8] = []) throws -> String {
    let result = try Program(program, arguments, input: input).run()
    try #require(result.succeeded, "\(program) \(arguments): \(result.errorText)")
    return result.outputText
  }

  func makeSigner(_ name: String) throws -> LedgerSigner {
    let file = path("key-\(name)")
    try run("/usr/bin/ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-C", "", "-f", file])
    let principal = try #require(PrincipalName(validating: name))
    return try LedgerSigner(actor: principal, key: SigningKey(path: file))
  }

  func signer(_ name: String = "li.na") throws -> LedgerSigner { try #require(signers[name]) }

  /// A user's clone: only its git directory matters.
  func repository(_ name: String = "user") throws -> String {
    let folder = path(name)
    try run("/usr/bin/git", ["init", "--quiet", "--bare", folder])
    return folder
  }

  /// The same clone each time.
  func repositoryOnce(_ name: String) throws -> String {
    if (try? FileContents.read(path(name) + "/HEAD")) != nil { return path(name) }
    return try repository(name)
  }

  /// Makes the remote take nothing from now on.
  func refuse(_ hook: String) throws {
    try FileContents.replace(hook, with: Array("#!/bin/sh\nexit 1\n".utf8), mode: 0o755)
  }

  var remote: Ledger.Upstream { .remote(path("remote.git")) }

  func open(
    _ repository: String, _ upstream: Ledger.Upstream? = nil, _ access: Ledger.Access = .writing
  ) throws -> Ledger {
    let clock = self.clock
    return try Ledger(
      commonGitDirectory: repository, upstream: upstream ?? remote, access: access,
      environment: ["HOME": scratch.path], clock: { clock.now })
  }

  var genesis: Genesis {
    get throws {
      let entries = signers.sorted { $0.key < $1.key }.map { name, signer in
        AllowedSigners.Entry(principals: [name], key: signer.key.publicKey)
      }
      return Genesis(
        origin: "git.example.com/lab/access", signers: try AllowedSigners(entries).text, commit: Self.commit,
        tree: Self.tree)
    }
  }

  /// An opened ledger that has its genesis entry.
  func begun(_ repository: String, _ upstream: Ledger.Upstream? = nil) throws -> Ledger {
    let ledger = try open(repository, upstream)
    try ledger.begin(genesis, signer: signer(), targets: [])
    return ledger
  }

  /// The ledger's files at the tip of a repository's branch.
  func contents(of repository: String) throws -> [String: [UInt8]] {
    let folder = path("export-\(UInt64.random(in: .min ... .max))")
    try run("/usr/bin/git", ["clone", "--quiet", "--branch", "writ/ledger", repository, folder])
    var contents: [String: [UInt8]] = [:]
    for file in try run("/usr/bin/git", ["-C", folder, "ls-files"]).split(separator: "\n").map(String.init) {
      contents[file] = try FileContents.read(folder + "/" + file)
    }
    return contents
  }
}

/// A clock that moves by one second whenever it is looked at.
final class TestClock: Sendable {
  private let seconds = Mutex<Int64>(1_795_000_000)

  var now: Instant {
    seconds.withLock {
      $0 += 1
      return Instant(seconds: $0)
    }
  }

  func advance(_ by: Int64) { seconds.withLock { $0 += by } }
}

/// A plan for the ledger's sake.
func smallPlan(_ number: Int, target: String = "host:gpu01") throws -> Plan {
  let name = try #require(TargetName(target))
  let change = Change(
    id: "c0001", target: name, action: .create, phase: .prepare, difference: .change,
    object: ObjectID(.group, "group-\(number)"), before: nil, after: ObjectState(["members": .set([])]),
    causes: [Cause(.granted, "people.yaml:1:1")])
  return Plan(
    commit: LedgerFixture.commit, base: [:], at: Instant(seconds: 1_795_000_000), validUntil: nil,
    targets: [TargetPlan(target: name, standing: .complete, liveDigest: Digest(of: "live"), changes: [change])])
}

func intent(_ plan: Plan, attempt: String = Intent.newAttempt()) -> Intent {
  Intent(
    attempt: attempt, commit: plan.commit, tree: LedgerFixture.tree, at: plan.at, plan: plan.digest, base: plan.base,
    live: Dictionary(uniqueKeysWithValues: plan.targets.map { ($0.target, $0.liveDigest) }))
}

func outcome(
  _ intent: Intent, at sequence: Int, _ plan: Plan, _ standing: Outcome.Standing = .complete
) -> Outcome {
  Outcome(
    attempt: intent.attempt, intent: sequence,
    standings: Dictionary(uniqueKeysWithValues: plan.targets.map { ($0.target, standing) }),
    results: plan.changes.map {
      Outcome.Result(
        target: $0.target, object: $0.object.description, action: $0.action.rawValue,
        result: ChangeResult(change: $0.id, status: .ok(readBack: Digest(of: "now"))))
    })
}

extension Ledger {
  /// Appends an intent and its outcome.
  func applied(_ plan: Plan, signer: LedgerSigner, _ standing: Outcome.Standing = .complete) throws {
    let state = try #require(try read())
    let begun = intent(plan)
    try append(.intent(begun), plan: plan, signer: signer, .exactly(state))
    try append(.outcome(outcome(begun, at: state.head.size, plan, standing)), signer: signer, .waiting)
  }
}
