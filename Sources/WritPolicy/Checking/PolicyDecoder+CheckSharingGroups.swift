internal import WritSyntax

extension PolicyDecoder {
  func checkSharingGroups() {
    checkFolders()
    for group in sharingGroupsInOrder where policy.settings.vaults[group.vault.value] != nil {
      if let mfa = group.mfa { inexpressible("MFA", mfa.span, "mfa", group) }
      if let approval = group.approval {
        inexpressible("an approval before each view", approval.span, "approval", group)
      }
    }
    for role in policy.roles.values { checkUse(role.allow) }
    for grant in policy.grants { checkUse(grant) }
    checkCustodians()
  }

  func checkCustodians() { for vault in policy.settings.vaults.values { checkCustodians(vault) } }

  private func inexpressible(_ what: String, _ span: SourceSpan, _ key: String, _ group: SharingGroup) {
    report(
      .vaultCannot, "a vault of kind `age` cannot demand \(what)", at: span, label: "nothing would enforce it",
      related: [.init(group.vault.span, "kept in this vault")], help: "take `\(key)` out")
  }

  func checkUse(_ grant: Grant) {
    if case .permissions(let rules) = grant.content { checkUse(rules) }
  }

  /// Who can use a secret of an age file can read it.
  func checkUse(_ rules: [PermissionRule]) {
    for rule in rules where rule.operation.value == .one(.use) {
      guard let group = policy.sharingGroups[rule.resource.value], policy.settings.vaults[group.vault.value] != nil
      else {
        continue
      }
      report(
        .vaultCannot, "a vault of kind `age` cannot give `use` without `read`", at: rule.operation.span,
        label: "nothing would enforce it", related: [.init(group.vault.span, "kept in this vault")],
        help: "write `read`")
    }
  }

  /// One folder is one sharing group's, with everything in it.
  private func checkFolders() {
    var byVault: [VaultName: [(folder: Located<String>, parts: [Substring])]] = [:]
    for group in sharingGroupsInOrder {
      byVault[group.vault.value, default: []].append((group.folder, group.folder.value.split(separator: "/")))
    }
    for folders in byVault.values {
      // Sorted by components, whatever lies inside a folder follows it at once.
      let sorted = folders.sorted {
        $0.parts == $1.parts ? $0.folder.span < $1.folder.span : $0.parts.lexicographicallyPrecedes($1.parts)
      }
      var outer: (folder: Located<String>, parts: [Substring])?
      for entry in sorted {
        guard let holder = outer, entry.parts.starts(with: holder.parts) else {
          outer = entry
          continue
        }
        let isSame = entry.parts == holder.parts
        report(
          .overlappingFolders,
          isSame
            ? "two sharing groups have the folder `\(entry.folder.value)`"
            : "the folder `\(entry.folder.value)` lies in that of another sharing group", at: entry.folder.span,
          label: isSame ? "also here" : "inside the other",
          related: [.init(holder.folder.span, isSame ? "already given here" : "the outer folder")],
          help: "give each sharing group a folder of its own")
      }
    }
  }

  private func checkCustodians(_ vault: Settings.Vault) {
    guard case .age(_, let custodians) = vault.kind else { return }
    for custodian in custodians {
      guard let place = declared.principals[custodian.value] else {
        checkPrincipal(custodian)
        continue
      }
      guard policy.isPrincipal(custodian.value), !unreadableKeys.contains(custodian.value) else { continue }
      let keys =
        policy.people[custodian.value]?.sshKeys ?? policy.serviceAccounts[custodian.value]?.credential.map { [$0.key] }
        ?? []
      if keys.contains(where: { $0.value.hasPrefix("ssh-ed25519 ") || $0.value.hasPrefix("ssh-rsa ") }) { continue }
      report(
        .custodianWithoutKey, "the custodian `\(custodian.value)` has no key that age can use", at: custodian.span,
        label: "could not open the vault", related: [.init(place, "has none of type `ssh-ed25519` or `ssh-rsa`")],
        help: "give `\(custodian.value)` such a key")
    }
  }
}
