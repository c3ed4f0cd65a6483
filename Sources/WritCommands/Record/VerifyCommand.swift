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

      Example: writ verify
      """)

  @OptionGroup var repository: RepositoryOptions
  @OptionGroup var applier: ApplierOptions
  @OptionGroup var selection: TargetSelection

  func run() throws {
    let workspace = try Workspace(options: repository)
    let ledger = try workspace.openLedger(.reading)
    defer { ledger.close() }
    guard var report = try ledger.verify() else {
      throw try withoutLedger(workspace)
    }
    var unproved: [String] = []
    if let reason = ledger.staleness { unproved.append("the upstream could not be read: \(visible(reason))") }
    if let state = report.state { compareWitnesses(workspace, state, &report, &unproved) }
    for fault in report.faults { Terminal.writeLine(visible(fault.description)) }
    for remark in report.remarks { Terminal.writeLine("remark: " + visible(remark.description)) }
    if let state = report.state { for line in SignerCount.lines(state) { Terminal.writeLine(line) } }
    let kinds = report.kinds.sorted { $0.key < $1.key }.map { "\($0.value) \($0.key)" }.joined(separator: ", ")
    Terminal.writeLine(
      "\(report.head.size) \(report.head.size == 1 ? "entry" : "entries") (\(kinds)), root \(report.head.root.hex)")
    unproved += [
      "that no newer entry exists than the \(report.head.size) seen here: a frozen upstream looks the same",
      "anything against somebody who is root on every host and holds the applier's key",
      "that authors and dates of unsigned commits are true: they are claims",
    ]
    Terminal.writeLine("not proved:")
    for line in unproved { Terminal.writeLine("  - " + line) }
    guard report.faults.isEmpty else {
      throw CommandFailure(
        .unverified,
        "the ledger does not verify: \(report.faults.count) \(report.faults.count == 1 ? "fault" : "faults")")
    }
    Terminal.writeLine("verified")
  }

  /// Every target that the policy names is asked what it remembers; a target that cannot be asked proves nothing.
  private func compareWitnesses(
    _ workspace: Workspace, _ state: LedgerState, _ report: inout LedgerReport, _ unproved: inout [String]
  ) {
    let session: PlanningSession
    do {
      session = try PlanningSession(
        workspace: workspace, basis: .commit(state.accepted), at: SystemClock.now(), ledger: state,
        applier: Applier(applier, in: workspace), selection: selection)
    } catch {
      unproved.append("what the targets remember: commit \(state.accepted.prefix(10)) could not be read")
      return
    }
    report.remarks += SignerCount.inactive(state, session.reading)
    report.faults += state.faults(ofWitnesses: Self.witnesses(session.targets, &unproved))
  }

  private static func witnesses(
    _ targets: [any Target], _ unproved: inout [String]
  ) -> [(name: String, head: LedgerHead)] {
    var witnesses: [(name: String, head: LedgerHead)] = []
    for target in targets {
      do {
        if let head = try target.readHead() {
          witnesses.append((target.name.description, head))
        } else {
          unproved.append("\(target.name) remembers no ledger")
        }
      } catch {
        unproved.append(
          "\(target.name) could not be asked: \(CommandFailure.from(error)?.message ?? visible(String(describing: error)))"
        )
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
      applier: Applier(applier, in: workspace), selection: selection)
    var unproved: [String] = []
    let witnesses = Self.witnesses(session.targets, &unproved)
    guard !witnesses.isEmpty else { return none }
    for witness in witnesses {
      Terminal.writeLine(
        "ledger: rewritten: \(witness.name) remembers \(witness.head.size) entries, there is no ledger")
    }
    return CommandFailure(.unverified, "the ledger is gone", hint: "push the branch `writ/ledger` again from any clone")
  }
}
