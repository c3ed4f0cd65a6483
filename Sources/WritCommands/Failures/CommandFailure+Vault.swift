internal import WritSSHSignature
internal import WritSyntax
internal import WritSystem
internal import WritVaultAge

extension CommandFailure {
  init(_ error: VaultError) {
    switch error {
    case .system(let error): self.init(visible(error.description))
    case .program(let failure): self.init(failure)
    case .signature(let error): self.init(error)
    case .untrusted(let reason):
      self.init(
        .unverified, "the vault's manifest cannot be relied on: \(visible(reason))",
        hint: "`writ plan` shows what is wrong; `writ apply` with a custodian's identity mends it")
    case .invalidName(let name): self.init(.invalidPolicy, "`\(visible(name))` is no name of a folder or secret")
    case .unknownFolder(let folder):
      self.init("the vault has no folder `\(visible(folder))`", hint: "`writ apply` makes the folders of the policy")
    case .unknownSecret(let folder, let name):
      self.init("there is no secret `\(visible(name))` in `\(visible(folder))`")
    case .changedOutside(let folder, let name):
      self.init(
        .unverified, "`\(visible(folder))/\(visible(name))` is not the file that the manifest lists",
        hint: "`writ drift` shows what is wrong")
    case .unfinished(let folder):
      self.init("an apply on `\(visible(folder))` was interrupted", hint: "`writ apply` finishes it")
    case .unusableRecipient(let name): self.init("age cannot encrypt to the key of \(visible(name))")
    case .noRecipients(let folder): self.init("nobody may read `\(visible(folder))`, so nothing is put there")
    case .noIdentity:
      self.init("no identity to decrypt with", hint: "`--identity FILE`, or once: git config writ.identity FILE")
    case .unusableIdentity(let path, let reason):
      self.init("the identity \(visible(path)) cannot be used: \(visible(reason))")
    case .noSigningKey:
      self.init("no key to sign the manifest with", hint: "`--key FILE`, or once: git config writ.key FILE")
    case .notDecrypted(let folder, let name, let reason):
      self.init("`\(visible(folder))/\(visible(name))` could not be decrypted: \(visible(reason))")
    case .notEncrypted(let reason): self.init("age did not encrypt: \(visible(reason))")
    case .irregular(let folder, let name): self.init("`\(visible(folder))/\(visible(name))` is no plain file")
    case .tooLarge(let limit): self.init("a secret has at most \(limit) bytes")
    case .locked(let path): self.init("another writ is at work in the vault (\(visible(path)))")
    case .notCommitted(let reason):
      self.init("the vault's own repository could not be committed to: \(visible(reason))")
    }
  }
}
