internal import Glibc
internal import WritDigest
internal import WritPolicy
internal import WritSSHSignature
internal import WritSystem

/// One writer's hold on the vault: the lock, the store and the manifest as it was last written.
final class VaultWriting {
  let root: StoreFolder
  let control: StoreFolder
  /// Held until this value goes.
  let lock: StoreFolder
  var manifest: Manifest

  init(root: StoreFolder, control: StoreFolder, lock: StoreFolder, manifest: Manifest) {
    self.root = root
    self.control = control
    self.lock = lock
    self.manifest = manifest
  }
}

extension AgeVault {
  /// Runs `body`, whose system errors become the vault's.
  func system<R>(_ body: () throws(SystemError) -> R) throws(VaultError) -> R {
    do { return try body() } catch { throw .system(error) }
  }

  /// Takes the lock; makes the store where it is missing.
  ///
  /// A manifest that cannot be relied on is refused, or not carried on with: a new one begins, of a higher version, and folders come into it
  /// as they are repaired. Those that are not are then found missing in it.
  func begin(acceptingUntrusted: Bool) throws(VaultError) -> VaultWriting {
    _ = try readySigner()
    let root = try system { () throws(SystemError) in
      if let root = try StoreFolder.root(path) { return root }
      guard mkdir(path, 0o755) == 0 else { throw SystemError("create", path) }
      guard let root = try StoreFolder.root(path) else { throw SystemError("open", path, code: ENOENT) }
      return root
    }
    let control = try system { () throws(SystemError) in try root.makeFolder([ManifestFiles.folder]) }
    let lock = try control.lock(patience: patience)
    let manifest: Manifest
    switch try standing() {
    case .trusted(let known): manifest = known
    case .missing: manifest = Manifest(vault: vault.text, version: 0)
    case .untrusted(let reason, let version):
      guard acceptingUntrusted else { throw .untrusted(reason) }
      let claimed = (0..<JSONValue.integerLimit / 2).contains(version) ? version : 0
      manifest = Manifest(vault: vault.text, version: max(claimed, rememberedVersion ?? 0))
    }
    return VaultWriting(root: root, control: control, lock: lock, manifest: manifest)
  }

  /// The signer, provided that what he signs will count.
  func readySigner() throws(VaultError) -> Signer {
    guard let signer else { throw .noSigningKey }
    guard let entry = signers.entries(of: signer.principal).first(where: { $0.key == signer.key.publicKey }) else {
      throw .signature(.foreignKey(principal: signer.principal, key: signer.key.publicKey))
    }
    guard entry.namespaces?.contains(ManifestFiles.namespace) ?? true else {
      throw .signature(
        .namespaceNotAllowed(principal: signer.principal, namespace: ManifestFiles.namespace))
    }
    return signer
  }

  /// Signs and writes `manifest` under the next version.
  func save(_ manifest: Manifest, _ writing: VaultWriting) throws {
    var manifest = manifest
    manifest.version = writing.manifest.version + 1
    let signer = try readySigner()
    let bytes = manifest.bytes
    let signature: [UInt8]
    do { signature = try signer.key.sign(bytes, namespace: ManifestFiles.namespace) } catch {
      throw VaultError.signature(error)
    }
    try system { () throws(SystemError) in
      try ManifestFiles.save(.init(manifest: bytes, signature: signature), in: writing.control)
    }
    writing.manifest = manifest
    if rememberedVersion != nil { rememberedVersion = manifest.version }
    try afterWrite?()
  }

  /// Commits the manifest and those files of `folders` that are as it says, where the store is a repository.
  func commit(
    _ message: String, _ writing: VaultWriting, folders: some Sequence<String>, removed: [String] = []
  ) throws(VaultError) {
    guard let repository = VaultRepository(path) else { return }
    var files = [ManifestFiles.name, ManifestFiles.signatureName].map { "\(ManifestFiles.folder)/\($0)" } + removed
    for name in folders {
      guard let listed = writing.manifest.folders[name] else { continue }
      let folder = try FolderPath(name)
      let view = try system { () throws(SystemError) in try FolderView(writing.root, folder) }
      if view.recipients == listed.recipients.file { files.append("\(name)/\(FolderView.recipientsName)") }
      for (secret, entry) in listed.secrets {
        if let digest = view.files[secret]?.digest, entry.lists(digest) { files.append("\(name)/\(secret).age") }
      }
    }
    try repository.commit(files, message: message)
  }

  /// Bytes of that digest, wherever in the vault they stand: under another name, or in the last commit.
  func find(_ digest: Digest, committedAs file: String, in root: StoreFolder, _ folders: some Sequence<String>)
    -> [UInt8]?
  {
    for name in folders {
      guard let folder = try? FolderPath(name), let view = try? FolderView(root, folder) else { continue }
      if let found = view.files.values.first(where: { $0.digest == digest }) { return found.bytes }
    }
    guard let bytes = VaultRepository(path)?.committed(file), Digest(of: bytes) == digest else { return nil }
    return bytes
  }
}
