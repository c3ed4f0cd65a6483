internal import WritApply
internal import WritGit
internal import WritPolicy
internal import WritSyntax

/// Whether a commit may be applied at all: it is on the branch, nothing lies uncommitted over it, and it is no step back.
struct CommitCheck {
  let workspace: Workspace
  let commit: String

  static let defaultBranch = "main"

  /// What git alone says.
  func mayBeApplied() throws {
    let changed = try workspace.uncommitted(since: commit)
    guard changed.isEmpty else {
      throw CommandFailure(
        "the working tree has policy that is not committed: \(changed.map(visible).joined(separator: ", "))",
        hint: "only commits are applied: commit or stash it; `writ plan --worktree` shows what it would do")
    }
  }

  /// Where there is a remote its branch counts, as this clone saw it last: what lies on a local branch nobody reviewed.
  ///
  /// - Parameter policy: names the branch. That of the accepted commit, so that no commit names the branch it lies on;
  ///   before the first apply the commit's own.
  func isOnBranch(_ policy: Policy) throws {
    let branch = policy.settings.branch?.value ?? Self.defaultBranch
    let isRemote = workspace.repository.originURL != nil
    let name = "branch `\(visible(branch))`" + (isRemote ? " of the remote `origin`" : "")
    let tip: GitObjectID
    do { tip = try workspace.repository.resolve((isRemote ? "refs/remotes/origin/" : "refs/heads/") + branch) } catch {
      throw CommandFailure(
        "there is no \(name), and only its commits are applied",
        hint: (isRemote ? "`git fetch` or `git push` it first; " : "")
          + "`settings.branch` in the policy names another one")
    }
    guard try workspace.repository.firstParents(from: tip).contains(where: { $0.hex == commit }) else {
      throw CommandFailure(
        "commit \(commit.prefix(10)) is not on \(name), and only its commits are applied",
        hint: (isRemote ? "merge and push it first, or fetch" : "merge it first")
          + "; `writ plan` shows what it would do")
    }
  }

  /// A commit older than the one accepted would bring back what was taken away since.
  func isNoStepBack(from accepted: String) throws {
    guard let id = GitObjectID(hex: commit) else { return }
    if try workspace.repository.firstParents(from: id).contains(where: { $0.hex == accepted }) { return }
    throw CommandFailure(
      .stale, "commit \(commit.prefix(10)) does not follow \(accepted.prefix(10)), which was accepted before",
      hint: workspace.repository.isShallow
        ? "this clone is shallow and cannot show it: `git fetch --unshallow`"
        : "fetch and apply the newest commit; going back is a revert commit")
  }
}
