internal import WritDigest
internal import WritHistory
internal import WritPolicy
internal import WritSSHSignature

/// Judges the approvals that entries keep, as far as the ledger alone can tell: that they are what was signed, by the key they
/// bear, for this ledger, in time, and were not used before. Whose keys they are, and whether they were enough, the policy says.
struct ApprovalAudit {
  private let entries: [LedgerEntry]
  /// Entries before this one were verified earlier; their signatures are not looked at again.
  private let signaturesFrom: Int
  /// Up to the entry before.
  private var record = ApprovalRecord([])
  private(set) var faults: [LedgerFault] = []

  init(_ entries: [LedgerEntry], signaturesFrom: Int) {
    self.entries = entries
    self.signaturesFrom = signaturesFrom
    for entry in entries {
      switch entry.record {
      case .intent(let intent): judge(intent, in: entry)
      case .approvalUsed(let use): judge(use, in: entry)
      default: break
      }
      record.take(entry)
    }
  }

  /// What would be wrong with one more entry.
  static func faults(of entry: LedgerEntry, after entries: [LedgerEntry]) -> [LedgerFault] {
    switch entry.record {
    case .intent(let intent) where intent.approval == IntentApproval(): []
    case .intent, .approvalUsed:
      ApprovalAudit(entries + [entry], signaturesFrom: entry.sequence).faults.filter { $0.entry == entry.sequence }
    default: []
    }
  }

  private mutating func add(_ entry: LedgerEntry, _ detail: String) {
    faults.append(LedgerFault(.badApproval, entry: entry.sequence, detail))
  }

  private mutating func judge(_ intent: Intent, in entry: LedgerEntry) {
    let approval = intent.approval
    if let sequence = approval.breakglass {
      guard sequence < entry.sequence, entries.indices.contains(sequence),
        case .breakglass(let breakglass) = entries[sequence].record, breakglass.attempt == intent.attempt,
        breakglass.commit == intent.commit
      else { return add(entry, "entry \(sequence) does not say why it went in without approvals") }
    } else if !approval.letIn.isEmpty, approval.copies.isEmpty {
      add(entry, "what needed approvals went in without any")
    }
    for copy in approval.copies {
      guard let statement = judge(copy, in: entry, at: intent.at) else { continue }
      if statement.breakglass != nil {
        add(entry, "the approval of \(statement.approver) was not for this, but to sign off a breakglass entry")
      } else if record.acceptedSince[statement.accepted] == nil {
        add(entry, "the approval of \(statement.approver) stands on a commit that was never accepted")
      } else if record.parts(of: statement).fresh.isEmpty {
        add(entry, "the approval of \(statement.approver) was used up before")
      }
    }
  }

  private mutating func judge(_ use: ApprovalUse, in entry: LedgerEntry) {
    guard use.about < entry.sequence, entries.indices.contains(use.about),
      case .breakglass = entries[use.about].record
    else { return add(entry, "entry \(use.about) is none that could be signed off") }
    if use.copies.isEmpty { add(entry, "it signs off entry \(use.about) without any approval") }
    for copy in use.copies {
      guard let statement = judge(copy, in: entry, at: entry.time) else { continue }
      if statement.breakglass != use.about {
        add(entry, "the approval of \(statement.approver) does not sign off entry \(use.about)")
      }
    }
  }

  /// Nil when nothing more can be said of it.
  private mutating func judge(
    _ copy: ApprovalCopy, in entry: LedgerEntry, at instant: Instant
  ) -> ApprovalStatement? {
    let statement: ApprovalStatement
    do { statement = try ApprovalStatement(canonicalLine: Array(copy.statement.utf8)) } catch {
      add(entry, "an approval is no statement: \(error)")
      return nil
    }
    if statement.repository != record.repository {
      add(entry, "the approval of \(statement.approver) is for another repository")
    }
    if instant + ApprovalNeeds.clockTolerance < statement.signed || statement.expires <= instant {
      add(entry, "the approval of \(statement.approver) was not valid at \(instant.rfc3339)")
    }
    if entry.sequence >= signaturesFrom, let reason = Self.fault(ofSignature: copy, by: statement.approver) {
      add(entry, "the approval of \(statement.approver): \(reason)")
    }
    return statement
  }

  private static func fault(ofSignature copy: ApprovalCopy, by approver: PrincipalName) -> String? {
    let armour = Array(copy.signature.utf8)
    do throws(SignatureError) {
      let key = try SSHSignature(armour: armour).key
      guard let signers = try? AllowedSigners([.init(principals: [approver.text], key: key)]) else {
        return "the key cannot be used"
      }
      try signers.verify(
        Array(copy.statement.utf8), signature: armour, principal: approver.text, namespace: ApprovalStatement.format)
      return nil
    } catch { return LedgerSeal.text(error) }
  }
}
