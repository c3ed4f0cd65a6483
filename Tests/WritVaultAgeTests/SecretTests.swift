import Testing
import WritApply
import WritDigest
import WritPlan
import WritSystem
import WritTestSupport

@testable import WritVaultAge

@Suite struct SecretTests {
  private let marker = "correct-horse-battery-staple"

  @Test func `a secret shows itself nowhere`() throws {
    var bytes = Array(marker.utf8)
    let secret = Secret(taking: &bytes)
    var dumped = ""
    dump(secret, to: &dumped)
    dump((secret, [secret]), to: &dumped)
    for text in [
      dumped, "\(secret)", String(reflecting: secret), String(describing: Mirror(reflecting: secret).children.count),
    ] {
      #expect(!text.contains("horse") && !text.contains("\(Array(marker.utf8).prefix(3))"))
    }
    #expect(secret.withBytes { Array($0) } == Array(marker.utf8))
    #expect(bytes.isEmpty)
  }

  @Test func `no error and no result holds a value`() throws {
    let scene = try VaultScene()
    try scene.apply(["alice", "carol"])
    try scene.put("db", marker)
    var texts: [String] = []
    do { _ = try scene.vault().get(folder: "lab/basic", name: "db", identity: scene.identity("eve")) } catch {
      texts += ["\(error)", AgeVault.text(error)]
    }
    texts.append("\(try scene.attempt(["bob", "carol"], with: scene.vault(identity: "eve")))")
    // A plain text left in place of a file, as a hand would leave it.
    try FileContents.replace(scene.file("db.age"), with: Array(marker.utf8), mode: 0o644)
    texts.append("\(try scene.attempt(["bob", "carol"]))")
    texts.append("\(String(describing: try scene.live(["alice", "carol"])))")
    #expect(texts.count == 5)
    for text in texts { #expect(!text.contains("horse"), "\(text)") }
  }

  @Test func `a secret over the limit is refused and nothing is written`() throws {
    let scene = try VaultScene()
    try scene.apply(["alice", "carol"])
    let before = try scene.snapshot()
    var bytes = [UInt8](repeating: 7, count: AgeProgram.secretLimit + 1)
    #expect(throws: VaultError.tooLarge(limit: AgeProgram.secretLimit)) {
      try scene.vault().put(folder: "lab/basic", name: "db", value: Secret(taking: &bytes), by: "carol")
    }
    #expect(throws: VaultError.unknownFolder("lab/none")) {
      var bytes: [UInt8] = [1]
      try scene.vault().put(folder: "lab/none", name: "db", value: Secret(taking: &bytes), by: "carol")
    }
    #expect(try scene.snapshot() == before)
  }

  @Test(arguments: [
    "alice", "alice ssh-ed25519", "alice ecdsa-sha2-nistp256 AAAA", "alice ssh-ed25519 AAAA", "../x y z",
  ])
  func `a key that age cannot encrypt to is refused`(text: String) {
    #expect(throws: VaultError.self) { try Recipient(text) }
  }
}

@Suite struct AgeHeaderTests {
  @Test func `the keys of a header are read, and what is no header is none`() throws {
    let scene = try VaultScene(types: ["bob": "rsa"])
    try scene.apply(["alice", "bob", "carol"])
    try scene.put("db", "one")
    let bytes = try FileContents.read(scene.file("db.age"))
    let people = try Recipient.all(["alice", "bob", "carol"].map(scene.recipient))
    #expect(Set(try #require(AgeHeader(bytes)).stanzas) == Set(people.map(\.stanza)))
    let end = try #require(bytes.firstIndex { $0 > 0x7e } ?? bytes.indices.last)
    for length in stride(from: 0, to: end - 60, by: 7) { #expect(AgeHeader(Array(bytes.prefix(length))) == nil) }
  }

  static let vectors = "../shared/data/age/testdata"
  static let names: [String] =
    (try? Program("/usr/bin/ls", [vectors], workingDirectory: nil).run())?.outputText.split(separator: "\n").map(
      String.init) ?? []

  @Test(.enabled(if: !names.isEmpty, "needs ../shared/data/age"))
  func `every published file that decrypts has a header, and no damaged one stops the reader`() throws {
    var read = 0
    for name in Self.names {
      let bytes = try FileContents.read("\(Self.vectors)/\(name)")
      let text = String(decoding: bytes.prefix(2000), as: UTF8.self)
      guard let start = (1..<bytes.count).first(where: { bytes[$0] == 10 && bytes[$0 - 1] == 10 }) else { continue }
      let header = AgeHeader(Array(bytes[(start + 1)...]))
      guard text.contains("expect: success"), !text.contains("armored: "), !text.contains("compressed: ") else {
        continue
      }
      #expect(header != nil, "\(name)")
      read += 1
    }
    #expect(read >= 10)
  }
}
