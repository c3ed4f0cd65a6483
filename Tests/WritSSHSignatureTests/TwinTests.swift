import Glibc
import Testing
import WritSSHSignature
import WritSystem
import WritTestSupport

/// Two implementations, one answer: what is verified in this process is compared with `ssh-keygen -Y verify`.
///
/// Whatever is accepted here must be accepted there, always. The other way round there are exceptions, each with its reason.
@Suite struct TwinTests {
  /// Of the bytes of a signature every n-th is changed; `make proofs` takes them all.
  static let stride = getenv("WRIT_PROOFS") == nil ? 16 : 1
  let message = Array("entry 7\n".utf8)

  @Test(arguments: SoftwareKey.Kind.allCases)
  func `a good signature of every kind of key`(kind: SoftwareKey.Kind) throws {
    let twin = try KeygenTwin()
    let key = try SoftwareKey(kind)
    var shapes = [SoftwareKey.Shape(), .with { $0.hash = "sha256" }]
    if kind == .rsa { shapes.append(.with { $0.algorithm = "rsa-sha2-256" }) }
    if kind.isSecurityKey {
      shapes += [.with { $0.flags = 5 }, .with { $0.flags = 0 }, .with { $0.counter = 1 << 31 }]
    }
    for shape in shapes {
      let armour = SoftwareKey.armoured(try key.blob(over: message, shape))
      #expect(weAccept(message, armour: armour, key: try key.wire, type: kind.rawValue), "\(shape)")
      #expect(try twin.accepts(message, armour: armour, key: key.wire, type: kind.rawValue), "\(shape)")
      #expect(try SSHSignature(armour: armour).flags == (kind.isSecurityKey ? shape.flags : nil))
    }
  }

  @Test(arguments: SoftwareKey.Kind.allCases)
  func `changed bytes of signature, message, key and namespace`(kind: SoftwareKey.Kind) throws {
    let twin = try KeygenTwin()
    let key = try SoftwareKey(kind)
    let wire = try key.wire
    let blob = try key.blob(over: message)
    var generator = SeededGenerator(seed: 11)
    func compare(_ what: String, _ message: [UInt8], _ blob: [UInt8], _ wire: [UInt8], _ namespace: String) throws {
      let armour = SoftwareKey.armoured(blob)
      let ours = weAccept(message, armour: armour, key: wire, type: kind.rawValue, namespace: namespace)
      let theirs = try twin.accepts(message, armour: armour, key: wire, type: kind.rawValue, namespace: namespace)
      // Version 0 was never in use; ssh-keygen looks only whether the version is too new.
      let isOldVersion = blob[9] == 0
      #expect(!ours && (theirs == ours || isOldVersion), "\(what): \(ours), ssh-keygen \(theirs)")
    }
    func changed(_ bytes: [UInt8], at position: Int) -> [UInt8] {
      var bytes = bytes
      bytes[position] ^= 1 << UInt8.random(in: 0..<8, using: &generator)
      return bytes
    }
    let first = Int.random(in: 0..<Self.stride, using: &generator)
    for position in Swift.stride(from: first, to: blob.count, by: Self.stride) {
      try compare("signature byte \(position)", message, changed(blob, at: position), wire, "writ-test-v1")
    }
    for position in Swift.stride(from: first % 4, to: wire.count, by: Self.stride * 2) {
      try compare("key byte \(position)", message, blob, changed(wire, at: position), "writ-test-v1")
    }
    for position in Swift.stride(from: 0, to: message.count, by: min(Self.stride, 3)) {
      try compare("message byte \(position)", changed(message, at: position), blob, wire, "writ-test-v1")
    }
    let namespace = Array("writ-test-v1".utf8)
    for position in Swift.stride(from: 0, to: namespace.count, by: min(Self.stride, 5)) {
      // A letter stays a letter, or ssh-keygen would refuse its argument rather than the signature.
      var other = namespace
      other[position] = other[position] == UInt8(ascii: "x") ? UInt8(ascii: "y") : UInt8(ascii: "x")
      try compare("namespace", message, blob, wire, String(decoding: other, as: UTF8.self))
    }
  }

  struct Odd: Sendable, CustomTestStringConvertible {
    var name: String
    var kind = SoftwareKey.Kind.ed25519
    /// Why ssh-keygen takes it and we do not; nil: neither does.
    var onlyThere: String?
    var shape: SoftwareKey.Shape
    var testDescription: String { name }
  }

