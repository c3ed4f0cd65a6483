internal import WritApply
internal import WritGit
internal import WritPolicy
internal import WritSSHSignature
internal import WritSyntax

/// What a commit would change of the signers in force, and who has signed that.
struct SignersChange {
  let commit: String
  let inForce: LedgerKeys
  let statement: KeyStatement
  let next: LedgerKeys
  /// Good signatures in the commit, one for each person, in order of their names.
  private(set) var signatures: [KeyChange.Signature] = []
  /// Signature files that do not count, and why.
  private(set) var passedOver: [(path: String, reason: String)] = []

  /// Nil when the commit's signers and threshold are those in force.
  ///
  /// - Throws: ``CommandFailure`` when the commit's signers cannot be used.
  init?(workspace: Workspace, policy: Policy, commit: String, state: LedgerState) throws {
    guard let path = workspace.signersPath(of: policy) else {
      throw CommandFailure(
        .invalidPolicy, "commit \(commit.prefix(10)) names no signers any more, and the ledger has some",
        hint: "settings: { signers: signers/allowed_signers }")
    }
    // Judges the file as the policy's reader does, with its place.
    guard let written = try workspace.signers(of: policy, at: commit) else { return nil }
    let threshold = policy.settings.keyThreshold
    if state.keys.means(the: written, threshold) { return nil }
    self.commit = commit
    inForce = state.keys
    let text = String(decoding: try workspace.contents(of: path, at: commit) ?? [], as: UTF8.self)
    statement = state.keyStatement(signers: text, threshold: threshold)
    do { next = try LedgerKeys(version: statement.version, file: text, threshold: threshold) } catch {
      throw CommandFailure(.invalidPolicy, "the signers of commit \(commit.prefix(10)): \(visible(error.description))")
    }
    for file in try workspace.signatureFiles(beside: path, at: commit) { count(file.name, file.path, file.armour) }
  }

  private mutating func count(_ name: String, _ path: String, _ armour: [UInt8]) {
    guard let actor = PrincipalName(validating: name) else {
      passedOver.append((path, "it names nobody"))
      return
    }
    do {
      try inForce.signers.verify(
        statement.bytes, signature: armour, principal: actor.text, namespace: LedgerKeys.namespace)
    } catch {
      passedOver.append((path, "it is no signature of \(actor) over this change"))
      return
    }
    add(KeyChange.Signature(actor: actor, armour: String(decoding: armour, as: UTF8.self)))
  }

  /// Counts one person once, also under two names.
  mutating func add(_ signature: KeyChange.Signature) {
    guard !signatures.contains(where: { isOnePerson($0.actor, signature.actor) }) else { return }
    signatures.append(signature)
    signatures.sort { $0.actor < $1.actor }
  }

  private func isOnePerson(_ a: PrincipalName, _ b: PrincipalName) -> Bool {
    a == b || inForce.signers.entries.contains { $0.principals.contains(a.text) && $0.principals.contains(b.text) }
  }

  /// Whether nobody comes in, and it takes no fewer signatures than before.
  var onlyTakesAway: Bool {
    next.threshold >= inForce.threshold && next.signers.entries.allSatisfy(inForce.signers.entries.contains)
  }

  /// Signatures that are still to come.
  var missing: Int { max(0, inForce.threshold - signatures.count) }

  /// Who could still sign.
  var canSign: [PrincipalName] {
    inForce.keyChangers.filter { person in !signatures.contains { isOnePerson($0.actor, person) } }
  }

  func maySign(_ signer: LedgerSigner) -> Bool {
    inForce.signers.entries(of: signer.actor.text).contains {
      $0.key == signer.key.publicKey && $0.namespaces?.contains(LedgerKeys.namespace) ?? true
    }
  }

  func signature(by signer: LedgerSigner) throws -> KeyChange.Signature {
    let armour: [UInt8]
    do { armour = try signer.key.sign(statement.bytes, namespace: LedgerKeys.namespace) } catch {
      throw CommandFailure(error)
    }
    return KeyChange.Signature(actor: signer.actor, armour: String(decoding: armour, as: UTF8.self))
  }

  /// What changes, one line each.
  var lines: [String] {
    let (old, new) = (Set(inForce.signers.entries), Set(next.signers.entries))
    var lines = next.signers.entries.filter { !old.contains($0) }.map { "+ " + Self.line($0) }
    lines += inForce.signers.entries.filter { !new.contains($0) }.map { "- " + Self.line($0) }
    if inForce.threshold != next.threshold { lines.append("~ key-threshold \(inForce.threshold) -> \(next.threshold)") }
    return lines
  }

  /// `li.na ssh-ed25519 SHA256:… namespaces="writ-ledger-v1"`
  static func line(_ entry: AllowedSigners.Entry) -> String {
    var parts = [entry.principals.joined(separator: ","), entry.key.type, entry.key.fingerprint]
    if let namespaces = entry.namespaces { parts.append("namespaces=\"\(namespaces.joined(separator: ","))\"") }
    if let date = entry.validAfter { parts.append("valid-after=\"\(date)\"") }
    if let date = entry.validBefore { parts.append("valid-before=\"\(date)\"") }
    return visible(parts.joined(separator: " "))
  }
}

extension Workspace {
  /// Path of the signers' file from the top of the repository; nil when the policy names none.
  func signersPath(of policy: Policy) -> String? {
    policy.settings.signers.map { options.policies + "/" + $0.value }
  }

  /// Where a person's signature over a change of the signers lies: beside the file, as ssh-keygen puts it.
  static func signaturePath(of principal: PrincipalName, beside path: String) -> String { "\(path).\(principal).sig" }

  /// Signatures beside a file in a commit, each with the name in its own file's name.
  func signatureFiles(
    beside path: String, at id: String
  ) throws -> [(name: String, path: String, armour: [UInt8])] {
    let folder = path.split(separator: "/").dropLast().joined(separator: "/")
    guard let commit = GitObjectID(hex: id), let tree = try repository.tree(at: commit, folder: folder) else {
      return []
    }
    let listing = try repository.files(below: tree, folder: folder) { $0.hasPrefix(path + ".") && $0.hasSuffix(".sig") }
    return try listing.files.map { file in
      (
        name: String(file.path.dropFirst(path.utf8.count + 1).dropLast(4)), path: file.path,
        armour: try repository.contents(of: file.blob, limit: SSHSignature.armourLimit)
      )
    }
  }
}
