internal import ArgumentParser
internal import WritApply
internal import WritDigest
internal import WritHostLinux
internal import WritPlan
internal import WritPolicy
internal import WritSyntax
internal import WritSystem
internal import WritVaultAge

struct ProveCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "prove",
    abstract: "Ask hosts and vaults whether they allow what the policy gives, and forbid the rest.",
    discussion: """
      In the name of every account that writ made on a host the kernel is asked about file trees, the account files about \
      system groups, sshd and the key files about logins, sudo about commands with arguments within and beyond their \
      bounds, and the loaded rules about egress, with an attempt. Of a vault every file is asked whom it is encrypted \
      to. What counts is the policy last applied there, as it holds now. Nothing is written; what is not asked is named \
      in the answer.

      Exit status: 0 when policy and targets agree, 2 when they do not, 1 when something could not be asked. Hosts need root.

      Example: writ prove
      Example: writ prove --host gpu01 --sample 1000 --seed 7
      """)

  @OptionGroup var repository: RepositoryOptions
  @OptionGroup var applier: ApplierOptions
  @OptionGroup var selection: TargetSelection
  @OptionGroup var fleet: FleetOptions
  @Option(help: "Files of each tree that are asked about beside its root, and accounts about a command of others.")
  var sample = 200
  @Flag(help: "Ask about every file and folder, and every account about every command.") var all = false
  @Option(help: "Draws another sample; the same seed draws the same one from the same tree.") var seed: UInt64 = 1
  @Option(help: "text or json.") var format = OutputFormat.text

  func validate() throws {
    if sample < 0 { throw ValidationError("a sample is 0 or more") }
    guard format == .text || format == .json else { throw ValidationError("`prove` writes text or json") }
  }

  func run() throws {
    let workspace = try Workspace(options: repository)
    guard let state = try workspace.ledgerState() else { throw LedgerError.none }
    let session = try PlanningSession(
      workspace: workspace, basis: .commit(state.accepted), at: SystemClock.now(), ledger: state,
      applier: Applier(applier, in: workspace), selection: selection, fleet: fleet.fleet(selection.host))
    var questions: [(target: any Target, commit: String)] = []
    var readings: [TargetName: Workspace.Reading] = [:]
    for target in session.targets {
      guard let base = state.base[target.name] else {
        Terminal.message("\(target.name) was never applied whole, so there is nothing to prove")
        continue
      }
      readings[target.name] = try workspace.read(.commit(base.commit), at: session.reading.instant)
      questions.append((target, base.commit))
    }
    let answers = session.fleet.crew.map(questions.map(\.target)) { target in
      readings[target.name].map { prove(target, $0) } ?? TargetProof()
    }
    let proofs = zip(questions, answers).map {
      ProofReport(target: $0.target.name, commit: $0.commit, result: $1)
    }
    switch format {
    case .json: Terminal.writeLine(json(proofs, at: session.reading.instant).canonicalText)
    default: for proof in proofs { Terminal.write(proof.text) }
    }
    if proofs.contains(where: { !$0.result.disagreements.isEmpty || !$0.result.faults.isEmpty }) {
      throw ExitCode(ExitStatus.differs.rawValue)
    }
    guard !proofs.isEmpty, proofs.allSatisfy({ $0.result.failed.isEmpty }) else {
      throw ExitCode(ExitStatus.failed.rawValue)
    }
  }

  private func prove(_ target: any Target, _ reading: Workspace.Reading) -> TargetProof {
    do {
      switch (target, target.name) {
      case (let host as any HostTarget, .host(let name)):
        let promise = HostPromise(name, policy: reading.policy, access: reading.access, at: reading.instant)
        return try host.prove(
          promise, LinuxHost.ProofExtent(sample: all ? nil : sample, seed: seed), at: reading.instant)
      case (let vault as AgeVault, .vault(let name)):
        return try vault.prove(
          VaultPromise(name, policy: reading.policy, access: reading.access, at: reading.instant))
      default: return Self.unasked(target.name, "nothing is asked of a target of this kind")
      }
    } catch {
      return Self.unasked(target.name, CommandFailure.from(error)?.message ?? visible(String(describing: error)))
    }
  }

  private static func unasked(_ target: TargetName, _ reason: String) -> TargetProof {
    var proof = TargetProof()
    proof.failed = [TargetProof.Gap("\(target)", reason)]
    return proof
  }

  private func json(_ proofs: [ProofReport], at instant: Instant) -> JSONValue {
    [
      "format_version": 1, "at": .string(instant.rfc3339),
      "sample": all ? .null : .integer(sample), "seed": .string(String(seed)),
      "targets": .array(proofs.map(\.json)),
    ]
  }
}

/// What one target answered, for people and programs.
private struct ProofReport {
  var target: TargetName
  var commit: String
  var result: TargetProof

  var text: String {
    var lines = [
      "\(target) at commit \(commit.prefix(10)): \(result.asked) answers for \(result.accounts) accounts, "
        + "\(result.disagreements.count) disagreements"
        + (result.faults.isEmpty ? "" : ", \(result.faults.count) faults")
    ]
    for found in result.disagreements {
      let who = found.principal.map { $0.text == found.account ? found.account : "\($0) (\(found.account))" }
      let whom = visible(who ?? found.account)
      let what =
        found.isGiven ? "has \(found.permission), and is refused" : "does not have \(found.permission), and is let"
      lines.append("  \(whom) \(what)" + (found.count > 0 ? ": \(Self.text(found))" : ""))
    }
    lines += result.faults.map { "  \(visible($0.what)): \($0.reason)" }
    lines += result.failed.map { "  could not be asked: \(visible($0.what)): \($0.reason)" }
    lines += result.unasked.map { "  not asked: \(visible($0.what)): \($0.reason)" }
    return lines.joined(separator: "\n") + "\n"
  }

  /// `12 (a, b, c, …)`
  private static func text(_ found: TargetProof.Disagreement) -> String {
    "\(found.count) (\(found.names.joined(separator: ", "))\(found.count > found.names.count ? ", …" : ""))"
  }

  var json: JSONValue {
    [
      "target": .string(target.description), "commit": .string(commit), "asked": .integer(result.asked),
      "accounts": .integer(result.accounts),
      "disagreements": .array(
        result.disagreements.map { found in
          [
            "account": .string(found.account), "principal": found.principal.map { .string($0.text) } ?? .null,
            "permission": .string(found.permission), "given": .bool(found.isGiven),
            "count": .integer(found.count), "names": .array(found.names.map(JSONValue.string)),
          ]
        }),
      "faults": .array(result.faults.map(Self.json)), "failed": .array(result.failed.map(Self.json)),
      "unasked": .array(result.unasked.map(Self.json)),
    ]
  }

  private static func json(_ gap: TargetProof.Gap) -> JSONValue {
    ["what": .string(gap.what), "reason": .string(gap.reason)]
  }
}
