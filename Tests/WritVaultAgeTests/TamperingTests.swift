import Glibc
import Testing
import WritApply
import WritDigest
import WritPlan
import WritPolicy
import WritSSHSignature
import WritSystem
import WritTestSupport

@testable import WritVaultAge

@Suite struct TamperingTests {
  /// `lab/basic` with `db` = one and `api` = two, read by alice and carol.
  private func scene() throws -> VaultScene {
    let scene = try VaultScene()
    try scene.apply(["alice", "carol"])
    try scene.put("db", "one")
    try scene.put("api", "two")
    return scene
  }

  private func due(_ scene: VaultScene) throws -> [String: [String]] {
    Dictionary(uniqueKeysWithValues: try scene.vault().list().map { ($0.name, $0.due.map(\.reason)) })
  }

  @Test func `a foreign key in a file is found, taken out and makes the secret due`() throws {
    let scene = try scene()
    try scene.encryptByHand("one", to: ["alice", "carol", "eve"], "db")
    #expect(try scene.stock("eve", "db") == "one")
    let faults = try scene.faults()
    #expect(faults.contains { $0.hasPrefix("- db.age is encrypted to a foreign key: ssh-ed25519 ") }, "\(faults)")
    #expect(try scene.vault(identity: nil).readiness(of: scene.change(["alice", "carol"])) != .ready)
    try scene.apply(["alice", "carol"])
    #expect(try scene.stock("eve", "db") == nil)
    #expect(try scene.stock("alice", "db") == "one")
    #expect(try scene.faults() == [])
    #expect(try due(scene) == ["db": ["changed outside writ"], "api": []])
  }

  @Test func `a foreign key in the recipients file is found and taken out without any identity`() throws {
    let scene = try scene()
    let path = scene.file(".age-recipients")
    let secret = try FileContents.read(scene.file("db.age"))
    let bytes = try FileContents.read(path) + Array("\(scene.key("eve")) eve\n".utf8)
    try FileContents.replace(path, with: bytes, mode: 0o644)
    #expect(try scene.faults() == ["- .age-recipients lists a foreign key: \(scene.key("eve"))"])
    try scene.apply(["alice", "carol"], with: scene.vault(identity: nil))
    #expect(try scene.faults() == [])
    #expect(!String(decoding: try FileContents.read(path), as: UTF8.self).contains(scene.key("eve")))
    #expect(try FileContents.read(scene.file("db.age")) == secret)
  }

  @Test func `a value is put for the readers of the manifest, not of an edited recipients file`() throws {
    let scene = try scene()
    try FileContents.replace(
      scene.file(".age-recipients"), with: Array("\(scene.key("eve"))\n".utf8), mode: 0o644)
    try scene.put("new", "three")
    #expect(try scene.stock("eve", "new") == nil)
    #expect(try scene.stock("alice", "new") == "three")
  }

