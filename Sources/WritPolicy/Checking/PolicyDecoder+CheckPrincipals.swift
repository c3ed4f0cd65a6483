internal import WritSyntax

/// Two principals may not be one to Linux, to the mail or to ssh.
extension PolicyDecoder {
  func checkPrincipals(_ reach: [RoleName: RoleReach]) {
    let hostAccess = hostAccess(reach)
    var accounts: [String: SourceSpan] = [:]
    var uids: [UInt32: SourceSpan] = [:]
    var emails: [String: SourceSpan] = [:]
    var keys: [String: SourceSpan] = [:]
    let users = linuxUsers
    accounts.reserveCapacity(users.count)
    uids.reserveCapacity(users.count)
    emails.reserveCapacity(users.count)
    for principal in users {
      let name = principal.name.value
      unique(
        .sharedAccount, principal.account, principal.writtenAccount ?? principal.name.span, &accounts,
        "`\(name)` would have the account `\(principal.account)` of somebody else")
      if let evidence = hostAccess[name] { checkHostAccount(principal, evidence) }
      if let uid = principal.uid {
        unique(.sharedUID, uid.value, uid.span, &uids, "the uid \(uid.value) is somebody else's")
      }
      if let email = principal.email {
        unique(.sharedEmail, email.value.lowercased(), email.span, &emails, "the address is somebody else's")
      }
      // The same key twice on one entry says nothing wrong; it counts once.
      var own: Set<String> = []
      for key in principal.keys where own.insert(key.value).inserted {
        unique(.sharedSSHKey, key.value, key.span, &keys, "the ssh key is somebody else's")
      }
    }
  }

  /// What a principal needs to whom `evidence` gives access on hosts.
  func checkHostAccount(of name: PrincipalName, _ evidence: SourceSpan) {
    if let person = policy.people[name] {
      checkHostAccount(LinuxUser(person), evidence)
    } else if let service = policy.serviceAccounts[name] {
      checkHostAccount(LinuxUser(service), evidence)
    }
  }

  private func checkHostAccount(_ principal: LinuxUser, _ evidence: SourceSpan) {
    if principal.writtenAccount == nil { checkDefaultAccount(principal, evidence) }
    if principal.uid == nil, !unreadableUIDs.contains(principal.name.value) {
      reportMissingUID(principal.name, evidence)
    }
  }

  /// What tells principals apart, from either kind.
  private struct LinuxUser {
    init(_ person: Person) {
      name = person.name
      account = person.account?.value ?? Policy.defaultAccount(of: person.name.value)
      writtenAccount = person.account?.span
      uid = person.uid
      email = person.email
      keys = person.sshKeys
    }

    init(_ service: ServiceAccount) {
      name = service.name
      account = service.account?.value ?? Policy.defaultAccount(of: service.name.value)
      writtenAccount = service.account?.span
      uid = service.uid
      email = service.email
      keys = service.credential.map { [$0.key] } ?? []
    }

    var name: Located<PrincipalName>
    var account: String
    var writtenAccount: SourceSpan?
    var uid: Located<UInt32>?
    var email: Located<String>?
    var keys: [Located<String>]
  }

  /// In file and line order.
  private var linuxUsers: [LinuxUser] {
    var users: [LinuxUser] = []
    users.reserveCapacity(policy.people.count + policy.serviceAccounts.count)
    for person in policy.people.values { users.append(LinuxUser(person)) }
    for service in policy.serviceAccounts.values { users.append(LinuxUser(service)) }
    return users.sorted { $0.name.span < $1.name.span }
  }

  private func unique<Value: Hashable>(
    _ slug: Slug, _ value: Value, _ span: SourceSpan, _ taken: inout [Value: SourceSpan],
    _ message: @autoclosure () -> String
  ) {
    guard let first = taken.updateValue(span, forKey: value) else { return }
    taken[value] = first
    report(slug, message(), at: span, label: "also here", related: [.init(first, "already given here")])
  }

  private func checkDefaultAccount(_ principal: LinuxUser, _ evidence: SourceSpan) {
    let account = principal.account
    let isTaken = LinuxName.systemAccounts.contains(account)
    guard isTaken || !LinuxName.isValid(account) else { return }
    report(
      .invalidAccount,
      isTaken ? "the account `\(account)` belongs to the system" : "Linux takes no account named `\(account)`",
      at: principal.name.span, label: "the account that follows from the name",
      related: [.init(evidence, "gives access on hosts")], help: "write `account:`")
  }

  private func reportMissingUID(_ name: Located<PrincipalName>, _ evidence: SourceSpan) {
    report(
      .missingUID, "`\(name.value)` has no `uid`", at: name.span, label: "needed on hosts",
      related: [.init(evidence, "gives access on hosts")],
      help: "write a `uid:` from 1000 up that nobody ever had")
  }

  /// Who needs an account on a host, with the line that says so: by role, by grant, as an owner of a tree, as the account a
  /// command runs as, or by a credential.
  private func hostAccess(_ reach: [RoleName: RoleReach]) -> [PrincipalName: SourceSpan] {
    var found: [PrincipalName: SourceSpan] = [:]
    func add(_ name: PrincipalName, _ span: SourceSpan) { found[name] = found[name].map { min($0, span) } ?? span }
    // Assignments are in the order written, so the first is the one to show.
    func addFirst(of assignments: [Assignment], _ name: PrincipalName) {
      guard let first = assignments.first(where: { reach[$0.role.value]?.host != nil }) else { return }
      add(name, first.role.span)
    }
    for person in policy.people.values { addFirst(of: person.roles, person.name.value) }
    for account in policy.serviceAccounts.values {
      addFirst(of: account.roles, account.name.value)
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
