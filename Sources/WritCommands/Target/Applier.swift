internal import Glibc
internal import WritApply
internal import WritGit
internal import WritPolicy
internal import WritSSHSignature
internal import WritSyntax
internal import WritSystem

/// Whoever runs the command: the key that signs, the identity that opens vaults, and the principal they belong to.
struct Applier {
  /// Nil when no key was named: then nothing can be changed, only planned.
  var key: SigningKey?
  var identity: String?

  init(_ options: ApplierOptions, in workspace: Workspace) throws {
    identity = try (options.identity ?? workspace.setting("writ.identity")).map(Self.absolute)
    key = try Self.key(options.key, in: workspace)
  }

  /// The key to sign with: as named, else git's `writ.key`; nil where neither says one.
  static func key(_ written: String?, in workspace: Workspace) throws -> SigningKey? {
    guard let path = try written ?? workspace.setting("writ.key") else { return nil }
    let socket = getenv("SSH_AUTH_SOCK").map { String(cString: $0) }
    return try SigningKey(path: absolute(path), agentSocket: socket)
  }

  /// The principal that `signers` list for the key.
  ///
  /// - Throws: ``CommandFailure`` without a key, or with one that nobody listed.
  func signer(by signers: AllowedSigners) throws -> LedgerSigner {
    guard let key else {
      throw CommandFailure(
        "no key to sign with", hint: "`--key FILE`, or once for this repository: git config writ.key FILE")
    }
    guard let name = signers.principals(of: key.publicKey).first, let actor = PrincipalName(validating: name) else {
      throw CommandFailure(
        .unverified, "the key \(key.publicKey.fingerprint) is not among the signers in force",
        hint: "the policy's `settings.signers` names the file that lists them")
    }
    return LedgerSigner(actor: actor, key: key)
  }

  /// The principal behind the key where it is listed; nil otherwise.
  func actor(by signers: AllowedSigners) -> LedgerSigner? { try? signer(by: signers) }

  private static func absolute(_ path: String) -> String {
    if path.hasPrefix("/") { return path }
    if path.hasPrefix("~/"), let home = getenv("HOME") { return String(cString: home) + path.dropFirst(1) }
    var buffer = [CChar](repeating: 0, count: Int(PATH_MAX))
    guard getcwd(&buffer, buffer.count) != nil else { return path }
    return String(decoding: buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self) + "/" + path
  }
}

extension Workspace {
  /// One value of git's configuration; nil when it is not set.
  func setting(_ name: String) throws -> String? {
    var environment = Program.plainEnvironment
    environment["HOME"] = getenv("HOME").map { String(cString: $0) }
    let result = try Program(
      "/usr/bin/git", ["--git-dir=\(repository.gitDirectory)", "config", "--type=path", "--get", name],
      environment: environment
    ).run()
    let text = result.outputText.split(separator: "\n").first.map(String.init)
    return result.succeeded ? text : nil
  }
}
