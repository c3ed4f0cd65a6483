internal import WritDigest
public import WritHistory
public import WritPolicy
internal import WritSSHSignature

/// Judges approvals that anybody may have made: whose they are, and whether they count at all. For which change they count,
/// and whether whoever signed may approve it, is for ``ApprovalNeeds`` to say.
public struct ApprovalCheck: Sendable {
  /// An approval that is what it says.
  public struct Valid: Hashable, Sendable {
    public var copy: ApprovalCopy
    public var statement: ApprovalStatement
    /// 4: a security key that somebody touched or that asked who it was; 3: any other ssh key.
    public var level: Int
  }

  /// Why one does not count.
  public struct Refusal: Error, Hashable, Sendable {
    public var copy: ApprovalCopy
    /// Nil when it could not be read.
    public var statement: ApprovalStatement?
    /// In words, on one line; control characters are still in it.
    public var reason: String
  }

  public var repository: ApprovalStatement.Repository
  /// Every commit that the ledger accepted so far.
  public var bases: Set<String>
  /// Those of the accepted commit.
  public var keys: ApproverKeys
  /// Nil when nothing may have been removed since.
  public var later: Later?

  /// The commit that is to be applied: a key that it removes, or whose owner it removes, approves nothing any more.
  public struct Later: Sendable {
    public var keys: ApproverKeys
    /// What somebody of the accepted commit is called there.
    public var rename: @Sendable (PrincipalName) -> PrincipalName

    public init(keys: ApproverKeys, rename: @escaping @Sendable (PrincipalName) -> PrincipalName) {
      self.keys = keys
      self.rename = rename
    }
  }

  public init(
    repository: ApprovalStatement.Repository, bases: Set<String>, keys: ApproverKeys, later: Later? = nil
  ) {
    self.repository = repository
    self.bases = bases
    self.keys = keys
    self.later = later
  }

  /// - Parameter instant: the present; for a copy in the ledger the time of its entry.
  /// - Throws: ``Refusal``.
  public func valid(_ copy: ApprovalCopy, at instant: Instant) throws(Refusal) -> Valid {
    let statement: ApprovalStatement
    do { statement = try ApprovalStatement(canonicalLine: Array(copy.statement.utf8)) } catch {
      throw Refusal(copy: copy, statement: nil, reason: "it is no statement: \(error)")
    }
    func refused(_ reason: String) -> Refusal { Refusal(copy: copy, statement: statement, reason: reason) }
    guard statement.repository == repository else {
      throw refused("it is for another repository, \(statement.repository.origin)")
    }
    guard bases.contains(statement.accepted) else {
      throw refused("commit \(statement.accepted.prefix(10)), on which it stands, was never accepted here")
    }
    guard statement.signed.seconds <= instant.seconds + ApprovalNeeds.clockTolerance.seconds else {
      throw refused("it says that it was signed at \(statement.signed.rfc3339), which is still to come")
    }
    guard instant < statement.expires else { throw refused("it expired at \(statement.expires.rfc3339)") }
    let approver = statement.approver
    guard let signers = keys.signers(of: approver) else {
      throw refused("\(approver) is no person with a key in the accepted policy")
    }
    let signature: SSHSignature
    do {
      signature = try signers.verify(
        Array(copy.statement.utf8), signature: Array(copy.signature.utf8), principal: approver.text,
        namespace: ApprovalStatement.format, at: instant.seconds)
    } catch { throw refused(Self.text(error, keys)) }
    if let later, later.keys.owner(of: signature.key) != later.rename(approver) {
      throw refused("the change takes the key \(signature.key.fingerprint) away from \(approver)")
    }
    return Valid(copy: copy, statement: statement, level: signature.level)
  }

  private static func text(_ error: SignatureError, _ keys: ApproverKeys) -> String {
    switch error {
    case .foreignKey(let principal, let key):
      let owner = keys.owner(of: key).map { "of \($0)" } ?? "of nobody in the accepted policy"
      return "it says \(principal) and is signed by the key \(key.fingerprint) \(owner)"
    default: return LedgerSeal.text(error)
    }
  }
}

extension SSHSignature {
  /// How far a signature by this key proves that its owner was there (design §9).
  var level: Int {
    // Touched (0x01) or verified by a PIN or a finger (0x04): PROTOCOL.u2f.
    (flags ?? 0) & 0x05 != 0 ? 4 : 3
  }
}
