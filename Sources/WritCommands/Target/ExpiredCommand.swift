internal import ArgumentParser
internal import WritApply
internal import WritDigest
internal import WritPlan
internal import WritPolicy
internal import WritRender
internal import WritSyntax
internal import WritSystem

struct ExpiredCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "expired",
    abstract: "List what is over: entries, and with --overstay what targets still show of them.",
    discussion: """
      Without `--overstay` it reads the policy alone and lists entries whose end has passed. With it, it asks the hosts and \
      vaults, and lists what they still give although the policy says that its time is over: an apply or a host's own timer \
      that did not run. Nothing is changed.

      Exit status: 0; with `--overstay` 2 when something is found, 1 when a target could not be read whole.

      Example: writ expired
      Example: writ expired --overstay --host gpu01
      """)

  @OptionGroup var repository: RepositoryOptions
  @OptionGroup var applier: ApplierOptions
  @OptionGroup var selection: TargetSelection
  @OptionGroup var fleet: FleetOptions
  @Option(help: ArgumentHelp("Ask the policy of this commit instead of HEAD.", valueName: "commit")) var commit = "HEAD"
  @Flag(help: "Look at hosts and vaults, and list what they still show.") var overstay = false
  @Option(help: "text or json.") var format = OutputFormat.text

  func validate() throws {
    if format != .text, format != .json { throw ValidationError("`expired` writes text or json") }
    if !overstay, !selection.isAll { throw ValidationError("targets are looked at with `--overstay` only") }
  }

  func run() throws {
    let workspace = try Workspace(options: repository)
    let basis = Workspace.Basis.commit(try workspace.resolve(commit))
    if overstay { return try show(overstaying(workspace, basis)) }
    let found = try workspace.read(basis, at: SystemClock.now())
    let report = ExpiringReport(
      edges: [], entries: found.policy.entries(endingAfter: .distantPast, upTo: found.instant), rotations: [],
      at: found.instant, sources: found.policy.sources)
    switch format {
    case .json: Terminal.writeLine(report.json(commit: found.commit).canonicalText)
    default: Terminal.write(report.entries.isEmpty ? "nothing that is written is over\n" : report.text)
    }
  }

  /// The changes that an apply would make because a written end has passed. What it would make for other reasons besides is not
  /// among them.
  private func overstaying(_ workspace: Workspace, _ basis: Workspace.Basis) throws -> Plan {
    let session = try PlanningSession(
      workspace: workspace, basis: basis, at: SystemClock.now(), ledger: workspace.ledgerState(),
      applier: Applier(applier, in: workspace), selection: selection, fleet: fleet.fleet(selection.host))
    var plan = try session.plan().plan
    for index in plan.targets.indices {
      plan.targets[index].changes = plan.targets[index].changes.compactMap { change in
        guard change.phase == .revoke else { return nil }
        var change = change
        change.causes.removeAll { $0.kind != .ended }
        return change.causes.isEmpty ? nil : change
      }
    }
    return plan
  }

  private func show(_ plan: Plan) throws {
    switch format {
    case .json: Terminal.writeLine(plan.json.canonicalText)
    default:
      let drawn = PlanText(width: Terminal.width, style: Terminal.outputStyle)
      for target in plan.targets where !target.changes.isEmpty || target.standing != .complete {
        Terminal.write(drawn.section(target, base: plan.base[target.target]) + "\n")
      }
      let count = plan.changes.count
      Terminal.writeLine(
        count == 0
          ? "nothing outstays its end"
          : "\(count) \(count == 1 ? "object outstays" : "objects outstay") an end; `writ apply --only revocations` takes it away"
      )
    }
    if plan.targets.contains(where: { $0.standing != .complete }) { throw ExitCode(ExitStatus.failed.rawValue) }
    if !plan.changes.isEmpty { throw ExitCode(ExitStatus.differs.rawValue) }
  }
}
