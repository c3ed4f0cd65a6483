internal import WritDigest
public import WritHistory

/// What the entries of a ledger say of approvals: which commits were accepted when, what was let in, and what went in without.
public struct ApprovalRecord: Sendable {
  /// A change that went in without the approvals it needed.
  public struct OpenBreakglass: Sendable, Hashable {
    public var entry: LedgerEntry
    public var breakglass: Breakglass
    public var intent: Intent

    public var sequence: Int { entry.sequence }
  }

  /// What approvals for this ledger have to name.
  public private(set) var repository = ApprovalStatement.Repository(origin: "", genesis: Digest(of: ""))
  /// The commit of the newest intent to apply a whole one, before the first that of the genesis entry.
  public private(set) var accepted = ""
  /// Every commit that was accepted at some time, with the sequence number since which it is; the genesis commit since entry 0.
  public private(set) var acceptedSince: [String: Int] = [:]
  /// Commits that were applied for their revocations alone since the accepted one, oldest first: what they took away is gained
  /// anew by whatever gives it again.
  public private(set) var revokedBy: [Intent] = []
  /// What went in without approvals and nobody entitled has signed off yet, oldest first. An entry whose intent never came let
  /// nothing in.
  public private(set) var openBreakglass: [OpenBreakglass] = []
  private var letIn: [(sequence: Int, items: [ApprovalItem])] = []

  private var announced: [Int: (entry: LedgerEntry, breakglass: Breakglass)] = [:]

  /// - Parameter entries: from the first one on, all or those that were there at some time.
  public init(_ entries: some Sequence<LedgerEntry>) {
    for entry in entries { take(entry) }
  }

  /// Goes on to the next entry.
  public mutating func take(_ entry: LedgerEntry) {
    switch entry.record {
    case .genesis(let genesis):
      repository = ApprovalStatement.Repository(origin: genesis.origin, genesis: Digest(of: entry.bytes))
      accept(genesis.commit, at: entry.sequence)
    case .breakglass(let breakglass): announced[entry.sequence] = (entry, breakglass)
    case .approvalUsed(let use): openBreakglass.removeAll { $0.sequence == use.about }
    case .intent(let intent): take(intent, at: entry.sequence)
    default: break
    }
  }

  private mutating func accept(_ commit: String, at sequence: Int) {
    accepted = commit
    revokedBy = []
    if acceptedSince[commit] == nil { acceptedSince[commit] = sequence }
  }

  private mutating func take(_ intent: Intent, at sequence: Int) {
    if let said = intent.approval.breakglass.flatMap({ announced[$0] }) {
      openBreakglass.append(OpenBreakglass(entry: said.entry, breakglass: said.breakglass, intent: intent))
    }
    guard intent.extent == .all else { return revokedBy.append(intent) }
    accept(intent.commit, at: sequence)
    if !intent.approval.letIn.isEmpty { letIn.append((sequence, intent.approval.letIn)) }
  }

  /// Which of the statement's items are still to be let in, and which were.
  ///
  /// A statement that stands on an earlier commit does not speak again for what was let in since. So an approval is used once
  /// without anybody keeping a list of approvals, and one that was signed and never shown is as used up as one that was counted.
  public func parts(of statement: ApprovalStatement) -> (fresh: [ApprovalItem], used: [ApprovalItem]) {
    guard let since = acceptedSince[statement.accepted] else { return ([], statement.items) }
    let later = letIn.filter { $0.sequence > since }.flatMap(\.items)
    if later.isEmpty { return (statement.items, []) }
    var (fresh, used): ([ApprovalItem], [ApprovalItem]) = ([], [])
    for item in statement.items {
      if later.contains(where: { $0.touches(item) }) { used.append(item) } else { fresh.append(item) }
    }
    return (fresh, used)
  }

  /// A valid approval as the demands of a change take it: what it still says, and what it said and was let in already.
  public func given(_ valid: ApprovalCheck.Valid) -> [GivenApproval] {
    let (fresh, used) = parts(of: valid.statement)
    return [(fresh, false), (used, true)].filter { !$0.0.isEmpty }.map { items, isUsed in
      GivenApproval(
        id: valid.statement.digest, approver: valid.statement.approver, items: items, level: valid.level,
        signed: valid.statement.signed, expires: valid.statement.expires, used: isUsed)
    }
  }
}

extension LedgerState {
  public var approvals: ApprovalRecord { ApprovalRecord(entries) }
}
