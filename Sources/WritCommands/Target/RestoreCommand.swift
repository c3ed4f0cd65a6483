internal import ArgumentParser
internal import WritApply
internal import WritHostLinux
internal import WritPlan
internal import WritPolicy
internal import WritSyntax
internal import WritSystem

struct RestoreCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "restore",
    abstract: "Look whether the snapshots of a tree can be restored.",
    discussion: """
      On every host that backs RESOURCE up, the newest snapshot is compared with the list that was written with it: names, \
      owners, modes, ACLs, times, and the contents of every file by their digest. Then a sample is restored on trial into \
      a folder that only root gets at, and compared again; the folder goes afterwards. The live tree is not touched.

      Only `--check` is there: restoring for good is a copy by the host's root, `cp -a SNAPSHOT/tree/. TREE/`, and then \
      `writ apply`, which brings owners and modes to what the policy says now.

      Exit status: 0 when all is in order, 2 when a snapshot does not hold what it says or is overdue, 1 when something \
      could not be looked at, 3 when no such backup is in the policy. Hosts need root.

      Example: writ restore --check conda-envs
      Example: writ restore --check conda-envs --host gpu01 --snapshot 20261121T194109Z --all
      """)

  @OptionGroup var repository: RepositoryOptions
  @OptionGroup var applier: ApplierOptions
  @OptionGroup var fleet: FleetOptions
  @Argument(help: "A resource whose tree is backed up.") var resource: String
  @Flag(help: "Look, and change nothing.") var check = false
  @Option(help: "Only on this host.") var host: [String] = []
  @Option(help: ArgumentHelp("A snapshot by its name, instead of the newest.", valueName: "snapshot"))
  var snapshot: String?
  @Option(help: "Files and symbolic links that are restored on trial.") var sample = 200
  @Flag(help: "Restore everything on trial; the host needs as much room again.") var all = false
  @Option(help: "Draws another sample; the same seed draws the same one.") var seed: UInt64 = 1

  func validate() throws {
    guard check else {
      throw ValidationError("only `--check` is there; the host's root restores with `cp -a` from the snapshot's `tree`")
    }
    if sample < 0 { throw ValidationError("a sample is 0 or more") }
  }

  func run() throws {
    let workspace = try Workspace(options: repository)
    guard let state = try workspace.ledgerState() else { throw LedgerError.none }
    var selection = TargetSelection()
    (selection.host, selection.vault) = (host, [])
    let session = try PlanningSession(
      workspace: workspace, basis: .commit(state.accepted), at: SystemClock.now(), ledger: state,
      applier: Applier(applier, in: workspace), selection: selection, fleet: fleet.fleet(host))
    let policy = session.reading.policy
    let name = try backedUp(in: policy)
    let places = Set(policy.targets(of: name))
    let targets = session.targets.filter { places.contains($0.name) }
    guard !targets.isEmpty else {
      throw CommandFailure(.invalidPolicy, "`\(name)` is backed up on none of these hosts")
    }
    let question = BackupQuestion(name: name.text, snapshot: snapshot, sample: all ? nil : sample, seed: seed)
    let answers = session.fleet.crew.map(targets) { look($0, question) }
    var status = ExitStatus.done
    for (target, answer) in zip(targets, answers) {
      switch answer {
      case .report(let report):
        for (index, line) in report.lines(at: session.reading.instant).enumerated() {
          Terminal.writeLine(index == 0 ? "\(target.name): \(line)" : line)
        }
        if !report.isFine, status == .done { status = .differs }
      case .failed(let reason):
        Terminal.message("\(target.name): \(reason)")
        status = .failed
      }
    }
    if status != .done { throw ExitCode(status.rawValue) }
  }

  private enum Answer: Sendable {
    case report(BackupReport)
    case failed(String)
  }

  private func backedUp(in policy: Policy) throws -> ResourceName {
    guard let name = ResourceName(validating: resource), let found = policy.resources[name] else {
      throw CommandFailure(.invalidPolicy, "no resource is named `\(visible(resource))`")
    }
    guard case .tree(let tree) = found.kind, tree.backup != nil else {
      throw CommandFailure(.invalidPolicy, "`\(name)` has no `backup`")
    }
    return name
  }

  private func look(_ target: any Target, _ question: BackupQuestion) -> Answer {
    guard let host = target as? any HostTarget else { return .failed("is no host") }
    do { return .report(try host.check(question, at: SystemClock.now())) } catch {
      return .failed(CommandFailure.from(error)?.message ?? visible(String(describing: error)))
    }
  }
}
