internal import ArgumentParser
internal import WritApply
internal import WritDigest
internal import WritPolicy
internal import WritSyntax
internal import WritSystem
internal import WritVaultAge

struct SecretPut: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "put", abstract: "Store a secret, read from standard input.",
    discussion: """
      It is encrypted to the readers of the commit last applied. A value already there is replaced.

      Example: writ secret put lora-scripts-basic/hub-token < token
      """)

  @OptionGroup var repository: RepositoryOptions
  @OptionGroup var applier: ApplierOptions
  @Argument(help: "GROUP/NAME") var secret: SecretName

  func run() throws { try SecretStoring(operation: .put, secret: secret).run(repository, applier) }
}

struct SecretRotate: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "rotate", abstract: "Replace a secret's value and take it off the list of rotations due.",
    discussion: "Example: writ secret rotate lora-scripts-basic/hub-token < new-token")

  @OptionGroup var repository: RepositoryOptions
  @OptionGroup var applier: ApplierOptions
  @Argument(help: "GROUP/NAME") var secret: SecretName

  func run() throws { try SecretStoring(operation: .rotate, secret: secret).run(repository, applier) }
}

/// Stores a value between two entries of the ledger: one before the vault is touched, one that says what came of it.
///
/// Whoever may not write the ledger thereby changes no vault, and a crash leaves an entry that was begun.
struct SecretStoring {
  let operation: SecretUse.Operation
  let secret: SecretName

  /// Bytes of one secret.
  static let limit = 1 << 20

  func run(_ repository: RepositoryOptions, _ options: ApplierOptions) throws {
    if Terminal.inputIsTerminal { Terminal.message("reading the value from standard input; end it with Ctrl-D") }
    var bytes = try Self.value()
    let value = Secret(taking: &bytes)
    let session = try SecretSession(repository, options, group: secret.group, writing: true)
    defer { session.ledger.close() }
    try store(value, in: session, folder: try session.requireFolder(of: secret.group))
    Terminal.message("\(operation == .put ? "stored" : "rotated") \(secret.group)/\(visible(secret.name))")
  }

  /// The value on standard input. None is an error: a pipe whose writer failed must not replace a secret by nothing.
  private static func value() throws -> [UInt8] {
    let bytes = try Terminal.readInput(limit: limit)
    guard !bytes.isEmpty else {
      throw CommandFailure("standard input is empty, so nothing is stored", hint: "the value comes from standard input")
    }
    return bytes
  }

  private func store(_ value: Secret, in session: SecretSession, folder: String) throws {
    guard let signer = session.signer else { throw CommandFailure(VaultError.noSigningKey) }
    let (vault, ledger) = (session.vault, session.ledger)
    // What would fail anyway is not recorded as begun.
    try vault.checkStoring(folder: folder, name: secret.name, mustExist: operation == .rotate)
    var use = SecretUse(
      operation: operation, stage: .begun, target: vault.name, secret: "\(folder)/\(secret.name)")
    let begun = try ledger.append(.secret(use), signer: signer, .retrying).entry.sequence
    do {
      use.digest = try stored(value, in: session, folder, by: signer.actor.text, head: ledger.read()?.head)
      use.stage = .done(begun: begun)
    } catch {
      use.stage = .failed(begun: begun, reason: CommandFailure.from(error)?.message ?? String(describing: error))
      // The entry that says it was begun is there; why it ended is told to whoever stores it in any case.
      do { try ledger.append(.secret(use), signer: signer, .waiting) } catch {
        Terminal.message("warning: that it failed is not in the ledger: \(visible(String(describing: error)))")
      }
      throw error
    }
    if let version = try vault.version() { try session.workspace.remember(version: version, of: vault.vault) }
    if case .kept(_, let reason) = try ledger.append(.secret(use), signer: signer, .waiting) {
      Terminal.message("warning: the ledger entry waits to be pushed: \(visible(reason))")
    }
  }

  private func stored(
    _ value: Secret, in session: SecretSession, _ folder: String, by actor: String, head: LedgerHead?
  ) throws -> Digest {
    switch operation {
    case .rotate:
      try session.vault.rotate(folder: folder, name: secret.name, value: value, by: actor, head: head)
    default:
      try session.vault.put(
        folder: folder, name: secret.name, value: value, by: actor, kind: session.kind(of: secret), head: head)
    }
  }
}
