internal import WritApply
internal import WritGit
internal import WritPolicy
internal import WritSSHSignature
internal import WritSyntax
internal import WritSystem

extension Workspace {
  /// Opens the ledger: the remote's where there is one, else this repository's own.
  func openLedger(_ access: Ledger.Access) throws -> Ledger {
    let upstream = ledgerUpstream
    return try Ledger(
      commonGitDirectory: repository.commonDirectory, upstream: upstream, access: access,
      environment: TransferEnvironment.variables(gitDirectory: repository.gitDirectory, to: upstream),
      clock: SystemClock.now)
  }

  /// Opens the branch that approvals travel on, beside the ledger.
  func openApprovals(_ access: Ledger.Access) throws -> ApprovalBranch {
    let upstream = ledgerUpstream
    return try ApprovalBranch(
      commonGitDirectory: repository.commonDirectory, upstream: upstream, access: access,
      environment: TransferEnvironment.variables(gitDirectory: repository.gitDirectory, to: upstream))
  }

  private var ledgerUpstream: Ledger.Upstream {
    repository.originURL.map { .remote(resolvedRemote($0)) } ?? .repository(repository.commonDirectory)
  }

  /// A remote given as a relative path is one from the top of the working tree as for git itself, and the
  /// ledger's own clone lies elsewhere.
  private func resolvedRemote(_ url: String) -> String {
    let beforeSlash = url.prefix { $0 != "/" }
    guard !beforeSlash.isEmpty, !beforeSlash.contains(":") else { return url }
    return (repository.workingTree ?? repository.commonDirectory) + "/" + url
  }

  /// The signers that a commit's policy names; nil when it names none.
  func signers(of policy: Policy, at commit: String) throws -> AllowedSigners? {
    guard let written = policy.settings.signers else { return nil }
    let path = options.policies + "/" + written.value
    guard let bytes = try contents(of: path, at: commit) else {
      throw CommandFailure(
        .invalidPolicy, "`settings.signers` names `\(visible(path))`, which is not in commit \(commit.prefix(10))")
    }
    do throws(AllowedSigners.ReadingError) { return try AllowedSigners(reading: bytes) } catch {
      throw CommandFailure(.invalidPolicy, "\(visible(path)):\(error.line): \(visible(error.reason))")
    }
  }
}
