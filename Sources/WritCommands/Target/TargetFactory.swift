internal import WritApply
internal import WritGit
internal import WritHostLinux
internal import WritPlan
internal import WritPolicy
internal import WritRender
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
  var fleet = Fleet()
  /// The host that is worked on from within.
  var here: HostName?

  /// The policy's targets in order, hosts first; only those selected.
  ///
  /// - Parameter others: targets that may be selected as well.
  /// - Throws: ``CommandFailure`` when a selected name is unknown.
  func targets(_ selection: TargetSelection, besides others: Set<TargetName> = []) throws -> [any Target] {
    let names =
      policy.hosts.keys.sorted().map(TargetName.host) + policy.settings.vaults.keys.sorted().map(TargetName.vault)
    let known = others.union(names)
    for name in selection.host where HostName(validating: name).map({ known.contains(.host($0)) }) != true {
      throw CommandFailure(.invalidPolicy, "no host is named `\(visible(name))`")
    }
    for name in selection.vault where VaultName(validating: name).map({ known.contains(.vault($0)) }) != true {
      throw CommandFailure(.invalidPolicy, "no vault is named `\(visible(name))`")
    }
    return names.filter { selection.isAll || selection.names($0) }.compactMap(target)
  }

  /// Nil when the policy does not name it.
  func target(_ name: TargetName) -> (any Target)? {
    switch name {
    case .host(let host): policy.hosts[host].map(self.host)
    case .vault(let vault): policy.settings.vaults[vault].map(self.vault)
    }
  }

  private func host(_ host: Host) -> any Target {
    let root: String
    switch host.connection.value {
    case .local: root = "/"
    case .ssh where host.name.value == here: root = "/"
    case .ssh(let address): return fleet.remote(host, address, commit: commit)
    case .root(let path): root = workspace.path(relativeToPolicies: path)
    }
    let target = LinuxHost(
      name: host.name.value, root: root, policyCommit: commit ?? "working tree",
      hostKeys: host.hostKeys.map(\.value))
    target.expectedNames = workspace.rememberedNames(on: host.name.value)
    target.watch = { ProgressLine.show(ProgressMeter.Step($0)) }
    return target
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

  /// How many names a host's trees had the last time this clone looked; only for saying how long it takes.
  func rememberedNames(on host: HostName) -> Int? {
    guard let bytes = try? FileContents.read(namesFile(on: host), limit: 64) else { return nil }
    return Int(String(decoding: bytes, as: UTF8.self).filter { $0 != "\n" })
  }

  func remember(names: Int, on host: HostName) throws {
    guard names != rememberedNames(on: host) else { return }
    try FileContents.replace(namesFile(on: host), with: Array("\(names)\n".utf8), mode: 0o600)
  }

  private func namesFile(on host: HostName) -> String { "\(repository.commonDirectory)/writ/host-\(host).names" }

  private func versionFile(of vault: VaultName) -> String {
    "\(repository.commonDirectory)/writ/vault-\(vault).version"
  }
}
