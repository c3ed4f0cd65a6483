internal import WritApply
internal import WritSyntax

extension PlanningSession {
  /// Says before an apply what it would do to the signers, and whose signatures it would still ask for.
  func tellOfSigners() {
    guard let ledger, let commit = reading.commit else { return }
    let found: SignersChange?
    do {
      found = try SignersChange(workspace: workspace, policy: reading.policy, commit: commit, state: ledger)
    } catch {
      Terminal.message("warning: " + (CommandFailure.from(error)?.message ?? visible(String(describing: error))))
      return
    }
    guard let change = found else { return }
    for line in change.lines { Terminal.message("signers: " + line) }
    Terminal.message("`writ apply` puts these signers in force: " + change.progress)
  }
}
