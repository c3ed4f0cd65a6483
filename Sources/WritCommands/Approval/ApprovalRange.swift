internal import WritApply
internal import WritGit
internal import WritHistory
internal import WritPolicy
internal import WritSyntax

/// Which change an approval is about: everything that is not accepted yet, or the part of it that a range brings.
struct ApprovalRange {
  /// Full id of the commit whose items these are.
  let head: String
  /// Full id of the commit before the range; nil for everything since the accepted commit.
  let base: String?

  /// - Parameter text: `A..B`, `A...B` or one commit; nil for HEAD.
  init(_ text: String?, accepted: String, in workspace: Workspace) throws {
    let range = try workspace.repository.resolve(range: text ?? "HEAD")
    head = range.head.hex
    base = try range.base?.hex ?? Self.parting(of: range.head, from: accepted, in: workspace)
  }

  /// Where a branch left the line of the accepted commit, unless it goes on from there: compared with the accepted commit itself it
  /// would give whatever was taken away since.
  private static func parting(
    of head: GitObjectID, from accepted: String, in workspace: Workspace
  ) throws -> String? {
    do {
      let parted = try workspace.repository.resolve(range: "\(accepted)...\(head.hex)").base?.hex
      return parted == accepted ? nil : parted
    } catch GitError.noMergeBase {
      throw CommandFailure(
        "commit \(head.hex.prefix(10)) has no history in common with \(accepted.prefix(10)), which was accepted before")
    }
  }

  /// Which of a whole change's items the range brings.
  func contains(
    _ item: ApprovalItem, of own: [ApprovalItem]?
  ) -> Bool { own?.contains { $0.touches(item) } ?? true }

  /// What the range changes by itself; nil for everything since the accepted commit.
  func items(of change: ApprovalChange, in workspace: Workspace) throws -> [ApprovalItem]? {
    guard let base else { return nil }
    let before = try workspace.standing(at: base, change.from)
    let after = Workspace.Standing(snapshot: change.head, commit: head)
    return ApprovalChange(
      accepted: before.snapshot, head: change.head, from: change.from,
      signers: (accepted: try workspace.signerLines(before), head: try workspace.signerLines(after))
    ).items
  }
}

/// What a range needs approvals for, and what is there for it; who will apply is not known.
struct JudgedRange {
  let range: ApprovalRange
  /// Of everything since the accepted commit.
  let judged: JudgedApprovals
  /// Of what the range brings.
  let judgement: ApprovalJudgement

  /// - Parameter text: `A..B`, `A...B` or one commit; nil for HEAD.
  init(_ text: String?, _ state: LedgerState, at instant: Instant, in workspace: Workspace) throws {
    range = try ApprovalRange(text, accepted: state.accepted, in: workspace)
    judged = try JudgedApprovals(
      ApprovalReading(workspace, state.approvals, head: range.head, at: instant, applier: nil))
    let own = try range.items(of: judged.needs.change, in: workspace)
    var judgement = judged.judgement
    let range = range
    judgement.verdicts.removeAll { !range.contains($0.demand.item, of: own) }
    self.judgement = judgement
  }
}
