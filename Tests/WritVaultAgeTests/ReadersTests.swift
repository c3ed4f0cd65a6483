import Glibc
import Testing
import WritApply
import WritDigest
import WritPlan
import WritPolicy
import WritSystem
import WritTestSupport

@testable import WritVaultAge

@Suite struct ReadersTests {
  @Test(arguments: [[:], ["alice": "rsa", "carol": "rsa"]])
  func `the stock program opens a secret for its readers and nobody else`(types: [String: String]) throws {
    let scene = try VaultScene(types: types)
    // A store that is gone is no empty store, where base has folders in it.
    #expect(throws: VaultError.self) { try scene.live(["alice", "carol"]) }
    var fresh = scene.scope(["alice", "carol"])
    fresh.base = DesiredState()
    #expect(try scene.vault().readLive(fresh).objects == [VaultScene.folder: .absent])
    try scene.apply(["alice", "carol"])
    try scene.put("db", "hunter2")
    for (person, wanted) in [("alice", "hunter2"), ("carol", "hunter2"), ("bob", nil), ("eve", nil)] {
      #expect(try scene.stock(person, "db") == wanted, "\(person)")
    }
    #expect(try scene.faults() == [])
    #expect(try scene.live(["alice", "carol"]) == .present(scene.state(["alice", "carol"])))

    try scene.apply(["bob", "carol"])
    for (person, wanted) in [("alice", nil), ("carol", "hunter2"), ("bob", "hunter2"), ("eve", nil)] {
      #expect(try scene.stock(person, "db") == wanted, "\(person)")
    }
    #expect(try scene.live(["bob", "carol"]) == .present(scene.state(["bob", "carol"])))
  }

