internal import ArgumentParser
internal import WritApply
internal import WritDigest
internal import WritHistory
internal import WritPlan
internal import WritPolicy
internal import WritRender
internal import WritSyntax

struct ShowCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "show", abstract: "Show one ledger entry whole: its plan, or the result of every change.",
    discussion: "Example: writ show 12")

  @OptionGroup var repository: RepositoryOptions
  @Argument(help: "The number that `writ log` prints.") var number: Int
  @Option(help: "text or json (as it was signed).") var format = OutputFormat.text

  func run() throws {
    let workspace = try Workspace(options: repository)
    guard let state = try workspace.ledgerState(), state.entries.indices.contains(number) else {
      throw CommandFailure("the ledger has no entry \(number)", hint: "`writ log` lists them")
    }
    let entry = state.entries[number]
    if format == .json {
      Terminal.write(String(decoding: entry.bytes, as: UTF8.self))
      return
    }
    Terminal.writeLine(LedgerText.line(of: entry))
    Terminal.writeLine("  signed with \(visible(entry.key))")
    if let runner = entry.runner { Terminal.writeLine("  run by \(visible(runner))") }
    if case .outcome(let outcome) = entry.record {
      for result in outcome.results {
        let reason = LedgerText.reason(of: result.result.status)
        Terminal.writeLine(
          "  \(visible(result.result.change))  \(LedgerText.name(of: result.result.status))  \(result.target)  "
            + "\(visible(result.action)) \(visible(result.object))" + (reason.isEmpty ? "" : ": " + reason))
      }
    }
    if case .intent(let intent) = entry.record {
      Terminal.writeLine(
        "  policy tree \(visible(intent.tree)), evaluated at \(intent.at.rfc3339), plan \(intent.plan)")
      for (target, base) in intent.base.sorted(by: { $0.key < $1.key }) {
        Terminal.writeLine("  \(target) since commit \(LedgerText.short(base.commit)) at \(base.at.rfc3339)")
      }
    }
    for line in Self.approvals(of: entry.record) { Terminal.writeLine("  " + line) }
  }

  /// What was let in, or went in without, and every approval that the entry keeps.
  private static func approvals(of record: LedgerRecord) -> [String] {
    switch record {
    case .intent(let intent): items("let in", intent.approval.letIn) + intent.approval.copies.map(approval)
    case .breakglass(let breakglass): items("not approved", breakglass.items)
    case .approvalUsed(let use): use.copies.map(approval)
    default: []
    }
  }

  private static func items(_ what: String, _ items: [ApprovalItem]) -> [String] {
    items.map { "\(what): \(ApprovalText.line($0))" }
  }

  private static func approval(_ copy: ApprovalCopy) -> String {
    guard let statement = try? ApprovalStatement(canonicalLine: Array(copy.statement.utf8)) else {
      return "approval \(copy.id), which cannot be read"
    }
    return "approval \(copy.id) by \(statement.approver), signed \(statement.signed.rfc3339)"
      + (statement.reason.map { ": " + visible($0) } ?? "")
  }
}
