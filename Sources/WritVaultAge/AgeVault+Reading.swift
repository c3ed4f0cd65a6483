internal import Glibc
public import WritApply
internal import WritDigest
public import WritPlan
internal import WritPolicy
internal import WritSSHSignature
internal import WritSystem

extension AgeVault {
  /// - Throws: ``VaultError`` when the store as a whole cannot be read, or is gone although base has folders in it.
  public func readLive(_ scope: Scope) throws -> LiveState {
    let standing = try standing()
    let objects = scope.objects.filter { $0.kind == .folder }
    guard let root = try open() else {
      // An unmounted disk must not look like an empty vault.
      if scope.base.objects.keys.contains(where: { $0.kind == .folder }) || rememberedVersion != nil {
        throw VaultError.system(SystemError("open", path, code: ENOENT))
      }
      return LiveState(objects: Dictionary(uniqueKeysWithValues: objects.map { ($0, .absent) }))
    }
    var live = LiveState()
    for id in objects {
      let known = [scope.base, scope.desired].flatMap { $0.objects[id]?.state.list("recipients") ?? [] }
      do {
        let folder = try FolderPath(id.name)
        let view = try FolderView(root, folder)
        live.objects[id] = observed(
          folder.text, view, standing, owned: scope.owned.contains(id) || scope.base.objects[id] != nil,
          known: (try? Recipient.all(known)) ?? [])
        for name in view.misnamed {
          live.notices.append(.init(id, "\(visible(name)) is named as no secret can be, and left alone"))
        }
      } catch { live.objects[id] = .unknown(reason: Self.text(error)) }
    }
    if case .trusted(let manifest) = standing { live.notices += retiredNotices(manifest, root) }
    return live
  }

  func open() throws(VaultError) -> StoreFolder? {
    do { return try StoreFolder.root(path) } catch { throw .system(error) }
  }

  /// One folder as a plan sees it.
  ///
  /// - Parameter known: Whose keys are whose, where no manifest says it.
  func observed(
    _ folder: String, _ view: FolderView, _ standing: ManifestStanding, owned: Bool, known: [Recipient]
  ) -> Observed {
    if let listed = standing.manifest?.folders[folder], !listed.retired {
      return .present(Self.state(listed.allRecipients, view.faults(against: listed)))
    }
    // What is kept for the custodians is no object any more; its faults are notices.
    if standing.manifest?.folders[folder]?.retired == true { return .absent }
    guard !view.isEmpty else {
      if case .untrusted(let reason, _) = standing, owned { return .present(Self.state([], ["- \(reason)"])) }
      return .absent
    }
    let readers = readers(view, among: known)
    guard owned else { return .foreign(Self.state(readers, view.faults(unlistedFor: known))) }
    let reason =
      switch standing {
      case .untrusted(let reason, _): reason
      case .missing: "the manifest is missing"
      case .trusted: "the folder is not in the manifest"
      }
    return .present(Self.state(readers, ["- \(reason)"] + view.faults(unlistedFor: known)))
  }

  /// Whose keys the files or the recipients file name, where no manifest says it. Somebody can read what is there: where
  /// nobody known is named, that is taken to be the custodians, so that narrowing never ends with nobody.
  private func readers(_ view: FolderView, among known: [Recipient]) -> [Recipient] {
    let listed = view.listedKeys
    let stanzas = Set(view.files.values.flatMap { $0.header?.stanzas ?? [] })
    let named = known.filter { listed.contains($0.key.description) || stanzas.contains($0.stanza) }
    if named.isEmpty, !view.files.isEmpty { return keepers }
    return Set(named).sorted()
  }

  /// The custodians' keys that age can encrypt to; one of another kind is no reason to keep nothing.
  var keepers: [Recipient] { Set(custodians.compactMap { try? Recipient($0) }).sorted() }

  static func state(_ recipients: [Recipient], _ faults: [String]) -> ObjectState {
    ObjectState(["recipients": .members(recipients.map(\.description)), "faults": .lines(faults)])
  }

  private func retiredNotices(_ manifest: Manifest, _ root: StoreFolder) -> [LiveState.Notice] {
    var notices: [LiveState.Notice] = []
    for (name, listed) in manifest.folders.sorted(by: { $0.key < $1.key }) where listed.retired {
      guard let folder = try? FolderPath(name), let view = try? FolderView(root, folder) else { continue }
      notices += view.faults(against: listed).map {
        .init(ObjectID(.folder, name), "kept for the custodians: \($0.dropFirst(2))")
      }
    }
    return notices
  }

  /// For people; holds nothing of a secret, as ``VaultError`` never does.
  static func text(_ error: any Error) -> String {
    switch error {
    case let error as VaultError: error.text
    case let error as SystemError: visible(error.description)
    default: "\(error)"
    }
  }

  public func readHead() throws -> LedgerHead? {
    switch try standing() {
    case .trusted(let manifest): return manifest.head
    case .missing: return nil
    case .untrusted(let reason, _): throw VaultError.untrusted(reason)
    }
  }
}

extension FolderView {
  /// Of the folder below `root`; a missing one is empty.
  init(_ root: StoreFolder, _ path: FolderPath) throws(SystemError) {
    guard let folder = try root.folder(path.components) else {
      self.init()
      return
    }
    try self.init(folder)
  }
}

extension FolderPath {
  var text: String { components.joined(separator: "/") }
}

extension VaultError {
  /// One line for people, without advice.
  public var text: String {
    switch self {
    case .system(let error): visible(error.description)
    case .program(let failure): "a program failed: \(visible("\(failure)"))"
    case .signature(let error): "not signed: \(visible("\(error)"))"
    case .untrusted(let reason): reason
    case .invalidName(let name): "`\(name)` is no name of a folder or secret"
    case .unknownFolder(let folder): "there is no folder `\(folder)` in the vault"
    case .unknownSecret(let folder, let name): "there is no secret `\(name)` in `\(folder)`"
    case .changedOutside(let folder, let name): "\(folder)/\(name).age is not the file that the manifest lists"
    case .unfinished(let folder): "a change of the readers of `\(folder)` stopped half-way"
    case .unusableRecipient(let text): "age cannot encrypt to `\(text)`"
    case .noRecipients(let folder): "nobody could read `\(folder)`: it would have no recipient"
    case .noIdentity: "a custodian's identity is needed: --identity FILE"
    case .unusableIdentity(let path, let reason): "the identity \(visible(path)) cannot be used: \(visible(reason))"
    case .noSigningKey: "a key to sign the manifest with is needed"
    case .notDecrypted(let folder, let name, let reason): "\(folder)/\(name).age was not decrypted: \(reason)"
    case .notEncrypted(let reason): "not encrypted: \(reason)"
    case .irregular(let folder, let name): "\(folder)/\(name).age is no regular file, or too large"
    case .tooLarge(let limit): "over \(limit) bytes"
    case .locked(let path): "another writ is writing to \(visible(path))"
    case .notCommitted(let reason): "not committed: \(reason)"
    }
  }
}
