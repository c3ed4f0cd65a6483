internal import WritApply
internal import WritPolicy
internal import WritSSHSignature
internal import WritSyntax
internal import WritVaultAge

extension Applying {
  /// Puts the commit's signers in force where they differ from the ledger's: before the intent, after everything that may refuse it.
  ///
  /// - Returns: the version of the ledger to go on from.
  /// - Throws: ``CommandFailure`` with status 6 when signatures are missing; revocations alone do not wait for them.
  func changeSigners(
    _ session: PlanningSession, on state: LedgerState, _ signer: LedgerSigner
  ) throws -> LedgerState {
    let found: SignersChange?
    do {
      found = try SignersChange(workspace: workspace, policy: session.reading.policy, commit: commit, state: state)
    } catch  where extent == .revocations {
      let reason = CommandFailure.from(error)?.message ?? visible(String(describing: error))
      Terminal.message("warning: \(reason); the signers stay as they are, and access is taken away all the same")
      return state
    }
    guard var change = found else { return state }
    for line in change.lines { Terminal.message("signers: " + line) }
    if change.maySign(signer), change.missing > 0 { change.add(try change.signature(by: signer)) }
    let staying = change.next.signers.entries(of: signer.actor.text).contains { $0.key == signer.key.publicKey }
    guard change.missing == 0, staying else {
      let reason =
        staying
        ? "the signers of commit \(commit.prefix(10)) are not those in force: " + change.progress
        : "commit \(commit.prefix(10)) takes the key you sign with from the signers"
      if extent == .revocations {
        Terminal.message("warning: \(reason); the signers stay as they are, and access is taken away all the same")
        return state
      }
      for file in change.passedOver { Terminal.message("passed over \(visible(file.path)): \(visible(file.reason))") }
      throw CommandFailure(
        .notApproved, reason,
        hint: staying
          ? "each of them: writ signers sign, and commit the signature" : "somebody who stays has to apply it")
    }
    try handOverVaults(session, to: change.next, from: state)
    let record = KeyChange(commit: commit, statement: change.statement, signatures: change.signatures)
    let entry = try ledger.append(.keyChange(record), signer: signer, runner: runner, .exactly(state)).entry
    Terminal.message(
      "version \(change.next.version) of the signers is in force (ledger entry \(entry.sequence)), signed by "
        + change.signatures.map(\.actor.text).joined(separator: ", "))
    guard let current = try ledger.read() else { throw LedgerError.none }
    return current
  }

  /// Whether the commit takes the key of whoever has an apply open from the signers.
  func takesOut(_ open: LedgerState.OpenIntent, _ policy: Policy, _ state: LedgerState) throws -> Bool {
    let change = try SignersChange(workspace: workspace, policy: policy, commit: commit, state: state)
    return change.map { !open.canEnd(under: $0.next.signers) } ?? false
  }

  /// A manifest signed by somebody who leaves would not count any more: whoever applies signs it anew while it still does.
  private func handOverVaults(_ session: PlanningSession, to next: LedgerKeys, from state: LedgerState) throws {
    let factory = TargetFactory(
      workspace: workspace, policy: session.reading.policy, commit: commit, applier: applier, signers: state.signers,
      now: session.reading.instant)
    for vault in session.reading.policy.settings.vaults.values.sorted(by: { $0.name.value < $1.name.value }) {
      do { try factory.vault(vault).handOver(to: next.signers) } catch {
        // A key that has to go does not stay because a vault cannot be reached.
        let reason = CommandFailure.from(error)?.message ?? visible(String(describing: error))
        Terminal.message(
          "warning: the manifest of vault \(vault.name.value) was not signed anew (\(reason)); if somebody who leaves signed "
            + "it, the next apply encrypts that vault anew and marks its secrets as rotation due")
      }
    }
  }
}
