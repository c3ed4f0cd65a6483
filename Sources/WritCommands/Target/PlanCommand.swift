internal import ArgumentParser
internal import WritApply
internal import WritDigest
internal import WritGit
internal import WritPlan
internal import WritPolicy
internal import WritRender
internal import WritSyntax
internal import WritSystem

struct PlanCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "plan", abstract: "Show what apply would change on hosts and vaults, and why.",
    discussion: """
      Compares what the last apply left (from the ledger), what the commit wants, and what the targets show now. It writes \
      nothing on any target.

      A guard that would stop an apply is shown, and so is one that a commit's message overrides, and every approval that is \
      missing; the exit status does not tell.

      Exit status: 0; with `--detailed-exitcode` 2 when changes wait. 1 when a target could not be read whole.

      Example: writ plan
      Example: writ plan --host gpu01 --out plan.json && writ apply plan.json
      """)

  @OptionGroup var repository: RepositoryOptions
  @OptionGroup var applier: ApplierOptions
  @OptionGroup var selection: TargetSelection
  @OptionGroup var fleet: FleetOptions

  @Option(help: ArgumentHelp("Plan this commit instead of HEAD.", valueName: "commit")) var commit = "HEAD"
  @Flag(help: "Plan the files as they lie in the working tree; such a plan cannot be applied.") var worktree = false
  @Option(
    help: ArgumentHelp("Plan for this instant (RFC 3339); such a plan cannot be applied.", valueName: "time"))
  var asOf: InstantArgument?
  @Option(help: ArgumentHelp("Save the plan to FILE, for `writ apply FILE`.", valueName: "file")) var out: String?
  @Flag(
    help:
      "Make accounts, groups and key files writ's that are older than it, where the policy names them; otherwise they are conflicts."
  )
  var takeIn = false
  @Flag(help: "End with status 2 when changes wait.") var detailedExitcode = false
  @Option(help: "text or json.") var format = OutputFormat.text

  func validate() throws {
    if out != nil, worktree || asOf != nil {
      throw ValidationError("a plan of the working tree or of another instant cannot be applied, so it is not saved")
    }
    if format != .text, format != .json { throw ValidationError("`plan` writes text or json") }
  }

  func run() throws {
    let workspace = try Workspace(options: repository)
    let basis: Workspace.Basis = worktree ? .workingTree : .commit(try workspace.resolve(commit))
    var session = try PlanningSession(
      workspace: workspace, basis: basis, at: asOf?.instant ?? SystemClock.now(), ledger: workspace.ledgerState(),
      applier: Applier(applier, in: workspace), selection: selection, fleet: fleet.fleet(selection.host))
    session.takesIn = takeIn
    if !worktree { try workspace.warnOfUncommitted(since: session.reading) }
    session.reading.tellOfComingEnds()
    session.tellOfSigners()
    workspace.tellOfBreakglass(session.ledger)
    if asOf == nil { session.tellOfApprovals() }
    let plan = try session.plan().plan
    switch format {
    case .json: Terminal.writeLine(plan.json.canonicalText)
    default: Terminal.write(PlanText(width: Terminal.width, style: Terminal.outputStyle).text(plan))
    }
    if let out {
      try FileContents.replace(out, with: plan.json.canonicalLine, mode: 0o600)
      Terminal.message("saved to \(visible(out)); apply it with: writ apply \(visible(out))")
    }
    if plan.targets.contains(where: { $0.standing != .complete }) { throw ExitCode(ExitStatus.failed.rawValue) }
    if detailedExitcode, !plan.changes.isEmpty { throw ExitCode(ExitStatus.differs.rawValue) }
  }
}

extension Workspace.Reading {
  /// Says which entries end within the `warn-before` of their rule: the next plan may be the one that takes them away.
  func tellOfComingEnds() {
    for finding in findings where finding.slug == .entryEndsSoon {
      Terminal.message(
        "warning: \(policy.sources.place(of: finding.span)): \(visible(finding.message)); \(visible(finding.help))")
    }
  }
}

extension Workspace {
  /// What the ledger says, verified; nil when there is none.
  func ledgerState() throws -> LedgerState? {
    let ledger = try openLedger(.reading)
    defer { ledger.close() }
    if let reason = ledger.staleness {
      Terminal.message(
        "warning: the ledger's upstream could not be read, so what follows may be old: \(visible(reason))")
    }
    return try ledger.read()
  }

  /// Says which policy files differ from the commit that is looked at.
  func warnOfUncommitted(since reading: Reading) throws {
    guard repository.workingTree != nil, let commit = reading.commit else { return }
    let changed = try uncommitted(since: commit)
    guard !changed.isEmpty else { return }
    Terminal.message(
      "note: not looked at, because not committed: \(changed.map(visible).joined(separator: ", ")) (`--worktree` looks)"
    )
  }
}
