import Testing
import WritSSHSignature
import WritSystem
import WritTestSupport

@Suite struct SigningTests {
  let message = Array("vault entry 7\n".utf8)

  @Test(arguments: [("ed25519", nil), ("ecdsa", 256), ("ecdsa", 521), ("rsa", 2048)] as [(String, Int?)])
  func `what a listed key signed verifies for its holder alone`(type: String, bits: Int?) throws {
    let scratch = try Scratch()
    let key = try SigningKey(path: throwAwayKey("alice", in: scratch, type: type, bits: bits))
    let other = try SigningKey(path: throwAwayKey("bob", in: scratch))
    let signers = try AllowedSigners([
      .init(principals: ["alice"], key: key.publicKey), .init(principals: ["bob"], key: other.publicKey),
    ])
    let signature = try key.sign(message, namespace: "writ-test-v1")
    let parsed = try signers.verify(message, signature: signature, principal: "alice", namespace: "writ-test-v1")
    #expect(parsed.key == key.publicKey)
    #expect(signers.principals(of: parsed.key) == ["alice"])
    #expect(throws: SignatureError.foreignKey(principal: "bob", key: key.publicKey)) {
      try signers.verify(message, signature: signature, principal: "bob", namespace: "writ-test-v1")
    }
    #expect(throws: SignatureError.unknownPrincipal("carol")) {
      try signers.verify(message, signature: signature, principal: "carol", namespace: "writ-test-v1")
    }
    #expect(throws: SignatureError.wrongNamespace(wanted: "writ-other-v1", found: "writ-test-v1")) {
      try signers.verify(message, signature: signature, principal: "alice", namespace: "writ-other-v1")
    }
    #expect {
      try signers.verify(message + [0], signature: signature, principal: "alice", namespace: "writ-test-v1")
    } throws: {
      if case SignatureError.notGood = $0 { true } else { false }
    }
  }

  @Test func `every flipped byte of a signature is found`() throws {
    let scratch = try Scratch()
    let key = try SigningKey(path: throwAwayKey("alice", in: scratch))
    let signers = try AllowedSigners([.init(principals: ["alice"], key: key.publicKey)])
    let signature = try key.sign(message, namespace: "writ-test-v1")
    var generator = SeededGenerator(seed: 7)
    for position in signature.indices where position % 7 == 0 {
      var damaged = signature
      damaged[position] ^= UInt8(1 << Int.random(in: 0..<7, using: &generator))
      // The final line feed alone says nothing.
      if position == signature.count - 1 { continue }
      #expect(throws: SignatureError.self, "byte \(position)") {
        try signers.verify(message, signature: damaged, principal: "alice", namespace: "writ-test-v1")
      }
    }
  }

  @Test func `a key limited to other namespaces does not count`() throws {
    let scratch = try Scratch()
    let key = try SigningKey(path: throwAwayKey("alice", in: scratch))
    let signers = try AllowedSigners([.init(principals: ["alice"], key: key.publicKey, namespaces: ["git"])])
    let signature = try key.sign(message, namespace: "writ-test-v1")
    #expect(throws: SignatureError.namespaceNotAllowed(principal: "alice", namespace: "writ-test-v1")) {
      try signers.verify(message, signature: signature, principal: "alice", namespace: "writ-test-v1")
    }
  }

  @Test func `dates count when a time is given and only then`() throws {
    let scratch = try Scratch()
    let key = try SigningKey(path: throwAwayKey("alice", in: scratch))
    let signers = try AllowedSigners([
      .init(principals: ["alice"], key: key.publicKey, validAfter: "20250101Z", validBefore: "20260101Z")
    ])
    let signature = try key.sign(message, namespace: "writ-test-v1")
    let newYear2026: Int64 = 1_767_225_600
    func verify(at seconds: Int64?) throws {
      try signers.verify(
        message, signature: signature, principal: "alice", namespace: "writ-test-v1", at: seconds)
    }
    try verify(at: nil)
    try verify(at: newYear2026 - 60)
    #expect(throws: SignatureError.self) { try verify(at: newYear2026 + 60) }
    #expect(throws: SignatureError.self) { try verify(at: newYear2026 - 366 * 86400) }
  }

  @Test func `a key in an agent signs by its public half`() throws {
    let scratch = try Scratch()
    let path = try throwAwayKey("alice", in: scratch)
    let socket = "\(scratch.path)/agent"
    let agent = try Program("/usr/bin/ssh-agent", ["-a", socket]).run()
    let pid = try #require(agent.outputText.split(separator: "SSH_AGENT_PID=").last?.split(separator: ";").first)
    defer { _ = try? Program("/usr/bin/kill", [String(pid)]).run() }
    var environment = Program.plainEnvironment
    environment["SSH_AUTH_SOCK"] = socket
    #expect(try Program("/usr/bin/ssh-add", ["-q", path], environment: environment).run().succeeded)
    let bytes = try FileContents.read(path + ".pub")
    try FileContents.replace("\(scratch.path)/alone.pub", with: bytes, mode: 0o644)
    let key = try SigningKey(path: "\(scratch.path)/alone.pub", agentSocket: socket)
    let signers = try AllowedSigners([.init(principals: ["alice"], key: key.publicKey)])
    let signature = try key.sign(message, namespace: "writ-test-v1")
    try signers.verify(message, signature: signature, principal: "alice", namespace: "writ-test-v1")
    let without = try SigningKey(path: "\(scratch.path)/alone.pub")
    #expect(throws: SignatureError.self) { try without.sign(message, namespace: "writ-test-v1") }
  }

  @Test func `a key under a passphrase is refused without waiting for one`() throws {
    let scratch = try Scratch()
    let path = "\(scratch.path)/locked"
    _ = try Program("/usr/bin/ssh-keygen", ["-q", "-t", "ed25519", "-N", "opensesame", "-f", path]).run()
    #expect(throws: SignatureError.self) { try SigningKey(path: path) }
  }
}
