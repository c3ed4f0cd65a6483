public import WritApply
public import WritPlan
internal import WritPolicy
internal import WritSSHSignature
internal import WritSystem

extension AgeVault {
  /// Asks every file of every folder whom it is encrypted to, and holds that against who may read it.
  ///
  /// A header shows four bytes of each key: who was let in by somebody who used `age`. A file that was swapped for another
  /// one is found by `drift`, which knows the digests of the signed manifest. Nothing is decrypted or written.
  ///
  /// - Throws: ``VaultError`` when the store cannot be read at all.
  public func prove(_ promise: VaultPromise) throws -> TargetProof {
    var session = VaultProofSession(promise)
    guard let root = try open() else {
      session.proof.failed = promise.folders.isEmpty ? [] : [.init("vault \(vault)", "it is not there")]
      return session.proof
    }
    for folder in promise.folders {
      do {
        session.ask(folder, try FolderView(root, try FolderPath(folder.folder)))
      } catch { session.fail("folder \(folder.folder)", Self.text(error)) }
    }
    if case .trusted(let manifest) = try standing() {
      // What is no longer wanted is kept for the custodians.
      let wanted = Set(promise.folders.map(\.folder))
      let keepers = Set(self.keepers.compactMap { PrincipalName(validating: $0.principal) })
      for name in manifest.folders.keys.sorted() where !wanted.contains(name) {
        guard let resource = ResourceName(validating: name.split(separator: "/").last.map(String.init) ?? "") else {
          continue
        }
        do {
          session.ask(
            VaultPromise.Folder(resource: resource, folder: name, readers: keepers), isRetired: true,
            try FolderView(root, try FolderPath(name)))
        } catch { session.fail("folder \(name)", Self.text(error)) }
      }
    }
    return session.finished()
  }
}

/// One run of questions and answers.
private struct VaultProofSession {
  var proof = TargetProof()
  /// What each principal's keys look like in a header.
  private let stanzas: [PrincipalName: Set<AgeHeader.Stanza>]
  private var found: [Key: [String]] = [:]
  private var failures: Set<TargetProof.Gap> = []

  private struct Key: Hashable {
    var who: String
    var principal: PrincipalName?
    var permission: String
    var isGiven: Bool
  }

  init(_ promise: VaultPromise) {
    stanzas = Dictionary(
      uniqueKeysWithValues: promise.keys.map { principal, keys in
        (principal, Set(keys.compactMap { try? Recipient("\(principal) \($0)").stanza }))
      })
    proof.accounts = stanzas.count
    proof.unasked = [
      .init(
        "earlier versions of files", "whoever could read one may have kept it; `writ secret list` shows what is due")
    ]
  }

  mutating func fail(_ what: String, _ reason: String) { failures.insert(.init(what, visible(reason))) }

  mutating func ask(_ folder: VaultPromise.Folder, isRetired: Bool = false, _ view: FolderView) {
    for (name, file) in view.files.sorted(by: { $0.key < $1.key }) {
      guard let header = file.header else {
        fail("\(folder.folder)/\(name).age", "it is no age file")
        continue
      }
      compare(folder, isRetired, Set(header.stanzas.filter { !$0.type.hasSuffix("-grease") }), in: "\(name).age")
    }
    // To whom the next secret goes that somebody puts there by hand.
    guard view.recipients != nil else { return }
    let listed = view.listedKeys.map { key in
      (try? Recipient("x \(key)").stanza) ?? AgeHeader.Stanza(type: visible(key), tag: "")
    }
    compare(folder, isRetired, Set(listed), in: FolderView.recipientsName)
  }

  private mutating func compare(
    _ folder: VaultPromise.Folder, _ isRetired: Bool, _ shown: Set<AgeHeader.Stanza>, in file: String
  ) {
    let permission = isRetired ? "\(folder.folder) (retired):read" : "\(folder.resource):read"
    var known: Set<AgeHeader.Stanza> = []
    for (principal, own) in stanzas {
      known.formUnion(own)
      proof.asked += 1
      let isGiven = folder.readers.contains(principal)
      // Whoever may read does so with each of their keys; of others not one counts.
      let isSo = isGiven ? !own.isEmpty && own.isSubset(of: shown) : !own.isDisjoint(with: shown)
      if isSo != isGiven { note(principal.text, principal, permission, isGiven, file) }
    }
    for stranger in shown.subtracting(known) {
      let name = stranger.tag.isEmpty ? stranger.type : "\(stranger.type) \(stranger.tag)"
      note("whoever has the key \(visible(name))", nil, permission, false, file)
    }
  }

  private mutating func note(
    _ who: String, _ principal: PrincipalName?, _ permission: String, _ isGiven: Bool, _ file: String
  ) {
    found[Key(who: who, principal: principal, permission: permission, isGiven: isGiven), default: []].append(file)
  }

  /// Names shown of each disagreement.
  private static let shown = 3

  func finished() -> TargetProof {
    var proof = proof
    proof.failed = failures.sorted { ($0.what, $0.reason) < ($1.what, $1.reason) }
    proof.disagreements = found.map { key, files in
      TargetProof.Disagreement(
        account: key.who, principal: key.principal, permission: key.permission, isGiven: key.isGiven,
        count: files.count, names: Array(files.sorted().prefix(Self.shown)))
    }.sorted { ($0.account, $0.permission, $0.isGiven ? 1 : 0) < ($1.account, $1.permission, $1.isGiven ? 1 : 0) }
    return proof
  }
}
