internal import WritApply
internal import WritDigest
internal import WritGit
internal import WritHistory
internal import WritPolicy

/// The approvals that a verified ledger keeps, by the commits that they let in and the accesses that they are about.
///
/// An apply lets in many commits at once, each of which was perhaps approved by others: an approval speaks only for the accesses
/// that it names.
struct KeptApprovals {
  /// Commits of one apply that are looked at; of a longer range only the newest is taken to be approved.
  static let rangeLimit = 10_000

  private struct Admission {
    var commits: Set<String>
    var letIn: [ApprovalItem]
    var approvals: [(statement: ApprovalStatement, level: Int)]
  }

  private var admissions: [Admission] = []

  init(_ ledger: LedgerState?, in repository: Repository) {
    var record = ApprovalRecord([])
    for entry in ledger?.entries ?? [] {
      if case .intent(let intent) = entry.record, !intent.approval.copies.isEmpty {
        admissions.append(
          Admission(
            commits: Self.commits(of: intent.commit, since: record.accepted, repository),
            letIn: intent.approval.letIn, approvals: intent.approval.copies.compactMap(\.content)))
      }
      record.take(entry)
    }
  }

  private static func commits(of head: String, since accepted: String, _ repository: Repository) -> Set<String> {
    guard let head = GitObjectID(hex: head),
      let found = try? repository.commits(of: head, without: GitObjectID(hex: accepted), limit: rangeLimit)
    else { return [head] }
    return Set(found.map(\.hex)).union([head.hex])
  }

  /// The approvals of an access that let in what a commit gives of it.
  func statements(_ commit: String, _ edge: EdgeKey) -> [ProvenanceEvidence.Statement] {
    var found: [ProvenanceEvidence.Statement] = []
    for admission in admissions where admission.commits.contains(commit) {
      let items = admission.letIn.filter { if case .gain(let gain) = $0 { gain.key == edge } else { false } }
      for (statement, level) in admission.approvals
      where statement.items.contains(where: { signed in items.contains { $0.touches(signed) } }) {
        found.append(.init(approver: statement.approver, id: statement.digest.description, level: level))
      }
    }
    return found
  }
}
