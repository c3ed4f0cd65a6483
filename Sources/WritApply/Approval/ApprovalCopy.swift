public import WritDigest

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
}

extension ApprovalCopy {
  var json: JSONValue { ["statement": .string(statement), "signature": .string(signature)] }

  init(_ members: JSONMembers) throws(JSONShapeFault) {
    self.init(statement: try members.text("statement"), signature: try members.text("signature"))
  }
}
