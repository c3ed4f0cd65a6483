internal import WritApply
internal import WritDigest
internal import WritPolicy
internal import WritRender
internal import WritSyntax

extension AccessCommand {
  /// What targets really had, as the ledger has it.
  func runApplied() throws {
    let workspace = try Workspace(options: reading.repository)
    guard let ledger = try workspace.ledgerState() else {
      throw CommandFailure(
        "there is no ledger yet: nothing was ever applied", hint: "`writ apply --bootstrap` begins it")
    }
    let time = at.flatMap { Instant(rfc3339: $0) } ?? reading.instant
    let answer = try AppliedAccess(ledger.entries, until: time) { try workspace.read(.commit($0), at: $1) }
    let edges = try name.map { try answer.edges(about: $0) } ?? answer.edges
    switch format {
    case .text: Terminal.write(AppliedAccessText.text(answer, edges))
    default: Terminal.writeLine(AppliedAccessText.json(answer, edges).canonicalText)
    }
  }
}
