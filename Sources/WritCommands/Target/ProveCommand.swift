internal import ArgumentParser
internal import WritApply
internal import WritDigest
internal import WritHostLinux
internal import WritPlan
internal import WritPolicy
internal import WritSyntax
internal import WritSystem

struct ProveCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "prove", abstract: "Ask hosts whether they allow what the policy gives, and forbid the rest.",
    discussion: """
      In the name of every account that writ made on a host the kernel is asked about file trees, read and write, and the \
      account files about system groups. What counts is the policy last applied there, as it holds now. Nothing is written. \
      Logins, commands and vaults are not asked about; the answer says so.

      Exit status: 0 when policy and hosts agree, 2 when they do not, 1 when something could not be asked. Needs root.

      Example: writ prove --host gpu01 --sample 1000 --seed 7
      """)

  @OptionGroup var repository: RepositoryOptions
  @OptionGroup var applier: ApplierOptions
  @Option(help: ArgumentHelp("Only this host; may be given several times.", valueName: "host"))
  var host: [String] = []
  @Option(help: "Files and folders of each tree that are asked about, beside its root.") var sample = 200
  @Flag(help: "Ask about every file and folder.") var all = false
  @Option(help: "Draws another sample; the same seed draws the same one from the same tree.") var seed: UInt64 = 1
  @Option(help: "text or json.") var format = OutputFormat.text

  func validate() throws {
    if sample < 0 { throw ValidationError("a sample is 0 or more") }
    guard format == .text || format == .json else { throw ValidationError("`prove` writes text or json") }
  }

  func run() throws {
    let workspace = try Workspace(options: repository)
    guard let state = try workspace.ledgerState() else { throw LedgerError.none }
    var selection = TargetSelection()
    (selection.host, selection.vault) = (host, [])
    let session = try PlanningSession(
      workspace: workspace, basis: .commit(state.accepted), at: SystemClock.now(), ledger: state,
      applier: Applier(applier, in: workspace), selection: selection)
    var proofs: [ProofReport] = []
    for case let target as LinuxHost in session.targets {
      guard let base = state.base[target.name], case .host(let name) = target.name else {
        Terminal.message("\(target.name) was never applied whole, so there is nothing to prove")
        continue
      }
      let reading = try workspace.read(.commit(base.commit), at: session.reading.instant)
      let promise = HostPromise(name, policy: reading.policy, access: reading.access, at: reading.instant)
      proofs.append(ProofReport(target: target.name, commit: base.commit, result: prove(target, promise)))
    }
    switch format {
    case .json: Terminal.writeLine(json(proofs, at: session.reading.instant).canonicalText)
    default: for proof in proofs { Terminal.write(proof.text) }
    }
    if proofs.contains(where: { !$0.result.disagreements.isEmpty }) { throw ExitCode(ExitStatus.differs.rawValue) }
    guard !proofs.isEmpty, proofs.allSatisfy({ $0.result.failed.isEmpty }) else {
      throw ExitCode(ExitStatus.failed.rawValue)
    }
  }

  private func prove(_ target: LinuxHost, _ promise: HostPromise) -> HostProof {
    do {
      return try target.prove(promise, LinuxHost.ProofExtent(sample: all ? nil : sample, seed: seed))
    } catch {
      var proof = HostProof()
      let reason = CommandFailure.from(error)?.message ?? visible(String(describing: error))
      proof.failed = [HostProof.Gap("\(target.name)", reason)]
      return proof
    }
  }

  private func json(_ proofs: [ProofReport], at instant: Instant) -> JSONValue {
    [
      "format_version": 1, "at": .string(instant.rfc3339),
      "sample": all ? .null : .integer(sample), "seed": .string(String(seed)),
      "targets": .array(proofs.map(\.json)),
    ]
  }
}

/// What one host answered, for people and programs.
private struct ProofReport {
  var target: TargetName
  var commit: String
  var result: HostProof

  var text: String {
    var lines = [
      "\(target) at commit \(commit.prefix(10)): \(result.asked) answers for \(result.accounts) accounts, "
        + "\(result.disagreements.count) disagreements"
    ]
    for found in result.disagreements {
      let who = found.principal.map { $0.text == found.account ? found.account : "\($0) (\(found.account))" }
      let whom = visible(who ?? found.account)
      let what =
        found.isGiven ? "has \(found.permission), and is refused" : "does not have \(found.permission), and is let"
      lines.append("  \(whom) \(what)" + (found.sample.count > 0 ? ": \(found.sample.text)" : ""))
    }
    lines += result.failed.map { "  could not be asked: \(visible($0.what)): \($0.reason)" }
    lines += result.unasked.map { "  not asked: \(visible($0.what)): \($0.reason)" }
    return lines.joined(separator: "\n") + "\n"
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
            "count": .integer(found.sample.count), "names": .array(found.sample.names.map(JSONValue.string)),
          ]
        }),
      "failed": .array(result.failed.map(Self.json)), "unasked": .array(result.unasked.map(Self.json)),
    ]
  }

  private static func json(_ gap: HostProof.Gap) -> JSONValue {
    ["what": .string(gap.what), "reason": .string(gap.reason)]
  }
}
