public import WritDigest
public import WritHistory
internal import WritSSHSignature

/// An approval as the branch carries it and the ledger keeps it: the statement's file and the signature over it, to the byte.
public struct ApprovalCopy: Hashable, Sendable {
  /// One line of canonical JSON with its line feed.
  public var statement: String
  /// Armoured SSHSIG.
  public var signature: String

  public init(statement: String, signature: String) {
    self.statement = statement
    self.signature = signature
  }

  /// Digest of the statement's bytes: who signs the same thing twice approves it once.
  public var id: Digest { Digest(of: statement) }

  /// What it says, and how far the signature proves that its owner was there; nil when either cannot be read. Verifies nothing:
  /// whoever read the ledger that keeps it has.
  public var content: (statement: ApprovalStatement, level: Int)? {
    guard let statement = try? ApprovalStatement(canonicalLine: Array(statement.utf8)),
      let signature = try? SSHSignature(armour: Array(signature.utf8))
    else { return nil }
    return (statement, signature.level)
  }
}

extension ApprovalCopy {
  var json: JSONValue { ["statement": .string(statement), "signature": .string(signature)] }

  init(_ members: JSONMembers) throws(JSONShapeFault) {
    self.init(statement: try members.text("statement"), signature: try members.text("signature"))
  }
}
