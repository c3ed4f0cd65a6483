import Glibc
import Testing
import WritSSHSignature
import WritTestSupport

/// The readers of what strangers write, on input that was bent at random: nothing crashes, and what is read is what was written.
@Suite struct ReaderFuzzTests {
  /// `make proofs` takes 200,000.
  static let rounds = Int(getenv("WRIT_FUZZ").map { String(cString: $0) } ?? "") ?? 3000

  @Test func `signatures`() throws {
    var generator = SeededGenerator(seed: 31)
    let message = Array("entry 7\n".utf8)
    let seeds = try SoftwareKey.Kind.allCases.map { kind in
      let key = try SoftwareKey(kind)
      return (key: try key.wire, kind: kind, blob: try key.blob(over: message))
    }
    var readable = 0
    for round in 0..<Self.rounds {
      let seed = seeds[round % seeds.count]
      let blob = generator.bent(seed.blob)
      let asBlob = try? SSHSignature(blob: blob)
      let asArmour = try? SSHSignature(armour: SoftwareKey.armoured(blob))
      // Nothing but its size sets the armoured form apart.
      #expect(asBlob == asArmour || SoftwareKey.armoured(blob).count > SSHSignature.armourLimit, "round \(round)")
      if let asBlob {
        readable += 1
        #expect(PublicKey(wire: asBlob.key.wire) == asBlob.key)
        #expect(PublicKey(asBlob.key.description) == asBlob.key)
      }
      let isWhole = blob == seed.blob
      let accepted = weAccept(message, armour: SoftwareKey.armoured(blob), key: seed.key, type: seed.kind.rawValue)
      #expect(accepted == isWhole, "round \(round): \(seed.kind)")
      let armour = generator.bent(SoftwareKey.armoured(seed.blob))
      if let signature = try? SSHSignature(armour: armour) {
        let lines = String(decoding: armour, as: UTF8.self).split(separator: "\n")
        let inside = Base64.decoded(lines.dropFirst().dropLast().joined().utf8)
        #expect(inside.flatMap { try? SSHSignature(blob: $0) } == signature, "round \(round)")
      }
    }
    #expect(readable > Self.rounds / 10, "or the bending goes too far to say anything")
  }

  @Test func `lists of signers`() throws {
    var generator = SeededGenerator(seed: 32)
    let keys = try [SoftwareKey.Kind.ed25519, .p256, .securityEd25519].map {
      "\($0.rawValue) \(Base64.encoded(try SoftwareKey($0).wire))"
    }
    let text = """
      # signers
      li.na,ci-applier namespaces="writ-ledger-v1,git",valid-after="20250101" \(keys[0]) at home
      chen.bo \(keys[1])

      wang.fang\tvalid-before="20300101Z" \(keys[2])
      """
    var readable = 0
    for round in 0..<Self.rounds {
      let bytes = generator.bent(Array(text.utf8))
      guard let signers = try? AllowedSigners(reading: bytes) else { continue }
      readable += 1
      #expect(try AllowedSigners(reading: Array(signers.text.utf8)) == signers, "round \(round)")
      for entry in signers.entries {
        #expect(entry.principals.allSatisfy { !$0.contains("*") && !$0.contains("?") && !$0.contains("!") })
        #expect(signers.principals(of: entry.key) == entry.principals)
      }
    }
    #expect(readable > Self.rounds / 20)
  }

  @Test func `numbers of the wire are read in one spelling and within their bounds`() {
    for (length, count) in [(0xffff_ffff, 0), (0x7fff_ffff, 3), (5, 4), (1, 0)] {
      let bytes = SoftwareKey.number(length) + [UInt8](repeating: 0x61, count: count)
      #expect(PublicKey(wire: bytes) == nil)
      #expect(throws: SignatureError.self) { try SSHSignature(blob: Array("SSHSIG".utf8) + [0, 0, 0, 1] + bytes) }
    }
  }
}
