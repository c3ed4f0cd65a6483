internal import ArgumentParser
internal import WritApply
internal import WritDigest
internal import WritPlan
internal import WritPolicy
internal import WritRender
internal import WritSyntax
internal import WritSystem

struct ApplyCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "apply", abstract: "Change hosts and vaults so that they are what the commit says, and record it.",
    discussion: """
      Plans anew, pushes a signed intent to the ledger, makes the changes, reads each back, and pushes the outcome. What an \
      interrupted run left is finished first. With FILE, what that saved plan says is applied, or nothing when anything moved.

      Exit status: 0 done or nothing to do, 5 a saved plan or the commit is stale, 6 a signature or approval is missing, 7 a guard \
      tripped, 8 applied in part (run again), 9 the ledger does not verify.

      A target that the policy no longer names is emptied and then let go. One that cannot be reached any more stays in every \
      plan until `--release` lets it go as it is.

      A revocation does not reach what runs already. The plan lists such processes; `--end-sessions` ends them and records it.

      Example: writ apply
      Example: writ apply --bootstrap
      Example: writ apply --take-in --host gpu01
      Example: writ apply --only revocations --end-sessions
      Example: writ apply --release host:gpu07 "scrapped, disks destroyed (OPS-512)"
      """)

  enum Extent: String, ExpressibleByArgument, CaseIterable {
    case revocations
  }

  @OptionGroup var repository: RepositoryOptions
  @OptionGroup var applier: ApplierOptions
  @OptionGroup var selection: TargetSelection
  @OptionGroup var fleet: FleetOptions

  @Argument(help: "A plan that `writ plan --out` saved.") var file: String?
  @Option(help: "revocations: only take away what the policy no longer gives.") var only: Extent?
  @Flag(help: "End processes on this machine that keep rights which their account has lost.") var endSessions = false
  @Flag(help: "The first apply of all: begin the ledger, and trust the signers that this commit names.")
  var bootstrap = false
  @Flag(
    help:
      "Make accounts, groups and key files writ's that are older than it, where the policy names them; otherwise they are conflicts."
  )
  var takeIn = false
  @Option(help: ArgumentHelp("Give up somebody else's interrupted apply, and say why.", valueName: "reason"))
  var abandon: String?
  @Option(
    parsing: .upToNextOption,
    help: ArgumentHelp(
      "Let go of a target that left the policy and cannot be reached, host:NAME or vault:NAME, and say why; nothing is applied.",
      valueName: "target reason"))
  var release: [String] = []
  @Option(
    help: ArgumentHelp(
      "Apply without the approvals that are missing, and say why. It is recorded, and shown until it is signed off.",
      valueName: "reason"))
  var breakglass: String?
  @Option(help: ArgumentHelp("Where this runs, for the ledger: the id of a CI job.", valueName: "text"))
  var runner: String?

  func validate() throws {
    if breakglass.map({ $0.allSatisfy(\.isWhitespace) }) == true {
      throw ValidationError("`--breakglass` needs a reason")
    }
    if breakglass != nil, only != nil {
      throw ValidationError("revocations need no approval, so there is no glass to break")
    }
    if file != nil, only != nil { throw ValidationError("a saved plan is applied whole or not at all") }
    guard !release.isEmpty else { return }
    guard release.count == 2, TargetName(release[0]) != nil, !release[1].allSatisfy(\.isWhitespace) else {
      throw ValidationError("`--release` takes a target, such as host:gpu01, and a reason in quotes")
    }
    if file != nil || only != nil || bootstrap { throw ValidationError("`--release` applies nothing") }
  }

  func run() throws {
    StopRequest.listenToSignals()
    let workspace = try Workspace(options: repository)
    let saved = try file.map(Self.savedPlan)
    let commit = try workspace.resolve("HEAD")
    try saved.map { try SavedPlanCheck.isFor(commit: commit, $0) }
    try CommitCheck(workspace: workspace, commit: commit).mayBeApplied()
    let ledger = try workspace.openLedger(.writing)
    defer { ledger.close() }
    let applying = Applying(
      workspace: workspace, commit: commit, ledger: ledger, applier: try Applier(applier, in: workspace),
      selection: saved.map(selection.within) ?? selection, extent: only == nil ? .all : .revocations, runner: runner,
      breakglass: breakglass, fleet: fleet.fleet(selection.host), takesIn: takeIn)
    if bootstrap {
      try applying.begin()
    } else if try ledger.read() == nil {
      throw CommandFailure(LedgerError.none)
    }
    try applying.recover(abandonment: abandon)
    if let target = release.first.flatMap({ TargetName($0) }) {
      return try applying.release(target, because: release[1])
    }
    try applying.signOff()
    defer { workspace.tellOfBreakglass(try? ledger.read()) }
    let outcome = try applying.apply(saved: saved)
    applying.warn(of: outcome.unwitnessed)
    if endSessions { try applying.endSessions() }
    try report(outcome)
  }

  private static func savedPlan(_ path: String) throws -> Plan {
    do { return try Plan(json: JSONValue(canonicalLine: try FileContents.read(path))) } catch let error as SystemError {
      throw CommandFailure(visible(error.description))
    } catch {
      throw CommandFailure("`\(visible(path))` is no plan that this version saved")
    }
  }

  private func report(_ outcome: ApplyOutcome) throws {
    if let reason = outcome.waiting {
      Terminal.message(
        "warning: the outcome could not be pushed and goes out first the next time: \(visible(reason))")
    }
    if outcome.isGivenUp {
      Terminal.message("warning: somebody gave this apply up while it was at work, so its outcome is not in the ledger")
    }
    switch outcome.standing {
    case .nothingToDo: Terminal.writeLine("nothing to do")
    case .complete:
      Terminal.writeLine(
        "applied: \(LedgerText.counts(outcome.results))" + (outcome.outcome.map { " (ledger entry \($0))" } ?? ""))
    case .partial:
      Terminal.writeLine(
        "applied in part: \(LedgerText.counts(outcome.results))"
          + (outcome.outcome.map { " (ledger entry \($0))" } ?? ""))
      for (target, standing) in outcome.targets.sorted(by: { $0.key < $1.key }) where standing == .unreachable {
        Terminal.message("\(target) could not be read")
      }
      for result in outcome.results where !result.result.isOK {
        Terminal.message(
          "\(result.target) \(visible(result.object)): \(LedgerText.name(of: result.result.status)): "
            + LedgerText.reason(of: result.result.status))
      }
      throw CommandFailure(
        .partial, outcome.wasStopped ? "stopped at a safe point, as asked" : "something remains",
        hint: "`writ apply` goes on with it")
    }
  }
}
