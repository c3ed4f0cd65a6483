internal import WritApply
internal import WritGit
internal import WritHistory
internal import WritPolicy
internal import WritSSHSignature
internal import WritSyntax
internal import WritSystem

/// What a commit needs approvals for, compared with the one accepted last.
struct ApprovalReading {
  let workspace: Workspace
  let record: ApprovalRecord
  /// Full id of the commit that is to be applied.
  let head: String
  let instant: Instant
  /// Nil when it is not known who will apply.
  let applier: PrincipalName?
  /// Commits that an approval may stand on.
  let bases: Set<String>

  /// For a commit that is to be applied.
  init(
    _ workspace: Workspace, _ record: ApprovalRecord, head: String, at instant: Instant, applier: PrincipalName?
  ) {
    self.workspace = workspace
    self.record = record
    self.head = head
    self.instant = instant
    self.applier = applier
    bases = Set(record.acceptedSince.keys)
  }

  /// For what a breakglass entry let in, as it was then: its rules and keys say who may sign it off.
  init(_ workspace: Workspace, _ open: ApprovalRecord.OpenBreakglass, in state: LedgerState) {
    self.workspace = workspace
    record = ApprovalRecord(state.entries.prefix(open.sequence))
    head = open.breakglass.commit
    instant = open.intent.at
    applier = open.entry.actor
    bases = Set(state.approvals.acceptedSince.keys)
  }

  /// The demands, and everything that is needed to judge approvals for them.
  struct Result {
    var needs: ApprovalNeeds
    var check: ApprovalCheck
    /// Authors whom nobody knows.
    var strangers: [String]
  }

  func result() throws -> Result {
    let accepted = try workspace.snapshot(.commit(record.accepted), at: instant)
    let later = try workspace.snapshot(.commit(head), at: instant)
    var base = accepted
    for intent in record.revokedBy where intent.commit != head {
      base = base.less(whatIsMissingIn: try workspace.snapshot(.commit(intent.commit), at: instant))
    }
    let signers = (
      accepted: try workspace.signerLines(of: accepted.policy, .commit(record.accepted)),
      head: try workspace.signerLines(of: later.policy, .commit(head))
    )
    let change = ApprovalChange(accepted: base, head: later, from: instant, signers: signers)
    let check = try check(accepted.policy, later.policy)
    // Who wrote what is only asked where something is demanded at all.
    let anybody = ApprovalNeeds(change, authors: { _ in [] }, applier: applier.map(Identity.principal))
    if anybody.demands.isEmpty { return Result(needs: anybody, check: check, strangers: []) }
    let hands = ApprovalHands(workspace, change)
    let authors = try hands.authors(from: record.accepted, to: head)
    return Result(
      needs: ApprovalNeeds(change, authors: authors.authors, applier: applier.map(Identity.principal)), check: check,
      strangers: hands.strangers.sorted())
  }

  private func check(_ accepted: Policy, _ later: Policy) throws -> ApprovalCheck {
    let renames = Renames(from: accepted, to: later)
    let then = ApproverKeys(
      accepted, signers: try workspace.signers(of: accepted, at: record.accepted), at: instant)
    let now = ApproverKeys(later, signers: try workspace.signers(of: later, at: head), at: instant)
    return ApprovalCheck(
      repository: record.repository, bases: bases, keys: then,
      later: head == record.accepted ? nil : .init(keys: now) { renames.now($0) })
  }
}

/// The approvals that somebody offers for a change, and what comes of them.
struct ApprovalOffers {
  /// What they say and prove.
  private(set) var valid: [ApprovalCheck.Valid] = []
  /// Those about something that is demanded, which do not count for anything.
  private(set) var refused: [ApprovalCheck.Refusal] = []
  /// What else lies on the branch.
  private(set) var remarks: [String] = []

  /// - Parameter breakglass: only those that sign off this entry; nil: only those that let something in.
  init(
    _ branch: ApprovalBranch, for demands: [ApprovalDemand], breakglass: Int?, _ check: ApprovalCheck,
    at instant: Instant
  ) throws {
    let wanted = Set(demands.map { ApprovalSubject($0.item) })
    var (valid, refused): ([ApprovalCheck.Valid], [ApprovalCheck.Refusal]) = ([], [])
    remarks = try branch.read(signedBy: check.keys.all) { copy in
      guard let statement = try? ApprovalStatement(canonicalLine: Array(copy.statement.utf8)),
        statement.breakglass == breakglass, statement.items.contains(where: { wanted.contains(ApprovalSubject($0)) })
      else { return }
      do throws(ApprovalCheck.Refusal) {
        valid.append(try check.valid(copy, at: instant))
      } catch { refused.append(error) }
    }
    self.valid = valid.sorted { ($0.statement.approver, $0.copy.id) < ($1.statement.approver, $1.copy.id) }
    self.refused = refused.sorted { $0.copy.id < $1.copy.id }
  }
}

/// What brings an approval near a demand: the access, or the subject of a sensitive change.
enum ApprovalSubject: Hashable {
  case edge(EdgeKey)
  case change(SensitiveKind, String)

  init(_ item: ApprovalItem) {
    switch item {
    case .gain(let gain): self = .edge(gain.key)
    case .sensitive(let change): self = .change(change.kind, change.subject)
    }
  }
}
