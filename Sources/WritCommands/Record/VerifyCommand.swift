internal import ArgumentParser
internal import WritApply
internal import WritDigest
internal import WritPolicy
internal import WritSyntax
internal import WritSystem

struct VerifyCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "verify",
    abstract: "Verify the whole ledger: chain, signatures, plans, checkpoint, and what hosts remember.",
    discussion: """
      Exit status: 0 when everything verifies, 9 when anything does not. What could not be proved is said either way.

      An export holds the ledger and a script that verifies it with `ssh-keygen` and `sha256sum` alone. A ledger that does
      not verify is not exported.

      Example: writ verify --export ledger.zip
      """)

  @OptionGroup var repository: RepositoryOptions
  @OptionGroup var applier: ApplierOptions
  @OptionGroup var selection: TargetSelection
  @OptionGroup var fleet: FleetOptions
  @Option(
    help: ArgumentHelp("Write the ledger, ready to verify without writ, to FILE (.zip or .tar).", valueName: "file"))
  var export: String?
  @Option(help: "text or json.") var format = OutputFormat.text

  func validate() throws {
    if let export, Self.archive(of: export) == nil { throw ValidationError("--export writes FILE.zip or FILE.tar") }
    guard [.text, .json].contains(format) else { throw ValidationError("--format is text or json") }
  }

  private static func archive(of path: String) -> Ledger.Archive? {
    Ledger.Archive.allCases.first { path.hasSuffix("." + $0.rawValue) }
  }

  func run() throws {
    let workspace = try Workspace(options: repository)
    let ledger = try workspace.openLedger(.reading)
    defer { ledger.close() }
    guard let report = try ledger.verify() else {
      throw try withoutLedger(workspace)
    }
    var found = Verification(report: report)
    if let reason = ledger.staleness { found.unproved.append("the upstream could not be read: \(visible(reason))") }
    if let state = report.state {
      compareWitnesses(workspace, state, &found)
      judgeApprovals(workspace, state, &found)
    }
    Terminal.writeLine(format == .json ? found.json.canonicalText : found.text)
    guard found.report.faults.isEmpty, let state = report.state else {
      let count = found.report.faults.count
      throw CommandFailure(.unverified, "the ledger does not verify: \(count) \(count == 1 ? "fault" : "faults")")
    }
    if let export, let archive = Self.archive(of: export) {
      try FileContents.replace(export, with: ledger.exported(state, as: archive), mode: 0o644)
      Terminal.message("wrote \(visible(export)): unpack it and run `sh verify.sh`")
    }
  }

  /// What needed approvals is told by the policy, which lies in this repository and not in the ledger.
  private func judgeApprovals(
    _ workspace: Workspace, _ state: LedgerState, _ found: inout Verification
  ) {
    let replay = ApprovalReplay(workspace, state.entries)
    found.report.faults += replay.faults
    for sequence in replay.unread {
      found.unproved.append("that entry \(sequence) had the approvals it needed: its commits could not be read")
    }
    for open in state.approvals.openBreakglass {
      found.unproved.append("that anybody approved what entry \(open.sequence) let in: it is not signed off")
    }
  }

  /// Every target that the policy names is asked what it remembers; a target that cannot be asked proves nothing.
  private func compareWitnesses(_ workspace: Workspace, _ state: LedgerState, _ found: inout Verification) {
    let session: PlanningSession
    do {
      session = try PlanningSession(
        workspace: workspace, basis: .commit(state.accepted), at: SystemClock.now(), ledger: state,
        applier: Applier(applier, in: workspace), selection: selection, fleet: fleet.fleet(selection.host))
    } catch {
      found.unproved.append(
        "what the targets remember: commit \(visible(String(state.accepted.prefix(10)))) could not be read")
      return
    }
    found.report.remarks += SignerCount.inactive(state, session.reading)
    found.report.faults += state.faults(ofWitnesses: Self.witnesses(session, &found.unproved))
  }

  private static func witnesses(
    _ session: PlanningSession, _ unproved: inout [String]
  ) -> [(name: String, head: LedgerHead)] {
    let answers = session.fleet.crew.map(session.targets) { target in Result { try target.readHead() } }
    var witnesses: [(name: String, head: LedgerHead)] = []
    for (target, answer) in zip(session.targets, answers) {
      switch answer {
      case .success(let head?): witnesses.append((target.name.description, head))
      case .success(nil): unproved.append("\(target.name) remembers no ledger")
      case .failure(let error):
        let reason = CommandFailure.from(error)?.message ?? visible(String(describing: error))
        unproved.append("\(target.name) could not be asked: \(reason)")
      }
    }
    return witnesses
  }

  /// Where there is no ledger, the targets of the present policy say whether there was one.
  private func withoutLedger(_ workspace: Workspace) throws -> CommandFailure {
    let none = CommandFailure("there is no ledger to verify", hint: "`writ apply --bootstrap` begins it")
    guard let commit = try? workspace.resolve("HEAD") else { return none }
    let session = try PlanningSession(
      workspace: workspace, basis: .commit(commit), at: SystemClock.now(), ledger: nil,
      applier: Applier(applier, in: workspace), selection: selection, fleet: fleet.fleet(selection.host))
    var unproved: [String] = []
    let witnesses = Self.witnesses(session, &unproved)
    guard !witnesses.isEmpty else { return none }
    for witness in witnesses {
      Terminal.writeLine(
        "ledger: rewritten: \(witness.name) remembers \(witness.head.size) entries, there is no ledger")
    }
    return CommandFailure(.unverified, "the ledger is gone", hint: "push the branch `writ/ledger` again from any clone")
  }
}
