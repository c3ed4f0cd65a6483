internal import WritApply
internal import WritGit
internal import WritHistory
internal import WritPolicy
internal import WritSyntax

/// Reads the two sides of a change and everything that a review says of it.
struct ReviewReading {
  let workspace: Workspace
  let sides: DiffSides
  let instant: Instant

  /// Commits of a range whose messages are compared with what they give; each is evaluated by itself.
  static let messageLimit = 100

  struct Result {
    var review: Review
    var base: Snapshot
    var head: Snapshot
  }

  func result() throws -> Result {
    let base = try workspace.standing(at: sides.base, instant)
    let head = try workspace.snapshot(sides.head, at: instant)
    var difference = AccessDifference(base: base.snapshot, head: head, from: instant)
    if let commit = base.commit {
      difference.sensitive += try signers(
        (base.snapshot.policy, .commit(commit)), (head.policy, sides.head))
    }
    var review = Review(difference, base: base.snapshot, head: head)
    try addSilentCommits(to: &review)
    if !base.snapshot.policy.approvalRules.isEmpty || !head.policy.approvalRules.isEmpty { addApprovals(to: &review) }
    return Result(review: review, base: base.snapshot, head: head)
  }

  /// Who may sign is no part of the policy's files, and matters as much.
  private func signers(
    _ before: (Policy, Workspace.Basis), _ after: (Policy, Workspace.Basis)
  ) throws -> [SensitiveChange] {
    let old = try workspace.signerLines(of: before.0, before.1)
    let new = try workspace.signerLines(of: after.0, after.1)
    return SignerLines.change(old, new).map { [$0] } ?? []
  }

  /// What has to be signed is said by the ledger's accepted commit. Where that cannot be read the rest of a review still is of
  /// use, and nobody takes a missing section for consent: `apply` judges by itself.
  private func addApprovals(to review: inout Review) {
    guard case .commit(let head) = sides.head, let base = sides.base else { return }
    do {
      guard let state = try workspace.ledgerState() else { return }
      let found = try JudgedRange("\(base)..\(head)", state, at: instant, in: workspace)
      review.approvals = ApprovalSummary(found.judgement)
      found.judged.tell()
    } catch {
      let reason = CommandFailure.from(error)?.message ?? visible(String(describing: error))
      Terminal.message("warning: which approvals this needs could not be found out: \(reason)")
    }
  }

  /// The working tree has no message.
  private func addSilentCommits(to review: inout Review) throws {
    guard case .commit(let head) = sides.head, let base = sides.base else { return }
    let repository = workspace.repository
    let (newest, oldest) = (try repository.resolve(head), try repository.resolve(base))
    let line = try repository.firstParents(from: newest, notIn: oldest)
    let looked = line.prefix(Self.messageLimit)
    review.uncheckedCommits = line.count - looked.count
    guard let first = looked.last else { return }
    let parent = try repository.firstParent(of: first)
    var tree = try parent.flatMap(workspace.policyFolder)
    var before = try workspace.standing(at: parent?.hex, instant).snapshot
    for id in looked.reversed() {
      let now = try workspace.policyFolder(at: id)
      if now == tree { continue }
      tree = now
      guard let after = try workspace.validSnapshot(at: id, instant) else { continue }
      let difference = AccessDifference(base: before, head: after, from: instant)
      let reference = try repository.reference(to: id)
      let message = try repository.commit(id).message
      if let silent = SilentCommit(reference, message: message, difference, head: after.policy) {
        review.silentCommits.append(silent)
      }
      before = after
    }
  }
}
