internal import WritDigest
internal import WritPolicy
internal import WritSystem

extension AgeVault {
  /// Carries `work` out: everything is encrypted in memory first, then the signed manifest lists old and new digests, then
  /// the files are replaced one by one, then the manifest lists the new ones alone.
  func carryOut(
    _ work: FolderWork, _ folder: FolderPath, _ view: FolderView, _ listed: Manifest.Folder?, retiring: Bool,
    _ writing: VaultWriting
  ) throws {
    let name = folder.text
    var files: [String: [UInt8]] = [:]
    var between = Manifest.Folder(
      recipients: listed?.recipients ?? work.recipients, pending: work.recipients, retired: false)
    var final = Manifest.Folder(recipients: work.recipients, retired: retiring)
    let lost = listed.map { $0.allRecipients.principals.subtracting(work.recipients.principals) } ?? []
    for (secret, step) in work.steps.sorted(by: { $0.key < $1.key }) {
      guard var entry = try entry(secret, step, listed, view, folder, lost: lost, recipients: work.recipients) else {
        continue
      }
      switch step {
      case .forget: continue
      case .keep:
        entry.sha256 = view.files[secret]?.digest
        entry.pending = nil
      case .restore(let bytes):
        files[secret] = bytes
        entry.sha256 = Digest(of: bytes)
        entry.pending = nil
      case .reencrypt(let bytes, _):
        files[secret] = try reencrypted(bytes, folder: name, secret, to: work.recipients)
        entry.sha256 = Digest(of: bytes)
        entry.pending = files[secret].map { Digest(of: $0) }
      }
      between.secrets[secret] = entry
      if let pending = entry.pending { entry.sha256 = pending }
      entry.pending = nil
      final.secrets[secret] = entry
    }
    let isEmpty = final.secrets.isEmpty && retiring
    let inTwoSteps = between.secrets.values.contains { $0.pending != nil }
    var manifest = writing.manifest
    manifest.folders[name] = inTwoSteps ? between : isEmpty ? nil : final
    if manifest.folders != writing.manifest.folders || writing.manifest.version == 0 { try save(manifest, writing) }

    let store = try writing.root.makeFolder(folder.components)
    for leftover in view.leftovers { try store.remove(leftover) }
    if isEmpty {
      try store.remove(FolderView.recipientsName)
    } else if view.recipients != work.recipients.file {
      // First of all, so that what people put in by hand meanwhile is encrypted to the new readers.
      try store.replace(FolderView.recipientsName, with: work.recipients.file)
      try afterWrite?()
    }
    for (secret, bytes) in files.sorted(by: { $0.key < $1.key }) {
      try store.replace("\(secret).age", with: bytes)
      try afterWrite?()
    }
    if inTwoSteps {
      manifest = writing.manifest
      manifest.folders[name] = final
      try save(manifest, writing)
    }
    let gone = work.steps.keys.filter { final.secrets[$0] == nil }.map { "\(name)/\($0).age" }
    try commit(
      "vault: readers of \(name)", writing, folders: [name],
      removed: gone + (isEmpty ? ["\(name)/\(FolderView.recipientsName)"] : []))
  }

  /// The manifest's entry with the marks that this change adds.
  private func entry(
    _ secret: String, _ step: FolderWork.Step, _ listed: Manifest.Folder?, _ view: FolderView, _ folder: FolderPath,
    lost: Set<String>, recipients: [Recipient]
  ) throws(VaultError) -> Manifest.Entry? {
    if case .forget = step { return nil }
    let known = listed?.secrets[secret]
    var entry = known ?? Manifest.Entry(put: now, by: "unknown")
    for principal in lost.sorted() where known != nil {
      entry.mark(.init(principal: principal, since: now, reason: "no longer a reader"))
    }
    if case .reencrypt(_, trusted: false) = step {
      entry.mark(.init(since: now, reason: listed == nil ? "no manifest vouched for it" : "changed outside writ"))
    } else if view.hasForeignStanza(secret, readers: (listed?.allRecipients ?? []) + recipients) {
      entry.mark(.init(since: now, reason: "changed outside writ"))
    }
    return entry
  }

  private func reencrypted(
    _ bytes: [UInt8], folder: String, _ secret: String, to recipients: [Recipient]
  ) throws(VaultError) -> [UInt8] {
    guard let identity else { throw .noIdentity }
    var plain = try AgeProgram.decrypt(bytes, identity: identity, folder: folder, name: secret)
    let value = Secret(taking: &plain)
    return try encrypted(value, to: recipients)
  }

  func encrypted(_ value: Secret, to recipients: [Recipient]) throws(VaultError) -> [UInt8] {
    var copy = value.withBytes { Array($0) }
    defer { for index in copy.indices { copy[index] = 0 } }
    return try AgeProgram.encrypt(copy, to: recipients)
  }
}
