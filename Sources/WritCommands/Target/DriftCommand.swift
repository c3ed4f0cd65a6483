internal import ArgumentParser
internal import WritApply
internal import WritDigest
internal import WritPlan
internal import WritPolicy
internal import WritRender
internal import WritSyntax
internal import WritSystem

struct DriftCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "drift", abstract: "Show what was changed on targets by other hands since the last apply.",
    discussion: """
      Compares what each target shows now with what its last complete apply left; what the policy changed since does not \
      count, and neither does what an apply left half made. What breaks a baseline and no apply can mend, such as a person's \
      process that waits for connections from other machines, is a finding. Exit status: 0 without drift, 2 with drift or \
      findings, 1 when a target could not be read whole.

      With `--record` what was seen goes into the ledger, signed with one's own key: an observer who does not apply leaves \
      evidence that whoever applies cannot take away.

      Where a host has an audit log, each difference says who made it, with which program and when; people are named by the \
      policy's uids. `--unmanaged` lists what gives access on hosts and nobody manages instead; it ends with 0.

      Example: writ drift --host gpu01
      Example: writ drift --unmanaged
      Example: writ drift --record --key ~/.ssh/observer --runner nightly-17
      """)

  @OptionGroup var repository: RepositoryOptions
  @OptionGroup var applier: ApplierOptions
  @OptionGroup var selection: TargetSelection
  @OptionGroup var fleet: FleetOptions
  @Option(help: "text or json.") var format = OutputFormat.text
  @Flag(help: "Sign what was seen, drift or none, and add it to the ledger.") var record = false
  @Flag(help: "List accounts, groups, sudo rules, keys and drop-ins that nobody manages.") var unmanaged = false
  @Option(help: ArgumentHelp("Where this runs, for the ledger: the id of a CI job.", valueName: "text"))
  var runner: String?

  func validate() throws {
    if unmanaged, record { throw ValidationError("`--record` writes down drift; what nobody manages is none") }
    guard format == .text || format == .json else { throw ValidationError("`drift` writes text or json") }
  }

  func run() throws {
    let workspace = try Workspace(options: repository)
    guard let state = try workspace.ledgerState() else { throw LedgerError.none }
    let session = try PlanningSession(
      workspace: workspace, basis: .commit(state.newest), at: SystemClock.now(), ledger: state,
      applier: Applier(applier, in: workspace), selection: selection, fleet: fleet.fleet(selection.host))
    if unmanaged { return try UnmanagedReport(session, state).write(format) }
    let plans = try session.drift(from: state)
    let plan = Plan(
      commit: state.newest, base: state.base, at: session.reading.instant, validUntil: nil,
      targets: Plan.numbered(plans))
    switch format {
    case .json: Terminal.writeLine(plan.json.canonicalText)
    default: Terminal.write(text(plan))
    }
    if record {
      let entry = try workspace.record(plan, by: session.applier, runner: runner)
      Terminal.message("recorded as ledger entry \(entry)")
    }
    if plan.targets.contains(where: { $0.standing != .complete }) { throw ExitCode(ExitStatus.failed.rawValue) }
    if !plan.changes.isEmpty || plan.findings > 0 { throw ExitCode(ExitStatus.differs.rawValue) }
  }

  private func text(_ plan: Plan) -> String {
    let drawn = PlanText(width: Terminal.width, style: Terminal.outputStyle)
    var out = ""
    for target in plan.targets
    where !target.changes.isEmpty || target.standing != .complete || !target.notices.isEmpty || target.isLeaving {
      out += drawn.section(target, base: plan.base[target.target]) + "\n"
    }
    let objects = Set(plan.targets.flatMap { target in target.changes.map { "\(target.target) \($0.object)" } }).count
    let findings = plan.findings == 0 ? "" : "; \(plan.findings) \(plan.findings == 1 ? "finding" : "findings")"
    guard objects > 0 else { return out + "no drift\(findings)\n" }
    return out
      + "\(objects) \(objects == 1 ? "object has" : "objects have") drifted; `writ apply` puts back what the policy says"
      + findings + "\n"
  }
}

extension Plan {
  /// How many things break what the policy says and no change mends.
  fileprivate var findings: Int { targets.reduce(0) { $0 + $1.notices.count { $0.finding != nil } } }
}
