internal import WritApply
internal import WritHostLinux
internal import WritPlan
internal import WritSyntax

extension Applying {
  /// Ends processes on hosts that keep rights which their account has lost, and writes down which.
  ///
  /// What was ended is told and recorded also when something else could not be.
  func endSessions() throws {
    guard let state = try ledger.read() else { throw LedgerError.none }
    let signer = try applier.signer(by: state.signers)
    for case let host as LinuxHost in try session(state).targets {
      let result: (ended: [String], left: [String])
      do { result = try host.endStaleProcesses(state.owned[host.name] ?? []) } catch {
        let reason = CommandFailure.from(error)?.message ?? visible(String(describing: error))
        Terminal.message("warning: sessions on \(host.name) could not be looked at: \(reason)")
        continue
      }
      for line in result.left { Terminal.message("warning: left on \(host.name): \(visible(line))") }
      guard !result.ended.isEmpty else { continue }
      let text = "\(host.name) sessions ended: " + result.ended.joined(separator: "; ")
      Terminal.message(visible(text))
      try ledger.append(.annotation(Annotation(text: text)), signer: signer, runner: runner, .retrying)
    }
  }
}
