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
    let isWhole = options.identity != nil && options.key != nil
    let settings = try isWhole ? [:] : workspace.settings(["writ.identity", "writ.key"])
    identity = (options.identity ?? settings["writ.identity"]).map(Self.absolute)
    key = try (options.key ?? settings["writ.key"]).map(Self.key)
  }

  /// The key to sign with: as named, else git's `writ.key`; nil where neither says one.
  static func key(_ written: String?, in workspace: Workspace) throws -> SigningKey? {
    try (written ?? workspace.settings(["writ.key"])["writ.key"]).map(key)
  }

  private static func key(_ path: String) throws -> SigningKey {
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
  /// Paths in git's configuration by their names in lower case; what is not set is left out, of what is set several times the
  /// last counts.
  func settings(_ names: [String]) throws -> [String: String] {
    var environment = Program.plainEnvironment
    environment["HOME"] = getenv("HOME").map { String(cString: $0) }
    func values(_ names: [String]) throws -> [String: String]? {
      let pattern = "^(\(names.map { $0.replacing(".", with: "\\.") }.joined(separator: "|")))$"
      let result = try Program(
        "/usr/bin/git",
        ["--git-dir=\(repository.gitDirectory)", "config", "--type=path", "-z", "--get-regexp", pattern],
        environment: environment
      ).run()
      // 1: none of them is set.
      guard result.succeeded else { return result.ending == .exited(1) ? [:] : nil }
      var values: [String: String] = [:]
      // `KEY<LF>VALUE<NUL>`
      for entry in result.outputText.split(separator: "\0") {
        let parts = entry.split(separator: "\n", maxSplits: 1).map(String.init)
        if parts.count == 2 { values[parts[0]] = parts[1] }
      }
      return values
    }
    if let values = try values(names) { return values }
    // A path that git cannot resolve must not hide the other one.
    return try names.reduce(into: [:]) { known, name in known.merge(try values([name]) ?? [:]) { $1 } }
  }
}