  @Test func `swapped files are found and put back by their digests`() throws {
    let scene = try scene()
    let (db, api) = (scene.file("db.age"), scene.file("api.age"))
    #expect(rename(db, db + "x") == 0 && rename(api, db) == 0 && rename(db + "x", api) == 0)
    #expect(
      try scene.faults() == [
        "+ api.age is not the file that the manifest lists", "+ db.age is not the file that the manifest lists",
      ])
    #expect(throws: VaultError.changedOutside(folder: "lab/basic", name: "db")) {
      try scene.vault().get(folder: "lab/basic", name: "db", identity: scene.identity("alice"))
    }
    try scene.apply(["alice", "carol"], with: scene.vault(identity: nil))
    #expect(try scene.faults() == [])
    #expect(try scene.stock("alice", "db") == "one")
    #expect(try scene.stock("alice", "api") == "two")
    #expect(try due(scene) == ["db": [], "api": []])
  }

  @Test func `an older file put back, a file of one's own and a missing one are found`() throws {
    let scene = try scene()
    let old = try FileContents.read(scene.file("db.age"))
    try scene.put("db", "newer")
    try FileContents.replace(scene.file("db.age"), with: old, mode: 0o644)
    try scene.encryptByHand("mine", to: ["alice", "carol"], "own")
    unlink(scene.file("api.age"))
    #expect(
      try scene.faults() == [
        "+ api.age is missing", "+ db.age is not the file that the manifest lists", "+ own.age is not in the manifest",
      ])
    try scene.apply(["alice", "carol"])
    #expect(try scene.faults() == [])
    #expect(try due(scene) == ["db": ["changed outside writ"], "own": ["changed outside writ"]])
  }

  @Test func `a link in place of a file or folder is not followed`() throws {
    let scene = try scene()
    let outside = scene.scratch.path + "/outside"
    mkdir(outside, 0o755)
    try FileContents.replace(outside + "/x.age", with: Array("precious".utf8), mode: 0o644)
    let saved = try scene.snapshot(outside)
    unlink(scene.file("db.age"))
    symlink(outside + "/x.age", scene.file("db.age"))
    #expect(try scene.faults() == ["- db.age is no regular file, or too large"])
    if case .failed = try scene.attempt(["bob", "carol"]).status {} else { Issue.record("worked on a link") }
    // The folder itself swapped for a link.
    #expect(rename(scene.store + "/lab/basic", scene.store + "/lab/gone") == 0)
    symlink(outside, scene.store + "/lab/basic")
    guard case .unknown? = try scene.live(["alice", "carol"]) else {
      Issue.record("a linked folder was read")
      return
    }
    if case .failed = try scene.attempt(["bob", "carol"]).status {} else { Issue.record("worked through a link") }
    #expect(try scene.snapshot(outside) == saved)
  }

  @Test(arguments: [
    "", "..", "../x", "a/../b", "/etc", "a//b", ".writ", "a/.git", ".git", "a/", "a b", "a\nb", "-x", "lab/b\u{e9}",
  ])
  func `names that lead elsewhere are refused`(name: String) throws {
    #expect(throws: VaultError.self) { try FolderPath(name) }
    #expect(throws: VaultError.self) { try FolderPath.check(secret: name) }
  }

  @Test func `a changed byte of manifest or signature is found`() throws {
    let scene = try scene()
    let before = try scene.vault().version()
    var generator = SeededGenerator(seed: 11)
    for name in ["manifest.json", "manifest.json.sig"] {
      let path = "\(scene.store)/.writ/\(name)"
      let good = try FileContents.read(path)
      for position in stride(from: 0, to: good.count, by: max(1, good.count / 24)) {
        var bad = good
        bad[position] ^= UInt8(1 << Int.random(in: 0..<7, using: &generator))
        try FileContents.replace(path, with: bad, mode: 0o644)
        #expect(throws: VaultError.self, "\(name) byte \(position)") { try scene.vault().version() }
      }
      try FileContents.replace(path, with: good, mode: 0o644)
    }
    #expect(try scene.vault().version() == before)
  }

  @Test(arguments: ["edited", "signed by eve", "gone", "unsigned", "another vault's", "rolled back"])
  func `a manifest that does not count is a fault, and an apply starts a new one`(how: String) throws {
    let scene = try scene()
    let manifest = scene.store + "/.writ/manifest.json"
    let signature = manifest + ".sig"
    try scene.copyStore(to: "older")
    try scene.put("db", "newer")
    let version = try #require(try scene.vault().version())
    var bytes = try FileContents.read(manifest)
    switch how {
    case "edited":
      bytes[bytes.count / 2] ^= 1
      try FileContents.replace(manifest, with: bytes, mode: 0o644)
    case "signed by eve":
      let made = try SigningKey(path: scene.identity("eve")).sign(bytes, namespace: "writ-vault-v1")
      try FileContents.replace(signature, with: made, mode: 0o644)
    case "gone":
      unlink(manifest)
      unlink(signature)
    case "unsigned": unlink(signature)
    case "another vault's":
      var other = try #require(Manifest(bytes))
      other.vault = "else"
      try FileContents.replace(manifest, with: other.bytes, mode: 0o644)
      let made = try scene.signer.key.sign(other.bytes, namespace: "writ-vault-v1")
      try FileContents.replace(signature, with: made, mode: 0o644)
    default: try scene.restoreStore(from: "older")
    }
    let faults = try scene.faults(with: scene.vault(remembered: version))
    #expect(faults.first?.hasPrefix("- the manifest") == true, "\(faults)")
    var value = Array("x".utf8)
    #expect(throws: VaultError.self) {
      try scene.vault(remembered: version).put(
        folder: "lab/basic", name: "db", value: Secret(taking: &value), by: "carol")
    }
    try scene.apply(["alice", "carol"], with: scene.vault(remembered: version))
    #expect(try scene.faults(with: scene.vault(remembered: version + 1)) == [])
    #expect(try scene.stock("alice", "api") == "two")
    #expect(try due(scene).values.allSatisfy { $0 == ["no manifest vouched for it"] })
  }

  @Test func `a folder left out of a new manifest stays a fault until it is repaired too`() throws {
    let scene = try scene()
    let other = ObjectID(.folder, "lab/other")
    try scene.apply(["alice", "carol"], other)
    unlink(scene.store + "/.writ/manifest.json.sig")
    try scene.apply(["alice", "carol"])
    #expect(
      try scene.live(["alice", "carol"], other)?.state?.list("faults") == ["- the folder is not in the manifest"])
    try scene.apply(["alice", "carol"], other)
    #expect(try scene.live(["alice", "carol"], other) == .present(scene.state(["alice", "carol"])))
  }

  @Test func `files that writ did not make are foreign`() throws {
    let scene = try VaultScene()
    mkdir(scene.store, 0o755)
    mkdir(scene.store + "/lab", 0o755)
    mkdir(scene.store + "/lab/basic", 0o755)
    try scene.encryptByHand("one", to: ["alice"], "db")
    var scope = scene.scope(["alice", "carol"])
    scope.owned = []
    scope.base = DesiredState()
    guard case .foreign? = try scene.vault().readLive(scope).objects[VaultScene.folder] else {
      Issue.record("not foreign")
      return
    }
  }
}
