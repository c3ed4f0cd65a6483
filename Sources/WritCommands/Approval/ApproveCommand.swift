internal import ArgumentParser
internal import WritApply
internal import WritHistory
internal import WritPolicy
internal import WritRender
internal import WritSSHSignature
internal import WritSyntax
internal import WritSystem

struct ApproveCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "approve", abstract: "Sign what a change gives, so that it may be applied.",
    discussion: """
      Shows every access and sensitive change that an approval rule of the accepted commit is about and that you may approve, \
      signs exactly that with your ssh key (`ssh-keygen -Y sign`, namespace `writ-approval-v1`), and pushes it to the branch \
      `writ/approvals`. A rebase or squash that gives the same stays approved; anything else needs its own approval.

      Without a range it is everything from the accepted commit to HEAD. The key may be a file, or a public key whose private \
      half is in the agent or on a security key.

      Exit status: 0 signed, or nothing to approve; 6 when nothing of it is yours to approve.

      Example: writ approve
      Example: writ approve main..their-branch --reason "agreed in review" --key ~/.ssh/id_ed25519.pub
      """)

  @OptionGroup var repository: RepositoryOptions
  @Argument(help: "A..B, A...B, or one commit.") var range: String?
  @Option(
    help: ArgumentHelp(
      "Your ssh key: a private key file, or a public key file whose private half is in the agent. Default: git's `writ.key`.",
      valueName: "file"))
  var key: String?
  @Option(help: ArgumentHelp("Why; it is part of what is signed.", valueName: "text")) var reason: String?
  @Option(
    help: ArgumentHelp(
      "How long it holds: 7d, 12h. Default: 7d, or less where a rule says so.", valueName: "duration"))
  var expiresIn: DurationArgument?
  @Option(
    help: ArgumentHelp("Sign off what went in without approvals by this ledger entry.", valueName: "entry"))
  var breakglass: Int?
  @Flag(help: "Sign without asking.") var yes = false

  /// Seven days.
  static let defaultValidity = Duration(seconds: 7 * 86_400)

  func validate() throws {
    if breakglass != nil, range != nil { throw ValidationError("`--breakglass ENTRY` names the change; give no range") }
    if let reason, !(1...ApprovalStatement.textLimit).contains(reason.utf8.count) {
      throw ValidationError("a reason has 1 to \(ApprovalStatement.textLimit) bytes")
    }
    if let expiresIn, expiresIn.duration > ApprovalStatement.longestValidity || expiresIn.duration.seconds <= 0 {
      throw ValidationError("an approval holds for at most \(ApprovalStatement.longestValidity.seconds / 86_400)d")
    }
  }

  func run() throws {
    let workspace = try Workspace(options: repository)
    guard let key = try Applier.key(key, in: workspace) else {
      throw CommandFailure(
        "no key to sign with", hint: "`--key FILE`, or once for this repository: git config writ.key FILE")
    }
    let state = try workspace.currentLedger()
    let now = SystemClock.now()
    let subject = try subject(workspace, state, at: now)
    let result = subject.result
    guard let approver = result.check.keys.owner(of: key.publicKey) else {
      throw CommandFailure(
        .notApproved, "the key \(key.publicKey.fingerprint) belongs to nobody in the accepted policy",
        hint: "keys are those of commit \(subject.record.accepted.prefix(10)): people's `ssh-keys`, and the signers")
    }
    let own = try subject.range?.items(of: result.needs.change, in: workspace)
    let demands = result.needs.demands.filter { subject.range?.contains($0.item, of: own) ?? true }
    guard !demands.isEmpty else { return Terminal.writeLine("nothing here needs an approval") }
    let mine = demands.filter { $0.eligible.contains(approver) }
    guard !mine.isEmpty else { throw notEligible(approver, demands) }
    warn(of: demands, mine, approver)
    let statement = statement(mine, by: approver, subject, at: now)
    // Opened before anybody is asked: nothing is signed that cannot be handed on.
    let branch = try workspace.openApprovals(.writing)
    defer { branch.close() }
    Terminal.write(ApprovalText(style: Terminal.outputStyle).text(statement))
    try confirm()
    if key.publicKey.type.hasPrefix("sk-") { Terminal.message("touch the security key when it blinks") }
    let armour = try key.sign(statement.canonicalLine, namespace: ApprovalStatement.format)
    let copy = ApprovalCopy(
      statement: String(decoding: statement.canonicalLine, as: UTF8.self),
      signature: String(decoding: armour, as: UTF8.self))
    do throws(ApprovalCheck.Refusal) { _ = try result.check.valid(copy, at: SystemClock.now()) } catch {
      throw CommandFailure(.notApproved, "the approval would not count: \(visible(error.reason))")
    }
    try branch.add(copy, by: approver, at: now)
    Terminal.writeLine(
      "approved as \(approver): \(Self.counted(statement.items.count)), until \(statement.expires.rfc3339)")
  }

  /// What is to be approved: a change that waits, or one that went in without.
  private struct Subject {
    var record: ApprovalRecord
    var result: ApprovalReading.Result
    var head: String
    var range: ApprovalRange?
  }

  private func subject(_ workspace: Workspace, _ state: LedgerState, at now: Instant) throws -> Subject {
    if let breakglass {
      guard let open = state.approvals.openBreakglass.first(where: { $0.sequence == breakglass }) else {
        throw CommandFailure(
          "ledger entry \(breakglass) let nothing in that still has to be signed off",
          hint: "`writ approvals` lists what has")
      }
      let reading = ApprovalReading(workspace, open, in: state)
      return Subject(record: state.approvals, result: try reading.result(), head: open.breakglass.commit)
    }
    let range = try ApprovalRange(range, accepted: state.accepted, in: workspace)
    if self.range == nil {
      let changed = try workspace.uncommitted(since: range.head)
      guard changed.isEmpty else {
        throw CommandFailure(
          "the working tree has policy that is not committed: \(changed.map(visible).joined(separator: ", "))",
          hint: "only commits are approved: commit or stash it, or name the range")
      }
    }
    let reading = ApprovalReading(workspace, state.approvals, head: range.head, at: now, applier: nil)
    return Subject(record: state.approvals, result: try reading.result(), head: range.head, range: range)
  }

  private func statement(
    _ demands: [ApprovalDemand], by approver: PrincipalName, _ subject: Subject, at now: Instant
  ) -> ApprovalStatement {
    let longest = demands.compactMap(\.maxAge).min() ?? Self.defaultValidity
    let validity = expiresIn?.duration ?? min(longest, Self.defaultValidity)
    return ApprovalStatement(
      repository: subject.record.repository, accepted: subject.record.accepted, head: subject.head,
      approver: approver, signed: now, expires: now + validity, reason: reason, breakglass: breakglass,
      items: demands.map(\.item))
  }

  private func notEligible(_ approver: PrincipalName, _ demands: [ApprovalDemand]) -> CommandFailure {
    for demand in demands {
      let why = demand.excluded[approver].map { "you are the \($0.rawValue)" } ?? "the rule does not name you"
      Terminal.message("\(ApprovalText.line(demand.item)): \(why) (\(visible(demand.rule.text)))")
    }
    return CommandFailure(.notApproved, "nothing of this is for \(approver) to approve")
  }

  /// What somebody else has to approve is left out, and that is said.
  private func warn(of demands: [ApprovalDemand], _ mine: [ApprovalDemand], _ approver: PrincipalName) {
    let items = Set(mine.map(\.item))
    for demand in demands where !items.contains(demand.item) {
      let why = demand.excluded[approver].map { "you are the \($0.rawValue)" } ?? "the rule does not name you"
      Terminal.message("left out, because \(why): \(ApprovalText.line(demand.item))")
    }
  }

  private func confirm() throws {
    if yes { return }
    guard Terminal.inputIsTerminal else {
      throw CommandFailure("nobody is there to say yes", hint: "`--yes` signs without asking")
    }
    Terminal.ask("Sign this? [y/N] ")
    guard let answer = readLine(), ["y", "yes"].contains(answer.lowercased()) else {
      throw CommandFailure("nothing was signed")
    }
  }

  private static func counted(_ items: Int) -> String { "\(items) \(items == 1 ? "item" : "items")" }
}

extension Workspace {
  /// The ledger as its upstream has it now.
  ///
  /// - Throws: ``CommandFailure`` when there is none, or the upstream does not answer: what was accepted last is not known then.
  func currentLedger() throws -> LedgerState {
    let ledger = try openLedger(.reading)
    defer { ledger.close() }
    if let reason = ledger.staleness { throw LedgerError.unreachable(upstream: ledger.upstream.url, reason: reason) }
    guard let state = try ledger.read() else {
      throw CommandFailure(
        "there is no ledger yet, so nothing needs an approval",
        hint: "the first apply of all, `writ apply --bootstrap`, takes the commit as it is")
    }
    return state
  }
}
