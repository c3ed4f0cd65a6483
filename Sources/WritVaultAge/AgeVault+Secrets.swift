public import WritApply
public import WritDigest
public import WritPolicy
internal import WritSSHSignature
internal import WritSystem

/// One secret as `secret list` shows it; nothing of its value.
public struct SecretListing: Sendable, Hashable {
  /// Why a secret has to be replaced.
  public struct Due: Sendable, Hashable {
    /// Who could have read it and no longer may; nil when not known.
    public var principal: String?
    public var since: Instant
    public var reason: String
  }

  public var folder: String
  public var name: String
  public var kind: String?
  /// When its present value came in.
  public var put: Instant
  /// Who put it.
  public var by: String
  public var due: [Due]
  /// Since its term for rotation ended; nil when it did not, or has none.
  public var overdueSince: Instant?
}

extension AgeVault {
  /// Stores a value for the readers that the last apply gave the folder, and clears what was due.
  ///
  /// Needs no identity: whoever may sign the manifest can put a value, also one that he cannot read.
  ///
  /// - Parameters:
  ///   - by: Who put it, for the record.
  ///   - head: The ledger's, left in the same manifest; nil leaves the one that is there.
  /// - Returns: The digest of the encrypted file.
  /// - Throws: ``VaultError``.
  @discardableResult
  public func put(
    folder: String, name: String, value: Secret, by: String, kind: String? = nil, head: LedgerHead? = nil
  ) throws -> Digest {
    try store(folder, name, value, by: by, kind: kind, mustExist: false, head: head)
  }

  /// Stores a new value of a secret that is there, and clears what was due.
  ///
  /// - Throws: ``VaultError``; ``VaultError/unknownSecret(folder:name:)`` when there is none.
  @discardableResult
  public func rotate(
    folder: String, name: String, value: Secret, by: String, head: LedgerHead? = nil
  ) throws -> Digest {
    try store(folder, name, value, by: by, kind: nil, mustExist: true, head: head)
  }

  /// Whether a value could be stored or rotated there, as far as can be known without writing: known folder, usable name,
  /// a signer whose manifest counts.
  ///
  /// - Throws: ``VaultError``.
  public func checkStoring(folder: String, name: String, mustExist: Bool) throws(VaultError) {
    let path = try FolderPath(folder)
    try FolderPath.check(secret: name)
    _ = try readySigner()
    let listed = try listedFolder(path, try trusted())
    guard listed.pending == nil else { throw .unfinished(folder: path.text) }
    guard !listed.recipients.isEmpty else { throw .noRecipients(folder: path.text) }
    guard !mustExist || listed.secrets[name] != nil else { throw .unknownSecret(folder: path.text, name: name) }
  }

  /// Reads a value with somebody's key; the file must be the one that the manifest lists.
  ///
  /// - Parameter identity: A reader's ssh private key or age identity file.
  /// - Throws: ``VaultError``.
  public func get(folder: String, name: String, identity: String) throws(VaultError) -> Secret {
    let path = try FolderPath(folder)
    try FolderPath.check(secret: name)
    let listed = try listedFolder(path, try trusted())
    guard let entry = listed.secrets[name] else { throw .unknownSecret(folder: path.text, name: name) }
    let bytes = try system { () throws(SystemError) in
      try StoreFolder.root(self.path)?.folder(path.components)?.read("\(name).age", limit: AgeProgram.fileLimit)
    }
    guard let bytes else { throw .unknownSecret(folder: path.text, name: name) }
    guard entry.lists(Digest(of: bytes)) else { throw .changedOutside(folder: path.text, name: name) }
    var plain = try AgeProgram.decrypt(bytes, identity: identity, folder: path.text, name: name)
    return Secret(taking: &plain)
  }

  /// Every secret that the manifest lists, by folder and name; those kept for the custodians only are left out.
  ///
  /// - Parameter rotateEvery: Terms by `FOLDER/NAME`, from the policy.
  /// - Throws: ``VaultError``.
  public func list(rotateEvery: [String: WritPolicy.Duration] = [:]) throws(VaultError) -> [SecretListing] {
    var listings: [SecretListing] = []
    for (folder, listed) in try trusted().folders.sorted(by: { $0.key < $1.key }) where !listed.retired {
      for (name, entry) in listed.secrets.sorted(by: { $0.key < $1.key }) {
        let end = rotateEvery["\(folder)/\(name)"].map { Instant(seconds: entry.put.seconds + $0.seconds) }
        listings.append(
          SecretListing(
            folder: folder, name: name, kind: entry.kind, put: entry.put, by: entry.by,
            due: entry.due.map { .init(principal: $0.principal, since: $0.since, reason: $0.reason) },
            overdueSince: end.flatMap { $0 <= now ? $0 : nil }))
      }
    }
    return listings
  }

  private func trusted() throws(VaultError) -> Manifest {
    switch try standing() {
    case .trusted(let manifest): return manifest
    case .missing: throw .untrusted("the manifest is missing")
    case .untrusted(let reason, _): throw .untrusted(reason)
    }
  }

  private func listedFolder(_ folder: FolderPath, _ manifest: Manifest) throws(VaultError) -> Manifest.Folder {
    guard let listed = manifest.folders[folder.text], !listed.retired else { throw .unknownFolder(folder.text) }
    return listed
  }

  private func store(
    _ folder: String, _ name: String, _ value: Secret, by: String, kind: String?, mustExist: Bool, head: LedgerHead?
  ) throws -> Digest {
    try checkStoring(folder: folder, name: name, mustExist: mustExist)
    let path = try FolderPath(folder)
    let writing = try begin(acceptingUntrusted: false)
    var listed = try listedFolder(path, writing.manifest)
    guard listed.pending == nil else { throw VaultError.unfinished(folder: path.text) }
    guard !listed.recipients.isEmpty else { throw VaultError.noRecipients(folder: path.text) }
    let old = listed.secrets[name]
    guard old != nil || !mustExist else { throw VaultError.unknownSecret(folder: path.text, name: name) }
    let bytes = try encrypted(value, to: listed.recipients)

    var entry = old ?? Manifest.Entry(put: now, by: by)
    entry.pending = Digest(of: bytes)
    var manifest = writing.manifest
    listed.secrets[name] = entry
    manifest.folders[path.text] = listed
    try save(manifest, writing)
    let store = try writing.root.makeFolder(path.components)
    try store.replace("\(name).age", with: bytes)
    try afterWrite?()
    listed.secrets[name] = Manifest.Entry(sha256: Digest(of: bytes), kind: kind ?? old?.kind, put: now, by: by)
    manifest.folders[path.text] = listed
    if let head { manifest.head = head }
    try save(manifest, writing)
    try commit("vault: \(path.text)/\(name)", writing, folders: [path.text])
    return Digest(of: bytes)
  }
}
