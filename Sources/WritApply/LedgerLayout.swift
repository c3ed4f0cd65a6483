internal import WritDigest
public import WritPolicy
public import WritSSHSignature

/// Where everything lies in the ledger's tree (design §9), so that a copied folder verifies without git.
enum LedgerLayout {
  static let about = "writ-ledger.json"
  static let checkpoint = "checkpoint"
  static let checkpointSignature = "checkpoint.sig"
  static let signers = "signers/allowed_signers"
  /// SSHSIG namespace of entries and checkpoints.
  static let namespace = "writ-ledger-v1"
  static let format = "writ-ledger-v1"
  /// Eight digits name an entry.
  static let entryLimit = 100_000_000

  /// `entries/0000/12/00001234.json`
  static func entry(_ sequence: Int) -> String {
    "entries/\(padded(sequence / 10_000, 4))/\(padded(sequence / 100 % 100, 2))/\(padded(sequence, 8)).json"
  }

  static func signature(_ sequence: Int) -> String { entry(sequence) + ".sig" }

  static func plan(_ digest: Digest) -> String { "plans/\(digest.hex).json" }

  private static func padded(_ number: Int, _ width: Int) -> String {
    let digits = String(number)
    return String(repeating: "0", count: max(0, width - digits.count)) + digits
  }

  /// The file that says which ledger this is.
  static func aboutFile(origin: String, genesis: Digest) -> [UInt8] {
    JSONValue.object([
      "format": .string(format), "origin": .string(origin), "genesis": .string(genesis.description),
    ]).canonicalLine
  }

  /// C2SP tlog-checkpoint without extension lines.
  static func checkpointFile(_ head: LedgerHead) -> [UInt8] {
    Array("\(head.origin)\n\(head.size)\n\(Base64.encoded(head.root.bytes))\n".utf8)
  }

  /// Whether the text can be the first line of a checkpoint: a URL without scheme.
  static func isOrigin(_ text: String) -> Bool {
    (1...200).contains(text.utf8.count)
      && text.utf8.allSatisfy { (0x21...0x7e).contains($0) && $0 != UInt8(ascii: "+") && $0 != UInt8(ascii: "\"") }
      && !text.contains("://")
  }
}

extension PublicKey {
  /// `SHA256:` and unpadded base64, as ssh-keygen -l prints it.
  public var fingerprint: String { "SHA256:" + Base64.encoded(Digest(of: wire).bytes, padded: false) }
}

/// Who signs an entry, and with which key.
public struct LedgerSigner: Sendable {
  public var actor: PrincipalName
  public var key: SigningKey

  public init(actor: PrincipalName, key: SigningKey) {
    self.actor = actor
    self.key = key
  }
}
