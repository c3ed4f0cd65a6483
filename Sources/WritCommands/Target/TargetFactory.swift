internal import WritApply
internal import WritGit
internal import WritHostLinux
internal import WritPlan
internal import WritPolicy
internal import WritSSHSignature
internal import WritSyntax
internal import WritSystem
internal import WritVaultAge

/// Makes the targets that a policy names.
struct TargetFactory {
  let workspace: Workspace
  let policy: Policy
  /// Full id, for the headers of files on hosts; a working tree has none and only plans.
  let commit: String?
  let applier: Applier
  let signers: AllowedSigners
  let now: Instant

  /// The policy's targets in order, hosts first; only those selected.
  ///
  /// - Throws: ``CommandFailure`` when a selected name is unknown.
  func targets(_ selection: TargetSelection) throws -> [any Target] {
    for name in selection.host where HostName(validating: name).flatMap({ policy.hosts[$0] }) == nil {
      throw CommandFailure(.invalidPolicy, "no host is named `\(visible(name))`")
    }
    for name in selection.vault where VaultName(validating: name).flatMap({ policy.settings.vaults[$0] }) == nil {
      throw CommandFailure(.invalidPolicy, "no vault is named `\(visible(name))`")
    }
    var targets: [any Target] = []
    for host in policy.hosts.values.sorted(by: { $0.name.value < $1.name.value })
    where selection.isAll || selection.host.contains(host.name.value.text) {
      targets.append(self.host(host))
    }
    for vault in policy.settings.vaults.values.sorted(by: { $0.name.value < $1.name.value })
    where selection.isAll || selection.vault.contains(vault.name.value.text) {
      targets.append(self.vault(vault))
    }
    return targets
  }

  private func host(_ host: Host) -> LinuxHost {
    let root: String
    switch host.connection.value {
    case .local: root = "/"
    case .root(let path): root = workspace.path(relativeToPolicies: path)
    }
    return LinuxHost(
      name: host.name.value, root: root, policyCommit: commit ?? "working tree",
      hostKeys: host.hostKeys.map(\.value))
  }

  func vault(_ vault: Settings.Vault) -> AgeVault {
    guard case .age(let path, let custodians) = vault.kind else { preconditionFailure("age is the only kind") }
    let keys = custodians.flatMap { custodian in
      policy.keys(of: custodian.value).map { "\(custodian.value) \($0)" }
    }
    let signer = applier.actor(by: signers).map { AgeVault.Signer(principal: $0.actor.text, key: $0.key) }
    return AgeVault(
      vault.name.value, path: workspace.path(relativeToPolicies: path.value), identity: applier.identity,
      signer: signer, signers: signers, custodians: keys, now: now,
      rememberedVersion: workspace.rememberedVersion(of: vault.name.value))
  }
}

extension Workspace {
  /// The newest version of a vault's manifest that this clone has seen, so that an older one is known for a roll-back.
  func rememberedVersion(of vault: VaultName) -> Int? {
    guard let bytes = try? FileContents.read(versionFile(of: vault), limit: 64) else { return nil }
    return Int(String(decoding: bytes, as: UTF8.self).filter { $0 != "\n" })
  }

  func remember(version: Int, of vault: VaultName) throws {
    guard version > rememberedVersion(of: vault) ?? 0 else { return }
    try FileContents.replace(versionFile(of: vault), with: Array("\(version)\n".utf8), mode: 0o600)
  }

  private func versionFile(of vault: VaultName) -> String {
    "\(repository.commonDirectory)/writ/vault-\(vault).version"
  }
}
