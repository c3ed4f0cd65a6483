import Testing
import WritSSHSignature
import WritTestSupport

private let keyA = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f"
private let keyB = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8g"

@Suite struct AllowedSignersTests {
  @Test func `what is written reads back equal`() throws {
    let text = """
      # who may sign

      alice,alice@example.org namespaces="git,writ-ledger-v1",valid-after="20250101",valid-before="20260101120000Z" \(keyA)
      bob \(keyB) bob at home
      """
    let signers = try AllowedSigners(reading: Array(text.utf8))
    #expect(signers.entries.map(\.principals) == [["alice", "alice@example.org"], ["bob"]])
    #expect(signers.entries[0].namespaces == ["git", "writ-ledger-v1"])
    #expect(signers.entries[0].validAfter == "20250101")
    #expect(signers.entries[0].validBefore == "20260101120000Z")
    #expect(try AllowedSigners(reading: Array(signers.text.utf8)) == signers)
  }

  @Test(arguments: [
    ("a pattern", "* \(keyA)"), ("a pattern within", "p?ter \(keyA)"), ("a negated name", "alice,!bob \(keyA)"),
    ("an authority", "alice cert-authority \(keyA)"), ("an unknown option", "alice no-touch=\"1\" \(keyA)"),
    ("an option without quotes", "alice namespaces=git \(keyA)"),
    ("an option twice", "alice namespaces=\"a\",namespaces=\"b\" \(keyA)"),
    ("a namespace pattern", "alice namespaces=\"writ-*\" \(keyA)"),
    ("an empty namespace", "alice namespaces=\"\" \(keyA)"),
    ("no date", "alice valid-before=\"soon\" \(keyA)"), ("a name alone", "alice"), ("no key", "alice ssh-ed25519"),
    ("a damaged key", "alice \(keyA.dropLast())"), ("the wrong type", "alice ssh-rsa \(keyA.split(separator: " ")[1])"),
    ("an empty name", "alice,, \(keyA)"), ("a key twice", "alice \(keyA)\nbob \(keyA)"),
    ("a carriage return", "alice \(keyA) home\r\nbob \(keyB)"),
  ])
  func `a line that OpenSSH would read otherwise or skip is an error`(name: String, text: String) throws {
    #expect(throws: AllowedSigners.ReadingError.self, "\(name)") {
      try AllowedSigners(reading: Array(text.utf8))
    }
  }

  @Test func `base64 is read in one spelling only`() {
    var generator = SeededGenerator(seed: 3)
    for length in 0..<40 {
      let bytes = (0..<length).map { _ in UInt8.random(in: 0...255, using: &generator) }
      #expect(Base64.decoded(Base64.encoded(bytes).utf8) == bytes)
      #expect(Base64.decoded(Base64.encoded(bytes, padded: false).utf8, padded: false) == bytes)
    }
    #expect(Base64.encoded(Array("writ".utf8)) == "d3JpdA==")
    for wrong in ["d3JpdA", "d3JpdA=", "d3JpdB==", "d3Jp dA==", "=", "d3JpdA==d3JpdA==", "d3JpdA==="] {
      #expect(Base64.decoded(wrong.utf8) == nil, "\(wrong)")
    }
  }
}
