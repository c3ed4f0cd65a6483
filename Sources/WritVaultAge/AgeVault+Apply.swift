public import WritApply
internal import WritDigest
public import WritPlan
internal import WritPolicy
public import WritSSHSignature
internal import WritSystem

extension AgeVault {
  public func readiness(of change: Change) -> Change.Readiness {
    do {
      _ = try readySigner()
      let work = try work(for: change)
      if work.needsIdentity {
        guard let identity else { throw VaultError.noIdentity }
        try Self.check(identity: identity)
      }
      return .ready
    } catch { return .blocked(Self.text(error)) }
  }

  public func apply(_ changes: [Change], progress: (ChangeProgress) throws -> Void) throws {
    for change in changes {
      try progress(.began(change.id))
      var result = ChangeResult(change: change.id, status: .failed(""))
      do {
        result.recovered = try perform(change)
        do { result.status = try readBack(change) } catch { result.status = .unknown(Self.text(error)) }
      } catch { result.status = .failed(Self.text(error)) }
      try progress(.ended(result))
    }
  }

  /// What the change asks of the folder's readers: those of its state, or the custodians where the folder is no longer wanted.
  private func wanted(_ change: Change) throws(VaultError) -> [Recipient] {
    guard let after = change.after else { return keepers }
    return try Recipient.all(after.list("recipients"))
  }

  private func work(for change: Change) throws(VaultError) -> FolderWork {
    let folder = try FolderPath(change.object.name)
    let listed = try standing().manifest?.folders
    guard let root = try open() else {
      return try FolderWork(
        folder: folder.text, view: FolderView(), listed: nil, recipients: try wanted(change), find: { _, _ in nil })
    }
    let view = try system { () throws(SystemError) in try FolderView(root, folder) }
    return try work(folder, view, listed ?? [:], recipients: try wanted(change), root)
  }

  func work(
    _ folder: FolderPath, _ view: FolderView, _ listed: [String: Manifest.Folder], recipients: [Recipient],
    _ root: StoreFolder
  ) throws(VaultError) -> FolderWork {
    let work = try FolderWork(folder: folder.text, view: view, listed: listed[folder.text], recipients: recipients) {
      find($0, committedAs: "\(folder.text)/\($1).age", in: root, listed.keys.sorted())
    }
    if recipients.isEmpty, work.steps.values.contains(where: { if case .forget = $0 { false } else { true } }) {
      throw .noRecipients(folder: folder.text)
    }
    return work
  }

  /// Whether an interrupted change was met and finished.
  private func perform(_ change: Change) throws -> Bool {
    let folder = try FolderPath(change.object.name)
    let recipients = try wanted(change)
    // What is already so is not written again; looking needs no lock and no key.
    if let root = try open(), let listed = try standing().manifest?.folders[folder.text] {
      let view = try FolderView(root, folder)
      if listed.recipients == recipients, listed.retired == (change.after == nil), view.faults(against: listed).isEmpty
      {
        try commitLeftovers(folder, root)
        return false
      }
    } else if change.after == nil, try open().map({ try FolderView($0, folder).isEmpty }) ?? true {
      return false
    }
    let writing = try begin(acceptingUntrusted: true)
    let view = try FolderView(writing.root, folder)
    let listed = writing.manifest.folders[folder.text]
    let work = try work(folder, view, writing.manifest.folders, recipients: recipients, writing.root)
    try carryOut(work, folder, view, listed, retiring: change.after == nil, writing)
    return listed?.pending != nil || listed?.secrets.values.contains { $0.pending != nil } == true
  }

  /// A crash between the last write and the commit leaves the commit to be made.
  private func commitLeftovers(_ folder: FolderPath, _ root: StoreFolder) throws {
    guard VaultRepository(path) != nil, let manifest = try standing().manifest,
      let control = try root.folder(ManifestFiles.folder)
    else { return }
    let lock = try control.lock(patience: patience)
    let writing = VaultWriting(root: root, control: control, lock: lock, manifest: manifest)
    try commit("vault: readers of \(folder.text)", writing, folders: [folder.text])
  }

  private func readBack(_ change: Change) throws -> ChangeResult.Status {
    let folder = try FolderPath(change.object.name)
    let view = try open().map { root in try FolderView(root, folder) } ?? FolderView()
    let seen = observed(folder.text, view, try standing(), owned: true, known: [])
    switch (seen, change.after) {
    case (.absent, nil): break
    case (.present(let state), let after?)
    where Set(state.list("recipients")) == Set(after.list("recipients")) && state.list("faults").isEmpty:
      break
    case (.present(let state), _):
      return .failed("read back otherwise: \(state.list("faults").first ?? "other recipients")")
    default: return .failed("read back otherwise")
    }
    return .ok(readBack: LiveState(objects: [change.object: seen]).digest)
  }

  public func leaveHead(_ head: LedgerHead) throws {
    if try standing().manifest?.head == head { return }
    let writing = try begin(acceptingUntrusted: false)
    var manifest = writing.manifest
    manifest.head = head
    try save(manifest, writing)
    try commit("vault: ledger of size \(head.size)", writing, folders: manifest.folders.keys.sorted())
  }

  /// Signs the manifest anew where whoever signed it is not among `signers`, so that it still counts once they are those in force.
  ///
  /// - Throws: ``VaultError``. That there is no manifest, or none that counts now, is no error: there is nothing to keep.
  public func handOver(to signers: AllowedSigners) throws {
    guard case .trusted = try standing(), let key = manifestKey, signers.principals(of: key).isEmpty else { return }
    let writing = try begin(acceptingUntrusted: false)
    try save(writing.manifest, writing)
    try commit("vault: signed anew", writing, folders: writing.manifest.folders.keys.sorted())
  }

  /// An identity under a passphrase would wait for somebody to type it.
  private static func check(identity: String) throws(VaultError) {
    let bytes: [UInt8]
    do { bytes = try FileContents.read(identity, limit: 1 << 20) } catch {
      throw .unusableIdentity(path: identity, error.reason)
    }
    let start = String(decoding: bytes.prefix(64), as: UTF8.self)
    if start.hasPrefix("age-encryption.org/") || start.hasPrefix("-----BEGIN AGE ENCRYPTED FILE") {
      throw .unusableIdentity(path: identity, "it is under a passphrase")
    }
    guard start.hasPrefix("-----BEGIN") else { return }
    do { _ = try SigningKey(path: identity) } catch {
      if case .unusableKey(_, let reason) = error { throw .unusableIdentity(path: identity, reason) }
      throw .signature(error)
    }
  }
}