  @Test func `a lost reader makes what he could see due until it is replaced`() throws {
    let scene = try VaultScene()
    try scene.apply(["alice", "bob", "carol"])
    try scene.put("db", "one")
    try scene.put("api", "two")
    try scene.apply(["alice", "carol"])
    try scene.put("later", "three")
    let due = [SecretListing.Due(principal: "bob", since: VaultScene.now, reason: "no longer a reader")]
    var list = try scene.vault().list()
    #expect(list.map(\.name) == ["api", "db", "later"])
    #expect(list.map(\.due) == [due, due, []])

    var bytes = Array("four".utf8)
    try scene.vault(identity: nil).rotate(
      folder: "lab/basic", name: "db", value: Secret(taking: &bytes), by: "carol")
    #expect(bytes.isEmpty)
    list = try scene.vault().list(rotateEvery: ["lab/basic/api": WritPolicy.Duration(seconds: 0)])
    #expect(list.map(\.due) == [due, [], []])
    #expect(list.map(\.overdueSince) == [VaultScene.now, nil, nil])
    #expect(try scene.stock("alice", "db") == "four")
    #expect(try scene.vault().get(folder: "lab/basic", name: "db", identity: scene.identity("alice")).count == 4)
    #expect(throws: VaultError.self) {
      try scene.vault().get(folder: "lab/basic", name: "db", identity: scene.identity("bob"))
    }
    #expect(throws: VaultError.unknownSecret(folder: "lab/basic", name: "none")) {
      var bytes: [UInt8] = [1]
      try scene.vault().rotate(folder: "lab/basic", name: "none", value: Secret(taking: &bytes), by: "carol")
    }
  }

  @Test func `a folder that is no longer wanted keeps its secrets for the custodians`() throws {
    let scene = try VaultScene()
    try scene.apply(["alice", "carol"])
    try scene.put("db", "one")
    try scene.apply(nil)
    #expect(try scene.live([]) == .absent)
    #expect(try scene.stock("alice", "db") == nil)
    #expect(try scene.stock("carol", "db") == "one")
    #expect(try scene.vault().list().isEmpty)
    // Wanted again, it comes back with what it held and with what is due.
    try scene.apply(["bob", "carol"])
    #expect(try scene.stock("bob", "db") == "one")
    #expect(try scene.vault().list().first?.due.map(\.principal) == ["alice"])
  }

  @Test func `without a custodian who has a usable key nothing is taken away`() throws {
    let scene = try VaultScene()
    try scene.apply(["alice", "carol"])
    try scene.put("db", "one")
    let vault = AgeVault(
      try #require(VaultName(validating: "team")), path: scene.store, identity: scene.identity("carol"),
      signer: scene.signer, signers: scene.signers, custodians: ["carol ecdsa-sha2-nistp256 AAAA"], now: VaultScene.now)
    let reason = "nobody could read `lab/basic`: it would have no recipient"
    #expect(vault.readiness(of: try scene.change(nil)) == .blocked(reason))
    #expect(try scene.attempt(nil, with: vault).status == .failed(reason))
    #expect(try scene.stock("alice", "db") == "one")
  }

  @Test func `an empty folder that is no longer wanted goes`() throws {
    let scene = try VaultScene()
    try scene.apply(["alice", "carol"], with: scene.vault(identity: nil))
    try scene.apply(nil, with: scene.vault(identity: nil))
    #expect(try scene.live([]) == .absent)
    #expect(access(scene.file(".age-recipients"), F_OK) != 0)
    try scene.apply(nil)
  }

  @Test func `what is already so is not written again`() throws {
    let scene = try VaultScene()
    try scene.apply(["alice", "carol"])
    try scene.put("db", "one")
    let before = try scene.snapshot()
    try scene.apply(["alice", "carol"])
    #expect(try scene.faults() == [])
    #expect(try scene.snapshot() == before)
  }

  @Test func `without identity or signing key a change is blocked and says so`() throws {
    let scene = try VaultScene()
    let empty = try scene.change(["alice", "carol"])
    #expect(try scene.vault(identity: nil).readiness(of: empty) == .ready)
    #expect(
      try scene.vault(identity: nil, signs: false).readiness(of: empty)
        == .blocked("a key to sign the manifest with is needed"))
    try scene.apply(["alice", "carol"])
    try scene.put("db", "one")
    let change = try scene.change(["bob", "carol"])
    let blocked = Change.Readiness.blocked("a custodian's identity is needed: --identity FILE")
    #expect(try scene.vault(identity: nil).readiness(of: change) == blocked)
    #expect(try scene.vault().readiness(of: change) == .ready)
    let before = try scene.snapshot()
    #expect(
      try scene.attempt(["bob", "carol"], with: scene.vault(identity: nil)).status
        == .failed("a custodian's identity is needed: --identity FILE"))
    #expect(try scene.attempt([]).status == .failed("nobody could read `lab/basic`: it would have no recipient"))
    // Eve's key opens nothing, so nothing is lost by trying.
    if case .failed = try scene.attempt(["bob", "carol"], with: scene.vault(identity: "eve")).status {
    } else {
      Issue.record("a foreign identity changed readers")
    }
    #expect(try scene.snapshot() == before)
    guard case .blocked = try scene.vault().readiness(of: scene.change(nil)) else { return }
    Issue.record("removal is blocked")
  }

  @Test func `one failing folder does not stop the others`() throws {
    let scene = try VaultScene()
    let other = ObjectID(.folder, "lab/other")
    var statuses: [Bool] = []
    let wrong = Change(
      id: "c0001", target: .vault(try #require(VaultName(validating: "team"))), action: .create, phase: .grant,
      difference: .change, object: ObjectID(.folder, "../out"), before: nil, after: scene.state(["alice"]),
      causes: [Cause(.granted, "test")])
    try scene.vault().apply([wrong, scene.change(["alice", "carol"], other)]) {
      if case .ended(let result) = $0 {
        if case .ok = result.status { statuses.append(true) } else { statuses.append(false) }
      }
    }
    #expect(statuses == [false, true])
    #expect(access(scene.scratch.path + "/out", F_OK) != 0)
  }

  @Test func `the head of the ledger is left and read`() throws {
    let scene = try VaultScene()
    let vault = try scene.vault()
    #expect(try vault.readHead() == nil)
    let head = LedgerHead(origin: "lab.example.com/writ", size: 7, root: .init(of: "root"))
    try vault.leaveHead(head)
    #expect(try scene.vault(identity: nil, signs: false).readHead() == head)
    let before = try scene.snapshot()
    try vault.leaveHead(head)
    #expect(try scene.snapshot() == before)
  }
}
