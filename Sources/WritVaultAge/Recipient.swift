internal import WritDigest
internal import WritSSHSignature

/// Somebody's key that secrets are encrypted to: `PRINCIPAL KEYTYPE BASE64`.
struct Recipient: Hashable, Sendable, Comparable, CustomStringConvertible {
  let principal: String
  let key: PublicKey

  /// Key types that age can encrypt to (age(1)); ecdsa and security keys sign only.
  static let usableTypes: Set<String> = ["ssh-ed25519", "ssh-rsa"]

  init(_ text: String) throws(VaultError) {
    let halves = text.split(separator: " ", maxSplits: 1)
    guard halves.count == 2, FolderPath.isComponent(String(halves[0])), let key = PublicKey(halves[1]),
      Self.usableTypes.contains(key.type)
    else { throw .unusableRecipient(visible(text)) }
    principal = String(halves[0])
    self.key = key
  }

  static func all(_ texts: [String]) throws(VaultError) -> [Recipient] {
    var recipients: Set<Recipient> = []
    for text in texts { recipients.insert(try Recipient(text)) }
    return recipients.sorted()
  }

  var description: String { "\(principal) \(key)" }

  /// What an age header shows of the key: its type and the first four bytes of SHA-256 of its wire encoding.
  var stanza: AgeHeader.Stanza {
    AgeHeader.Stanza(
      type: key.type, tag: Base64.encoded(Array(Digest(of: key.wire).bytes.prefix(4)), padded: false))
  }

  static func < (a: Recipient, b: Recipient) -> Bool { a.description < b.description }
}

extension [Recipient] {
  var principals: Set<String> { Set(map(\.principal)) }

  /// A file for `age -R`, and for passage: one key a line, named by a comment above it.
  var file: [UInt8] { [UInt8](map { "# \($0.principal)\n\($0.key)\n" }.joined().utf8) }
}
