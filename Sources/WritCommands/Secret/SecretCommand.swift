internal import ArgumentParser
internal import WritApply
internal import WritPolicy
internal import WritSSHSignature
internal import WritSyntax
internal import WritSystem
internal import WritVaultAge

struct SecretCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "secret", abstract: "Store and read the secrets of sharing groups.",
    discussion: """
      A secret is named GROUP/NAME. Values come from standard input and go to standard output; they never stand in an \
      argument, the environment, a plan, the ledger or git outside the vault's own files.

      Example: writ secret put lora-scripts-basic/hub-token < token
      """,
    subcommands: [SecretPut.self, SecretGet.self, SecretList.self, SecretRotate.self])
}

/// The vault that holds a sharing group, opened for one command.
struct SecretSession {
  let policy: Policy
  /// That of the group; without one every vault, in order.
  let vaults: [AgeVault]
  var vault: AgeVault { vaults[0] }
  let ledger: Ledger
  let signer: LedgerSigner?
  let workspace: Workspace
  let now: Instant

  /// Opens the vault of `group` as the last apply left it: the policy asked is that of the accepted commit, never of a
  /// working tree.
  init(_ repository: RepositoryOptions, _ options: ApplierOptions, group: ResourceName?, writing: Bool) throws {
    workspace = try Workspace(options: repository)
    ledger = try workspace.openLedger(writing ? .writing : .reading)
    guard let state = try ledger.read() else { throw CommandFailure(LedgerError.none) }
    now = SystemClock.now()
    let reading = try workspace.read(.commit(state.accepted), at: now)
    let policy = reading.policy
    self.policy = policy
    let applier = try Applier(options, in: workspace)
    signer = applier.actor(by: state.signers)
    if writing { _ = try applier.signer(by: state.signers) }
    let names =
      group.map { policy.sharingGroups[$0].map { [$0.vault.value] } ?? [] } ?? policy.settings.vaults.keys.sorted()
    let written = names.compactMap { policy.settings.vaults[$0] }
    guard !written.isEmpty else {
      throw CommandFailure(
        .invalidPolicy,
        group.map { "the policy last applied has no sharing group `\($0)`" } ?? "the policy has no vault")
    }
    let factory = TargetFactory(
      workspace: workspace, policy: policy, commit: reading.commit, applier: applier, signers: state.signers, now: now)
    vaults = written.map(factory.vault)
  }

  func requireFolder(of group: ResourceName) throws -> String {
    guard let folder = policy.sharingGroups[group]?.folder.value else {
      throw CommandFailure(.invalidPolicy, "the policy last applied has no sharing group `\(group)`")
    }
    return folder
  }

  /// What the policy says of the secret's kind.
  func kind(of secret: SecretName) -> String? {
    policy.sharingGroups[secret.group]?.secrets.first { $0.name.value == secret.name }?.kind?.value
  }
}

/// `GROUP/NAME` on the command line.
struct SecretName: ExpressibleByArgument {
  var group: ResourceName
  var name: String

  init?(argument: String) {
    guard let slash = argument.firstIndex(of: "/"), let group = ResourceName(validating: String(argument[..<slash]))
    else { return nil }
    self.group = group
    name = String(argument[argument.index(after: slash)...])
    if name.isEmpty || name.contains("/") { return nil }
  }
}

struct SecretGet: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "get", abstract: "Write a secret to standard output.",
    discussion: "Example: writ secret get lora-scripts-basic/hub-token --identity ~/.ssh/id_ed25519")

  @OptionGroup var repository: RepositoryOptions
  @OptionGroup var applier: ApplierOptions
  @Argument(help: "GROUP/NAME") var secret: SecretName

  func run() throws {
    let session = try SecretSession(repository, applier, group: secret.group, writing: false)
    guard let identity = try Applier(applier, in: session.workspace).identity else {
      throw CommandFailure(VaultError.noIdentity)
    }
    let value = try session.vault.get(
      folder: try session.requireFolder(of: secret.group), name: secret.name, identity: identity)
    try Terminal.writeSecret(value)
  }
}

struct SecretList: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "list", abstract: "List secrets, and those whose rotation is due.",
    discussion:
      "Values and names of readers are not shown; `writ access GROUP` lists those.\n\nExample: writ secret list")

  @OptionGroup var repository: RepositoryOptions
  @OptionGroup var applier: ApplierOptions

  func run() throws {
    let session = try SecretSession(repository, applier, group: nil, writing: false)
    let found = try session.vaults.map { try (vault: $0, secrets: $0.list(rotateEvery: Self.terms(session, $0.vault))) }
    if found.allSatisfy(\.secrets.isEmpty) { Terminal.writeLine("no secret is stored") }
    for (vault, secrets) in found where !secrets.isEmpty {
      if found.count > 1 { Terminal.writeLine("\(vault.vault) (vault)") }
      for secret in secrets { Self.write(secret) }
    }
  }

  private static func terms(_ session: SecretSession, _ vault: VaultName) -> [String: Duration] {
    var terms: [String: Duration] = [:]
    for group in session.policy.sharingGroups.values where group.vault.value == vault {
      for secret in group.secrets { terms["\(group.folder.value)/\(secret.name.value)"] = secret.rotateEvery?.value }
    }
    return terms
  }

  private static func write(_ secret: SecretListing) {
    Terminal.writeLine(
      "\(visible(secret.folder))/\(visible(secret.name))  put \(secret.put.rfc3339) by \(visible(secret.by))"
        + (secret.kind.map { "  (\(visible($0)))" } ?? ""))
    for due in secret.due {
      Terminal.writeLine(
        "    rotation due since \(due.since.rfc3339): \(visible(due.reason))"
          + (due.principal.map { " (\(visible($0)))" } ?? ""))
    }
    if let since = secret.overdueSince {
      Terminal.writeLine("    older than its rotation allows since \(since.rfc3339)")
    }
  }
}
