internal import Glibc
internal import WritDigest
public import WritPolicy
internal import WritSystem

/// The branch `writ/approvals`, on which approvals travel from whoever signs to whoever applies (design §9).
///
/// It is nothing but transport: whoever may push can put anything there, take anything away and force any version. So it lies
/// in a clone of its own, every fetch and every file has a limit, and nothing counts because it is there. What counts is
/// the copy that a ledger entry keeps.
public final class ApprovalBranch {
  public let upstream: Ledger.Upstream
  let clone: LedgerClone
  /// Why the upstream could not be read, when it could not: what is read then is what was seen last.
  public private(set) var staleness: String?

  var tip: String { clone.newest }

  /// Opens the branch and fetches its newest version, without its history.
  ///
  /// Reading goes on with what is there when the upstream cannot be reached or sends too much; writing does not.
  ///
  /// - Throws: ``LedgerError``. That there is no such branch yet is no error.
  public init(
    commonGitDirectory: String, upstream: Ledger.Upstream, access: Ledger.Access, environment: [String: String]
  ) throws(LedgerError) {
    guard !upstream.url.hasPrefix("-"), !upstream.url.isEmpty else {
      throw .unreachable(upstream: upstream.url, reason: "no URL or path")
    }
    self.upstream = upstream
    clone = LedgerClone(commonGitDirectory: commonGitDirectory, name: ApprovalLayout.branch, environment: environment)
    let isMine: Bool
    do { isMine = try clone.takeLock(waiting: Ledger.lockWait) } catch {
      guard access == .reading, case .system(let failure) = error, [EROFS, EACCES, EPERM].contains(failure.code) else {
        throw error
      }
      clone.readInPlace(upstream, commonGitDirectory: commonGitDirectory)
      staleness = "\(failure.path) cannot be written (\(failure.reason)), so this is what was fetched last"
      return
    }
    guard isMine else {
      if access == .writing { throw .busy(lock: clone.lockPath) }
      staleness = "another writ is at work with it"
      return
    }
    try clone.prepare()
    if access == .writing { clone.clearBranchLock(of: upstream) }
    do { try fetch() } catch {
      guard access == .reading, case .unreachable(_, let reason) = error else { throw error }
      staleness = reason
    }
    if access == .reading { clone.unlock() }
  }

  /// Lets other processes of this clone work with the branch.
  public func close() { clone.unlock() }

  private func fetch() throws(LedgerError) {
    try clone.fetchNewest(
      upstream, fileLimit: ApprovalLayout.fetchLimit, settings: ApprovalLayout.fetchSettings)
    clone.collect()
  }

  /// Puts an approval on the branch, on top of whatever others put there.
  ///
  /// - Throws: ``LedgerError/unreachable(upstream:reason:)`` when the upstream does not take it.
  public func add(_ copy: ApprovalCopy, by approver: PrincipalName, at time: Instant) throws(LedgerError) {
    let id = copy.id
    let files = [
      ApprovalLayout.statement(id): Array(copy.statement.utf8),
      ApprovalLayout.signature(id): Array(copy.signature.utf8),
    ]
    for attempt in 0..<Ledger.retryLimit {
      let parent = try clone.git.commit(tip)
      let commit = try clone.commit(
        files, message: "approval \(id.hex)\n", by: approver.text, at: time.seconds, onto: parent)
      defer { try? clone.git.setRef(LedgerClone.pending, nil) }
      let result = try clone.offer(commit, to: upstream)
      if result.succeeded { return try clone.git.setRef(tip, commit) }
      try fetch()
      let seen = try clone.git.commit(tip)
      // It may have arrived although the answer did not.
      if seen == commit { return }
      guard seen != parent else { throw .unreachable(upstream: upstream.url, reason: LedgerGit.complaint(result)) }
      LedgerClone.pause(after: attempt)
    }
    throw .moved
  }
}
