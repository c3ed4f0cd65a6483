internal import WritApply
internal import WritDigest
internal import WritGit
internal import WritHostLinux
internal import WritPlan
internal import WritPolicy
internal import WritRender
internal import WritSyntax
internal import WritSystem

/// One run of `apply`, step by step.
struct Applying {
  let workspace: Workspace
  let commit: String
  let ledger: Ledger
  let applier: Applier
  let selection: TargetSelection
  let extent: Intent.Extent
  let runner: String?
  /// Why this goes in without the approvals it needs; nil when it shall not.
  let breakglass: String?
  let fleet: Fleet
  /// Whether what is older than writ becomes writ's where the policy names it.
  var takesIn = false

  /// How often it is planned anew because somebody else applied in the meantime.
  static let attempts = 3

  func session(_ state: LedgerState?, _ selection: TargetSelection? = nil) throws -> PlanningSession {
    var session = try PlanningSession(
      workspace: workspace, basis: .commit(commit), at: SystemClock.now(), ledger: state, applier: applier,
      selection: selection ?? self.selection, fleet: fleet)
    session.takesIn = takesIn
    return session
  }

  private func byName(_ targets: [any Target]) -> [TargetName: any Target] {
    Dictionary(targets.map { ($0.name, $0) }) { first, _ in first }
  }

  /// Begins the ledger.
  func begin() throws {
    // Also targets that this run leaves alone may remember a ledger.
    let session = try session(nil, selection.all)
    try CommitCheck(workspace: workspace, commit: commit).isOnBranch(session.reading.policy)
    guard let written = session.reading.policy.settings.signers else {
      throw CommandFailure(
        .invalidPolicy, "the policy names no signers, so nobody could sign the ledger",
        hint: "settings: { signers: signers/allowed_signers }")
    }
    let signer = try applier.signer(by: session.signers)
    let text = try workspace.contents(of: workspace.options.policies + "/" + written.value, at: commit) ?? []
    let genesis = Genesis(
      origin: workspace.ledgerOrigin, signers: String(decoding: text, as: UTF8.self),
      threshold: session.reading.policy.settings.keyThreshold, commit: commit,
      tree: try workspace.policyTree(at: commit))
    try ledger.begin(genesis, signer: signer, runner: runner, targets: session.targets, crew: fleet.crew)
    Terminal.message("began the ledger `\(workspace.ledgerOrigin)` with the signers of commit \(commit.prefix(10))")
  }

  /// Closes what an interrupted run left open.
  func recover(abandonment: String?) throws {
    guard let state = try ledger.read() else { throw LedgerError.none }
    // Also targets that this run leaves alone: what became of them is told by looking.
    let session = try session(state, selection.all)
    let executor = Executor(
      ledger: ledger, signer: try applier.signer(by: state.signers), runner: runner, crew: fleet.crew)
    let found: Recovery?
    do throws(LedgerError) {
      found = try executor.recover(targets: byName(session.targets), abandonment: abandonment)
    } catch .openIntent {
      guard let state = try ledger.read(), let open = state.openIntent else { throw LedgerError.moved }
      // Otherwise a stolen key could keep itself among the signers by one intent after another.
      guard try takesOut(open, session.reading.policy, state) else {
        throw CommandFailure(atWork: open)
      }
      Terminal.message(
        "\(open.actor) has an apply open, and this commit takes the key it was begun with from the signers")
      return
    }
    guard let recovery = found else { return }
    warn(of: recovery.unwitnessed)
    if let outcome = recovery.outcome {
      Terminal.message(
        "entry \(recovery.intent.sequence) was interrupted; the targets show \(LedgerText.counts(outcome.results)) "
          + "(recorded as entry \(recovery.entry))")
    } else {
      Terminal.message("gave up entry \(recovery.intent.sequence) (recorded as entry \(recovery.entry))")
    }
  }

  func warn(of unwitnessed: [TargetName: String]) {
    for (target, reason) in unwitnessed.sorted(by: { $0.key < $1.key }) {
      Terminal.message("warning: the ledger's head could not be left on \(target): \(visible(reason))")
    }
  }

  /// Plans and carries out; plans anew when somebody else was faster.
  func apply(saved: Plan?) throws -> ApplyOutcome {
    for attempt in 1... {
      guard let state = try ledger.read() else { throw LedgerError.none }
      do {
        return try applyOnce(on: state, saved: saved)
      } catch LedgerError.moved where attempt < Self.attempts && saved == nil {
        Terminal.message("somebody else applied in the meantime; planning anew")
      }
    }
    throw LedgerError.moved
  }

  private func applyOnce(on state: LedgerState, saved: Plan?) throws -> ApplyOutcome {
    let session = try session(state)
    let check = CommitCheck(workspace: workspace, commit: commit)
    try check.isNoStepBack(from: state.newest)
    try check.isOnBranch(
      state.accepted == commit ? session.reading.policy : try workspace.branchPolicy(of: state.accepted))
    let signer = try applier.signer(by: state.signers)
    let result = try session.plan()
    if let saved { try SavedPlanCheck(saved: saved, now: result.plan).isFresh() }
    let overrides = try passGuards(result.plan.guards)
    let admission = try admitted(on: state, at: session.reading.instant, applier: signer.actor)
    let text = PlanText(width: Terminal.width, style: Terminal.outputStyle)
    var shown = extent == .revocations ? result.plan.onlyRevocations : result.plan
    // They were said already, before anything else.
    shown.guards = []
    // Why a target could not be read stands there too.
    let isWhole = shown.targets.allSatisfy { $0.standing == .complete }
    if !shown.changes.isEmpty || !isWhole { Terminal.write(text.text(shown) + "\n") }
    let executor = Executor(ledger: ledger, signer: signer, runner: runner, stop: .bySignal, crew: fleet.crew)
    let state =
      try mayChangeSigners(
        session.reading.policy, on: state, at: session.reading.instant, applier: signer.actor)
      ? changeSigners(session, on: state, signer) : state
    if state.openIntent != nil {
      try recover(abandonment: "its key was taken from the signers")
      throw LedgerError.moved
    }
    try recordExpired(on: Self.reached(session.targets, result.plan), since: state, signer)
    let current = try ledger.read() ?? state
    let progress = ApplyProgress(total: shown.changes.count)
    let outcome = try executor.execute(
      result.plan, tree: try workspace.policyTree(at: commit), on: current, extent: extent, overrides: overrides,
      approval: admission.approval, breakglass: admission.breakglass, targets: byName(session.targets),
      progress: progress.note)
    ProgressLine.clear()
    session.rememberTrees()
    try session.rememberVaults()
    return outcome
  }

