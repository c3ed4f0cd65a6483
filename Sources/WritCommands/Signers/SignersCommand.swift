internal import ArgumentParser
internal import WritApply
internal import WritGit
internal import WritPolicy
internal import WritSSHSignature
internal import WritSyntax
internal import WritSystem

struct SignersCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "signers", abstract: "Show whose signatures the ledger counts, and sign a change of that.",
    discussion: """
      A commit that changes the file of `settings.signers`, or `settings.key-threshold`, takes effect when `writ apply` \
      records it. For that as many signers in force as the threshold in force says have to sign it, each with \
      `writ signers sign`; the signature is a file beside the signers, to be committed with the change.

      Example: writ signers
      Example: writ signers sign
      """,
    subcommands: [SignersShow.self, SignersSign.self], defaultSubcommand: SignersShow.self)
}

/// What both subcommands begin with.
struct SignersSession {
  let workspace: Workspace
  let state: LedgerState
  let policy: Policy
  let change: SignersChange?

  init(_ repository: RepositoryOptions, _ revision: String) throws {
    workspace = try Workspace(options: repository)
    guard let state = try workspace.ledgerState() else { throw CommandFailure(LedgerError.none) }
    self.state = state
    let commit = try workspace.resolve(revision)
    policy = try workspace.read(.commit(commit), at: SystemClock.now()).policy
    change = try SignersChange(workspace: workspace, policy: policy, commit: commit, state: state)
  }

  func show(_ change: SignersChange) {
    Terminal.writeLine(
      "commit \(change.commit.prefix(10)) makes version \(change.next.version) of the signers of "
        + visible(change.statement.origin) + ":")
    for line in change.lines { Terminal.writeLine("  " + line) }
  }
}

struct SignersShow: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "show", abstract: "Show the signers in force, and what a commit would change of them.",
    discussion: "Example: writ signers show main")

  @OptionGroup var repository: RepositoryOptions
  @Argument(help: "The commit whose signers are compared with those in force.") var commit = "HEAD"

  func run() throws {
    let session = try SignersSession(repository, commit)
    let keys = session.state.keys
    Terminal.writeLine(
      "version \(keys.version), in force for entry \(session.state.head.size); a change takes \(keys.threshold) of "
        + "\(keys.keyChangers.count):")
    for entry in keys.signers.entries { Terminal.writeLine("  " + SignersChange.line(entry)) }
    guard let change = session.change else { return }
    session.show(change)
    Terminal.writeLine(change.progress)
    for file in change.passedOver { Terminal.message("passed over \(visible(file.path)): \(visible(file.reason))") }
  }
}

struct SignersSign: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "sign", abstract: "Sign the change of the signers that a commit makes.",
    discussion: """
      Shows what is signed, and writes the signature (`ssh-keygen -Y sign`, namespace `writ-key-change-v1`) beside the \
      signers' file in the working tree. It holds for this file, threshold and place in the ledger alone, also after a \
      rebase or squash.

      Example: writ signers sign --key ~/.ssh/id_ed25519
      """)

  @OptionGroup var repository: RepositoryOptions
  @OptionGroup var applier: ApplierOptions
  @Argument(help: "The commit whose signers are signed.") var commit = "HEAD"

  func run() throws {
    let session = try SignersSession(repository, commit)
    guard let change = session.change, let path = session.workspace.signersPath(of: session.policy) else {
      throw CommandFailure("the signers of this commit are in force already, so there is nothing to sign")
    }
    guard let root = session.workspace.repository.workingTree else {
      throw CommandFailure(
        "a bare repository has no place for the signature", hint: "sign in a clone with a working tree")
    }
    let signer = try Applier(applier, in: session.workspace).signer(by: session.state.signers)
    guard change.maySign(signer) else {
      throw CommandFailure(
        .unverified, "the key of \(signer.actor) is listed without the namespace `\(LedgerKeys.namespace)`")
    }
    session.show(change)
    let signature = try change.signature(by: signer)
    let file = Workspace.signaturePath(of: signer.actor, beside: path)
    do {
      try FileContents.replace(root + "/" + file, with: Array(signature.armour.utf8), mode: 0o644)
    } catch { throw CommandFailure(visible(error.description)) }
    Terminal.writeLine("signed as \(signer.actor): commit \(visible(file))")
  }
}

extension SignersChange {
  /// `1 of 2 signatures (li.na); missing 1 of chen.bo, zhao.min`
  var progress: String {
    let names = signatures.map(\.actor.text).joined(separator: ", ")
    let have = "\(signatures.count) of \(inForce.threshold) signatures" + (names.isEmpty ? "" : " (\(names))")
    guard missing > 0 else { return have }
    return have + "; missing \(missing) of " + canSign.map(\.text).joined(separator: ", ")
  }
}
