public import WritPolicy
public import WritSSHSignature
public import WritSystem

/// Why the ledger could not be read or written.
public enum LedgerError: Error, Sendable, Hashable {
  /// Another process of this clone is at work.
  case busy(lock: String)
  /// The upstream has no ledger.
  case none
  /// A ledger is remembered, so none is begun.
  case exists(where: String)
  /// A target could not say whether it remembers a ledger.
  case unreadWitness(TargetName)
  /// Somebody else appended in the meantime: plan again.
  case moved
  /// The upstream could not be read, or did not take the entry.
  case unreachable(upstream: String, reason: String)
  /// It does not verify.
  case faulty([LedgerFault])
  /// The actor's key is not among the signers in force.
  case notASigner(actor: String, key: String)
  /// An attempt is not finished; nothing may be applied beside it.
  case openIntent(sequence: Int)
  /// No usable name for a ledger.
  case badOrigin(String)
  /// Signers that could not be read: no ledger can begin with them.
  case badSigners(KeyChangeFault)
  /// A file of this clone that writ wrote is not as writ writes it.
  case damaged(path: String)
  case git(command: String, reason: String)
  case program(Program.Failure)
  case signature(SignatureError)
  case system(SystemError)
}

extension LedgerError {
  /// Whether an entry that was to be appended is certainly not in the upstream's ledger.
  var meansNotAppended: Bool {
    switch self {
    case .moved, .none, .openIntent, .notASigner, .signature: true
    default: false
    }
  }
}
