internal import WritApply
internal import WritHistory
internal import WritPolicy
internal import WritSyntax

/// The history of a revision, opened for a question about the past.
struct PastQuestion {
  let workspace: Workspace
  /// Full id of the revision.
  let head: String
  let index: HistoryIndex
  /// The revision's own policy, or the last one before it that can be read.
  let snapshot: Snapshot

  /// Says on standard error which commits could not be read, and where the clone ends.
  ///
  /// - Parameter zones: instead of this machine's.
  init(_ workspace: Workspace, upTo revision: String, zones: (any ZoneCatalogue)? = nil) throws {
    self.workspace = workspace
    head = try workspace.resolve(revision)
    index = try workspace.index(upTo: head, zones: zones, isLast: true)
    workspace.warn(of: index.skipped, isCut: index.line.isCut)
    guard let snapshot = index.snapshot else {
      throw CommandFailure(.invalidPolicy, "no commit up to \(head.prefix(10)) has a policy that can be read")
    }
    self.snapshot = snapshot
  }

  /// A principal of the policy, or of its past.
  func principal(_ text: String) throws -> PrincipalName {
    if let name = PrincipalName(validating: text), index.knows(name) { return name }
    return try Names(policy: snapshot.policy).principal(text)
  }

  /// A resource or sharing group of the policy, or of its past.
  func resource(_ text: String) throws -> ResourceName {
    if let name = ResourceName(validating: text), index.knows(name) { return name }
    return try Names(policy: snapshot.policy).resource(text)
  }

  /// Whichever of the two is named so.
  func subject(_ text: String?) throws -> HistorySubject {
    guard let text else { return .everything }
    if let name = PrincipalName(validating: text), index.knows(name) { return .principal(name) }
    if let name = ResourceName(validating: text), index.knows(name) { return .resource(name) }
    throw Names(policy: snapshot.policy).unknown(text)
  }

  /// Who stands behind the commits of an answer.
  func provenance(_ ledger: LedgerState?) throws -> ProvenanceReader {
    try ProvenanceReader(workspace, policy: snapshot.policy, at: head, ledger: ledger)
  }
}
