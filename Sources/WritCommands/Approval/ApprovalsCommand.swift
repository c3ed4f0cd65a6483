internal import ArgumentParser
internal import WritApply
internal import WritDigest
internal import WritHistory
internal import WritPolicy
internal import WritRender
internal import WritSyntax
internal import WritSystem

struct ApprovalsCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "approvals",
    abstract: "List which approvals a change needs, which are there, and why others do not count.",
    discussion: """
      Rules, tags, roles and keys are those of the accepted commit. Without a range it is everything from there to HEAD, as \
      `writ apply` would judge it; who applies, and so must perhaps not approve, is only known then.

      Exit status: 0 when nothing is missing, 6 when something is: a merge may be refused by it.

      Example: writ approvals
      Example: writ approvals main..their-branch --format json
      """)

  @OptionGroup var repository: RepositoryOptions
  @Argument(help: "A..B, A...B, or one commit.") var range: String?
  @Option(help: "text or json.") var format = OutputFormat.text

  func validate() throws {
    if format != .text, format != .json { throw ValidationError("`approvals` writes text or json") }
  }

  func run() throws {
    let workspace = try Workspace(options: repository)
    guard let state = try workspace.ledgerState() else { return try withoutLedger() }
    let found = try JudgedRange(range, state, at: SystemClock.now(), in: workspace)
    let (judged, judgement) = (found.judged, found.judgement)
    let open = state.approvals.openBreakglass
    switch format {
    case .json:
      Terminal.writeLine(
        ApprovalJSON.document(
          judgement, given: judged.given, invalid: judged.invalid, accepted: state.accepted, head: found.range.head,
          breakglass: open.map(\.sequence)
        ).canonicalText)
    default: Terminal.write(text(judgement, judged))
    }
    judged.tell()
    workspace.tellOfBreakglass(state)
    let missing = judgement.verdicts.count { !$0.isMet }
    guard missing == 0 else { throw JudgedApprovals.failure(missing, of: judgement.verdicts.count) }
  }

  /// The first apply of all takes the commit as it is.
  private func withoutLedger() throws {
    Terminal.message("there is no ledger yet, so nothing needs an approval")
    guard format == .json else { return }
    let nothing = ApprovalJudgement(verdicts: [], idle: [])
    Terminal.writeLine(
      ApprovalJSON.document(nothing, given: [], invalid: [], accepted: "", head: "", breakglass: []).canonicalText)
  }

  private func text(_ judgement: ApprovalJudgement, _ judged: JudgedApprovals) -> String {
    if judgement.verdicts.isEmpty { return "nothing here needs an approval\n" }
    let drawn = ApprovalText(style: Terminal.outputStyle)
    return judgement.verdicts.map { judged.text($0, drawn) }.joined()
  }
}
