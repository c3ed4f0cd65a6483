internal import WritSyntax

/// Two principals may not be one to Linux, to the mail or to ssh.
extension PolicyDecoder {
  func checkPrincipals(_ reach: [RoleName: RoleReach]) {
    let hostAccess = hostAccess(reach)
    var accounts: [String: SourceSpan] = [:]
    var uids: [UInt32: SourceSpan] = [:]
    var emails: [String: SourceSpan] = [:]
    var keys: [String: SourceSpan] = [:]
    for name in principalsInOrder {
      let person = policy.people[name]
      let service = policy.serviceAccounts[name]
      guard let place = policy.place(of: name) else { continue }
      let written = person?.account ?? service?.account
      let account = policy.account(of: name)
      unique(
        .sharedAccount, account, written?.span ?? place, &accounts,
        "`\(name)` would have the account `\(account)` of somebody else")
      if let evidence = hostAccess[name] {
        if written == nil { checkDefaultAccount(account, name, place, evidence) }
        checkHasUID(name, place, evidence)
      }
      if let uid = person?.uid ?? service?.uid {
        unique(.sharedUID, uid.value, uid.span, &uids, "the uid \(uid.value) is somebody else's")
      }
      if let email = person?.email ?? service?.email {
        unique(.sharedEmail, email.value.lowercased(), email.span, &emails, "the address is somebody else's")
      }
      // The same key twice on one entry says nothing wrong; it counts once.
      var own: Set<String> = []
      for key in (person?.sshKeys ?? []) + (service?.credential.map { [$0.key] } ?? [])
      where own.insert(key.value).inserted {
        unique(.sharedSSHKey, key.value, key.span, &keys, "the ssh key is somebody else's")
      }
    }
  }

  private func unique<Value: Hashable>(
    _ slug: Slug, _ value: Value, _ span: SourceSpan, _ taken: inout [Value: SourceSpan], _ message: String
  ) {
    if let first = taken[value] {
      report(slug, message, at: span, label: "also here", related: [.init(first, "already given here")])
    } else {
      taken[value] = span
    }
  }

  private func checkDefaultAccount(
    _ account: String, _ name: PrincipalName, _ place: SourceSpan, _ evidence: SourceSpan
  ) {
    let isTaken = LinuxName.systemAccounts.contains(account)
    guard isTaken || !LinuxName.isValid(account) else { return }
    report(
      .invalidAccount,
      isTaken ? "the account `\(account)` belongs to the system" : "Linux takes no account named `\(account)`",
      at: place,
      label: "the account that follows from the name", related: [.init(evidence, "gives access on hosts")],
      help: "write `account:`")
  }

  private func checkHasUID(_ name: PrincipalName, _ place: SourceSpan, _ evidence: SourceSpan) {
    guard policy.uid(of: name) == nil, !unreadableUIDs.contains(name) else { return }
    report(
      .missingUID, "`\(name)` has no `uid`", at: place, label: "needed on hosts",
      related: [.init(evidence, "gives access on hosts")],
      help: "write a `uid:` from 1000 up that nobody ever had")
  }

  /// Who needs an account on a host, with the line that says so: by role, by grant, as an owner of a tree, as the account a
  /// command runs as, or by a credential.
  private func hostAccess(_ reach: [RoleName: RoleReach]) -> [PrincipalName: SourceSpan] {
    var found: [PrincipalName: SourceSpan] = [:]
    func add(_ name: PrincipalName, _ span: SourceSpan) { found[name] = found[name].map { min($0, span) } ?? span }
    for person in policy.people.values {
      for assignment in person.roles where reach[assignment.role.value]?.host != nil {
        add(person.name.value, assignment.role.span)
      }
    }
    for account in policy.serviceAccounts.values {
      for assignment in account.roles where reach[assignment.role.value]?.host != nil {
        add(account.name.value, assignment.role.span)
      }
      if let run = account.credential?.run { add(account.name.value, run.span) }
    }
    for grant in policy.grants {
      let evidence: SourceSpan?
      switch grant.content {
      case .permissions(let rules): evidence = self.reach(of: rules).host
      case .role(let role): evidence = reach[role.value]?.host == nil ? nil : role.span
      }
      if let evidence { for principal in grant.to { add(principal.value, evidence) } }
    }
    for resource in policy.resources.values {
      switch resource.kind {
      case .tree(let tree): if let owner = tree.owner { add(owner.value, owner.span) }
      case .command(let command): if let runAs = command.runAs { add(runAs.value, runAs.span) }
      default: break
      }
    }
    return found
  }
}