  /// Those that the plan could read.
  private static func reached(_ targets: [any Target], _ plan: Plan) -> [any Target] {
    let down = plan.targets.filter { if case .unreachable = $0.standing { true } else { false } }.map(\.target)
    return targets.filter { !down.contains($0.name) }
  }

  /// Writes down what timers on hosts took away by themselves since the last complete apply: it was applied, so the ledger shows it.
  private func recordExpired(on targets: [any Target], since state: LedgerState, _ signer: LedgerSigner) throws {
    for case let host as any HostTarget in targets {
      guard let base = state.base[host.name] else { continue }
      let beginning = "\(host.name) by itself: "
      let known = Set(
        state.entries.flatMap { entry -> [String] in
          guard case .annotation(let annotation) = entry.record, annotation.text.hasPrefix(beginning) else { return [] }
          return annotation.text.dropFirst(beginning.count).split(separator: "; ").map(String.init)
        })
      let found: [LinuxHost.Expired]
      do { found = try host.expired(after: base.at) } catch {
        Terminal.message(
          "warning: what ended by itself on \(host.name) could not be read: \(CommandFailure.from(error)?.message ?? visible("\(error)"))"
        )
        continue
      }
      let lines = found.map { "\($0.time.rfc3339) \($0.text)" }.filter { !known.contains($0) }
      guard !lines.isEmpty else { continue }
      let text = beginning + lines.joined(separator: "; ")
      Terminal.message("recorded: " + visible(text))
      try ledger.append(.annotation(Annotation(text: text)), signer: signer, runner: runner, .retrying)
    }
  }

  /// Stops where a guard trips that no trailer speaks for; otherwise what the ledger keeps of the trailers.
  private func passGuards(_ guards: [TrippedGuard]) throws -> [GuardOverride] {
    let stopping = guards.filter(\.stops)
    guard stopping.isEmpty else {
      for trip in stopping {
        let commits = trip.commits.map { String($0.prefix(10)) }.joined(separator: ", ")
        Terminal.message(
          "guard \(trip.name.rawValue): \(visible(trip.text))" + (commits.isEmpty ? "" : " (by commit \(commits))"))
      }
      throw CommandFailure(
        .guardTripped, "a guard stands in the way, and nothing was changed",
        hint: "if it is meant: a commit whose message ends with `Writ-Override: \(stopping[0].name.rawValue) REASON`")
    }
    var overrides: [GuardOverride] = []
    for trip in guards {
      Terminal.message("overridden guard \(trip.name.rawValue): \(visible(trip.text))")
      for written in trip.overrides {
        let override = GuardOverride(guardName: written.name, commit: written.commit, reason: written.reason)
        if !overrides.contains(override) { overrides.append(override) }
      }
    }
    return overrides
  }

  /// Lets go of a target that left the policy and cannot be emptied any more.
  func release(_ target: TargetName, because reason: String) throws {
    guard let state = try ledger.read() else { throw LedgerError.none }
    let policy = try workspace.read(.commit(commit), at: SystemClock.now()).policy
    let bases = PlanBases(workspace: workspace, ledger: state)
    let leaving = LeavingTargets(workspace: workspace, policy: policy, ledger: state, bases: bases)
    guard leaving.names.contains(target) else {
      throw CommandFailure(
        policy.names(target)
          ? "\(target) is in the policy, so it is not let go"
          : "the ledger knows no \(target) that has left the policy",
        hint: leaving.names.isEmpty
          ? "" : "those that have: \(leaving.names.map(\.description).joined(separator: ", "))")
    }
    let check = CommitCheck(workspace: workspace, commit: commit)
    try check.isNoStepBack(from: state.newest)
    try check.isOnBranch(try workspace.branchPolicy(of: state.accepted))
    let record = Release(target: target, reason: reason)
    let appended = try ledger.append(
      .release(record), signer: try applier.signer(by: state.signers), runner: runner, .exactly(state))
    Terminal.writeLine(
      "let go of \(target) (ledger entry \(appended.entry.sequence)); what is there stays there, and is writ's no more")
  }
}

extension Workspace {
  /// What the ledger calls itself: the remote without its scheme, or the name of the repository's folder.
  var ledgerOrigin: String {
    var text: String
    if let url = repository.originURL {
      text = url
      if let scheme = text.firstRange(of: "://") { text = String(text[scheme.upperBound...]) }
      if let user = text.firstIndex(of: "@") { text = String(text[text.index(after: user)...]) }
    } else {
      let folder = repository.workingTree ?? repository.commonDirectory
      text = "local/" + (folder.split(separator: "/").last.map(String.init) ?? "repository")
    }
    if text.hasSuffix(".git") { text.removeLast(4) }
    return String(text.filter { $0.isASCII && ($0.isLetter || $0.isNumber || "./:_-".contains($0)) }.prefix(200))
  }
}
