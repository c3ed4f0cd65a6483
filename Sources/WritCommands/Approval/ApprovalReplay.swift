internal import WritApply
internal import WritHistory
internal import WritPolicy
internal import WritRender
internal import WritSyntax

/// Judges every intent of a ledger again: what its commit needed, by the commit accepted before it, and the approvals it keeps.
struct ApprovalReplay {
  let workspace: Workspace
  /// Entries that let something in which nobody approved.
  private(set) var faults: [LedgerFault] = []
  /// Entries whose commits this clone cannot read.
  private(set) var unread: [Int] = []

  init(_ workspace: Workspace, _ entries: [LedgerEntry]) {
    self.workspace = workspace
    var record = ApprovalRecord([])
    var trees: [String: String] = [:]
    for entry in entries {
      switch entry.record {
      case .genesis(let genesis): trees[genesis.commit] = genesis.tree
      case .intent(let intent) where intent.extent == .all:
        // The same policy as accepted gives nothing that was not accepted.
        let isSame = trees[record.accepted] == intent.tree && record.revokedBy.isEmpty
        if !isSame || intent.approval != IntentApproval() { judge(entry, intent, record) }
        trees[intent.commit] = intent.tree
      default: break
      }
      record.take(entry)
    }
  }

  private mutating func judge(_ entry: LedgerEntry, _ intent: Intent, _ record: ApprovalRecord) {
    let judged: JudgedApprovals
    do {
      judged = try JudgedApprovals(
        ApprovalReading(workspace, record, head: intent.commit, at: intent.at, applier: entry.actor),
        copies: intent.approval.copies)
    } catch {
      unread.append(entry.sequence)
      return
    }
    if Set(judged.needs.items) != Set(intent.approval.letIn) {
      faults.append(
        LedgerFault(
          .badApproval, entry: entry.sequence,
          "its commit needed approvals of \(judged.needs.items.count) items, and it says \(intent.approval.letIn.count)"
        ))
    }
    if intent.approval.breakglass != nil { return }
    for verdict in judged.missing {
      faults.append(
        LedgerFault(
          .badApproval, entry: entry.sequence,
          "\(verdict.missing) approvals are missing for \(ApprovalText.line(verdict.demand.item))"))
    }
  }
}
