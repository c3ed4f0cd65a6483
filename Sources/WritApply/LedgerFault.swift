/// Something in the ledger that does not verify.
public struct LedgerFault: Sendable, Hashable, CustomStringConvertible {
  public enum Kind: String, Sendable, Hashable {
    case missingFile = "missing-file"
    case unexpectedFile = "unexpected-file"
    /// Not canonical JSON, or not what the format says.
    case malformed
    case wrongSequence = "wrong-sequence"
    /// The next entry was chained to other bytes.
    case brokenChain = "broken-chain"
    /// Not signed by a key of the claimed actor that was in force at the previous entry.
    case badSignature = "bad-signature"
    /// The entry names another key than the one that signed it.
    case wrongKey = "wrong-key"
    case badPlan = "bad-plan"
    case badCheckpoint = "bad-checkpoint"
    case badSigners = "bad-signers"
    /// A change of the signers that those in force did not sign, too few of them did, or that is for another place.
    case badKeyChange = "bad-key-change"
    /// An approval that does not verify, was used before, or is missing.
    case badApproval = "bad-approval"
    /// An outcome or abandon without its intent, an intent beside an open one.
    case outOfOrder = "out-of-order"
    /// The entry bears an earlier time than the one before: flagged, as times are claims.
    case timeBackwards = "time-backwards"
    /// A merge, or another number of commits than entries.
    case notLinear = "not-linear"
    /// Somebody may sign who is no active principal of the policy: flagged, as what they signed verifies.
    case inactiveSigner = "inactive-signer"
    /// Entries of a kind that this version chains and counts, but does not understand: flagged.
    case unknownKind = "unknown-kind"
    /// Two witnesses remember what cannot both be this ledger.
    case splitView = "split-view"
    /// What was seen before is gone: the ledger was cut short, rolled back or rewritten.
    case rewritten
  }

  public var kind: Kind
  /// Sequence number of the entry concerned.
  public var entry: Int?
  /// The file concerned, below the ledger's root.
  public var path: String?
  /// One line for people; control characters already made visible.
  public var detail: String

  public init(_ kind: Kind, entry: Int? = nil, path: String? = nil, _ detail: String) {
    self.kind = kind
    self.entry = entry
    self.path = path
    self.detail = String(
      detail.unicodeScalars.map { $0.properties.generalCategory == .control ? "\u{FFFD}" : Character($0) })
  }

  /// Flagged for people, but no reason to distrust the ledger.
  public var isRemark: Bool { [.timeBackwards, .inactiveSigner, .unknownKind].contains(kind) }

  public var description: String {
    // Which file an entry is follows from its number; which plan an intent carried out does not.
    let file = entry == nil || path?.hasPrefix("plans/") == true ? path : nil
    let places = [entry.map { "entry \($0)" }, file].compactMap(\.self)
    return "\(places.isEmpty ? "ledger" : places.joined(separator: ", ")): \(kind.rawValue): \(detail)"
  }
}