  static let odd: [Odd] = [
    Odd(name: "version 2", shape: .with { $0.version = 2 }),
    Odd(name: "version 0", onlyThere: "only versions that are too new are refused", shape: .with { $0.version = 0 }),
    Odd(name: "no namespace", shape: .with { $0.namespace = "" }),
    Odd(name: "another namespace", shape: .with { $0.namespace = "git" }),
    Odd(name: "sha1 of the message", shape: .with { $0.hash = "sha1" }),
    Odd(name: "sha384 of the message", shape: .with { $0.hash = "sha384" }),
    Odd(name: "bytes after the end", shape: .with { $0.trailing = [0] }),
    Odd(name: "bytes after the proof", shape: .with { $0.innerTrailing = [0] }),
    Odd(
      name: "bytes after a security key's counter", kind: .securityEd25519, shape: .with { $0.innerTrailing = [0] }),
    Odd(
      name: "a reserved field that is not signed", onlyThere: "the field is passed over",
      shape: .with { $0.reserved = [1] }),
    Odd(name: "a reserved field", shape: .with { ($0.reserved, $0.signedReserved) = ([1], [1]) }),
    Odd(name: "an RSA signature with SHA-1", kind: .rsa, shape: .with { $0.algorithm = "ssh-rsa" }),
    Odd(name: "an algorithm for another key", shape: .with { $0.algorithm = "sk-ssh-ed25519@openssh.com" }),
    Odd(name: "an algorithm for another curve", kind: .p256, shape: .with { $0.algorithm = "ecdsa-sha2-nistp384" }),
    Odd(name: "an RSA signature a byte short", kind: .rsa, shape: .with { $0.bend = { Array($0.dropFirst()) } }),
    Odd(name: "an RSA signature a byte long", kind: .rsa, shape: .with { $0.bend = { [0] + $0 } }),
    Odd(name: "an ed25519 signature a byte short", shape: .with { $0.bend = { Array($0.dropLast()) } }),
    Odd(
      name: "ed25519 with the order added to its scalar", onlyThere: "only the scalar's upper bits are looked at",
      shape: .with { $0.bend = withOrderAdded }),
    Odd(
      name: "ecdsa with zeros before its numbers", kind: .p256, onlyThere: "superfluous zeros are dropped",
      shape: .with { $0.bend = withZeros }),
    Odd(
      name: "ecdsa with nothing for numbers", kind: .p256,
      shape: .with { $0.bend = { _ in [0, 0, 0, 0, 0, 0, 0, 0] } }),
    Odd(
      name: "a security key's ecdsa with bytes after it", kind: .securityP256, shape: .with { $0.bend = { $0 + [0] } }),
  ]

  @Test(arguments: odd) func `a signature that nobody should make`(odd: Odd) throws {
    let twin = try KeygenTwin()
    let key = try SoftwareKey(odd.kind)
    let armour = SoftwareKey.armoured(try key.blob(over: message, odd.shape))
    #expect(!weAccept(message, armour: armour, key: try key.wire, type: odd.kind.rawValue))
    let theirs = try twin.accepts(message, armour: armour, key: key.wire, type: odd.kind.rawValue)
    #expect(theirs == (odd.onlyThere != nil), "ssh-keygen: \(theirs)")
  }

  @Test func `keys too weak or not on their curve`() throws {
    let weak = try SoftwareKey(.rsa, bits: 1024)
    let armour = SoftwareKey.armoured(try weak.blob(over: message))
    #expect(!weAccept(message, armour: armour, key: try weak.wire, type: "ssh-rsa"))
    let point = try SoftwareKey(.p256)
    let good = try point.wire
    var wire = good
    wire[wire.count - 1] ^= 1
    let proof = try point.blob(over: message)
    let start = try #require(proof.indices.first { proof[$0...].starts(with: good) })
    let moved = SoftwareKey.armoured(Array(proof[..<start]) + wire + proof[(start + wire.count)...])
    let signers = try AllowedSigners(reading: Array("alice ecdsa-sha2-nistp256 \(Base64.encoded(wire))\n".utf8))
    #expect {
      try signers.verify(message, signature: moved, principal: "alice", namespace: "writ-test-v1")
    } throws: {
      if case SignatureError.library = $0 { true } else { false }
    }
    #expect(try !KeygenTwin().accepts(message, armour: moved, key: wire, type: "ecdsa-sha2-nistp256"))
    // A failure leaves nothing behind that the next verification could trip over.
    #expect(weAccept(message, armour: SoftwareKey.armoured(proof), key: good, type: "ecdsa-sha2-nistp256"))
  }

  @Test func `armour that ssh-keygen reads past`() throws {
    let twin = try KeygenTwin()
    let key = try SoftwareKey(.ed25519)
    let good = String(decoding: SoftwareKey.armoured(try key.blob(over: message)), as: UTF8.self)
    for (name, text, theirs) in [
      ("nothing odd", good, true), ("no line feed at the end", String(good.dropLast()), true),
      ("a blank within", good.replacing("SIGNATURE-----\nU1NI", with: "SIGNATURE-----\nU1N I"), true),
      ("an empty line", good.replacing("SIGNATURE-----\nU1NI", with: "SIGNATURE-----\n\nU1NI"), true),
      ("text after the end", good + "and more\n", true), ("text before", "x\n" + good, false),
      ("no end", String(good.dropLast(20)), false),
      ("carriage returns", good.replacing("\n", with: "\r\n"), false),
    ] {
      let ours = name == "nothing odd" || name == "no line feed at the end"
      #expect(
        weAccept(message, armour: Array(text.utf8), key: try key.wire, type: "ssh-ed25519") == ours, "\(name)")
      #expect(
        try twin.accepts(message, armour: Array(text.utf8), key: key.wire, type: "ssh-ed25519") == theirs, "\(name)")
    }
  }
}

/// S + L in place of S: the same equation holds, and the signature has other bytes (RFC 8032 §5.1.7 demands S < L).
private func withOrderAdded(_ proof: [UInt8]) -> [UInt8] {
  let order: [UInt8] =
    [
      0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde, 0x14,
    ] + [UInt8](repeating: 0, count: 15) + [0x10]
  var out = proof
  var carry = 0
  for index in 0..<32 {
    carry += Int(proof[32 + index]) + Int(order[index])
    out[32 + index] = UInt8(carry & 0xff)
    carry >>= 8
  }
  return out
}

/// Both mpints with a zero byte more than they need.
private func withZeros(_ proof: [UInt8]) -> [UInt8] {
  var rest = proof[...]
  var out: [UInt8] = []
  while !rest.isEmpty {
    let length = rest.prefix(4).reduce(0) { $0 << 8 | Int($1) }
    out += SoftwareKey.string([0] + rest.dropFirst(4).prefix(length))
    rest = rest.dropFirst(4 + length)
  }
  return out
}
