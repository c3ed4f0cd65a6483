internal import WritDigest
public import WritPolicy
internal import WritSyntax

/// A change that adds or takes no edge and yet moves what access means, so that it is approved like a gain (design §3, §9).
public struct SensitiveChange: Sendable, Hashable {
  public typealias Kind = SensitiveKind

  public var kind: Kind
  /// What it is about: a permission, a principal, a resource, a host, or the section.
  public var subject: String
  /// What goes; empty when nothing does. Text as people wrote it, so made visible before it is printed.
  public var before: [String]
  /// What comes.
  public var after: [String]
  /// Whom it concerns, where that is told by edges; sorted.
  public var principals: [PrincipalName]

  public init(
    _ kind: Kind, _ subject: String, before: [String] = [], after: [String] = [], principals: [PrincipalName] = []
  ) {
    self.kind = kind
    self.subject = subject
    self.before = before
    self.after = after
    self.principals = principals
  }

  /// Everything sensitive between two policies, in order of kind and subject.
  static func all(
    from base: Policy, to head: Policy, _ renames: Renames, _ moved: [Permission: AccessDifference.ControlMove],
    since now: Instant
  ) -> [SensitiveChange] {
    var all = moved.map { permission, move in
      SensitiveChange(
        .control, permission.description, before: [move.before.description], after: [move.after.description],
        principals: move.principals.sorted())
    }
    all += renames.all.map { SensitiveChange(.rename, $0.new, before: [$0.old], after: [$0.new]) }
    all += principals(base, head, renames) + resources(base, head, renames) + hosts(base, head, renames)
    all += extents(base, head, renames) + egress(base, head, renames)
    all += rules(base, head, renames) + approvers(base, head, renames, since: now)
    let order = Dictionary(uniqueKeysWithValues: Kind.allCases.enumerated().map { ($1, $0) })
    return all.sorted { (order[$0.kind] ?? 0, $0.subject) < (order[$1.kind] ?? 0, $1.subject) }
  }

  /// The change of one list, as a set; nil when it is none.
  static func list(_ kind: Kind, _ subject: String, _ before: [String], _ after: [String]) -> SensitiveChange? {
    // By bytes: two paths that look alike in Unicode are two paths.
    let (old, new) = (Set(before.map { Array($0.utf8) }), Set(after.map { Array($0.utf8) }))
    if old == new { return nil }
    func texts(_ all: Set<[UInt8]>) -> [String] { all.map { String(decoding: $0, as: UTF8.self) }.sorted() }
    return SensitiveChange(kind, subject, before: texts(old.subtracting(new)), after: texts(new.subtracting(old)))
  }

  private static func principals(_ base: Policy, _ head: Policy, _ renames: Renames) -> [SensitiveChange] {
    base.principals.flatMap { old -> [SensitiveChange] in
      let name = renames.now(old)
      guard head.isPrincipal(name) else { return [] }
      func number(_ uid: UInt32?) -> [String] { uid.map { ["\($0)"] } ?? [] }
      func owner(_ policy: Policy, _ name: PrincipalName) -> PrincipalName? {
        policy.serviceAccounts[name]?.owner?.value
      }
      return [
        list(.keys, name.text, keys(base, old), keys(head, name)),
        list(.account, name.text, [base.account(of: old)], [head.account(of: name)]),
        list(.uid, name.text, number(base.uid(of: old)), number(head.uid(of: name))),
        list(.credential, name.text, credential(base, old, renames.now), credential(head, name) { $0 }),
        list(
          .owner, name.text, owner(base, old).map { [renames.now($0).text] } ?? [],
          owner(head, name).map { [$0.text] } ?? []),
        list(.email, name.text, email(base, old), email(head, name)),
        list(.userType, name.text, userType(base, old), userType(head, name)),
        list(
          .manager, name.text, manager(base, old).map { [renames.now($0).text] } ?? [],
          manager(head, name).map { [$0.text] } ?? []),
      ].compactMap { $0 }
    }
  }

  private static func email(_ policy: Policy, _ name: PrincipalName) -> [String] {
    (policy.people[name]?.email ?? policy.serviceAccounts[name]?.email).map { [$0.value] } ?? []
  }

  private static func userType(_ policy: Policy, _ name: PrincipalName) -> [String] {
    policy.people[name].map { [$0.userType.rawValue] } ?? []
  }

  private static func manager(_ policy: Policy, _ name: PrincipalName) -> PrincipalName? {
    policy.people[name]?.manager?.value
  }

  static func keys(_ policy: Policy, _ name: PrincipalName) -> [String] {
    policy.people[name]?.sshKeys.map(\.value) ?? []
  }

  static func credential(
    _ policy: Policy, _ name: PrincipalName, _ now: (ResourceName) -> ResourceName
  ) -> [String] {
    guard let credential = policy.serviceAccounts[name]?.credential else { return [] }
    var parts = [credential.key.value]
    parts += credential.from.map { "from \($0.value)" }
    if let run = credential.run { parts.append("run \(now(run.value))") }
    return parts
  }

  private static func resources(_ base: Policy, _ head: Policy, _ renames: Renames) -> [SensitiveChange] {
    var all: [SensitiveChange?] = []
    for old in base.resources.values {
      let name = renames.now(old.name.value)
      guard let new = head.resources[name] else { continue }
      all.append(list(.tags, name.text, old.tags.map(\.value), new.tags.map(\.value)))
      // As people wrote it, labels among them: that a host takes on a label is told by the edges.
      all.append(list(.hosts, name.text, old.hosts.map { renames.now($0.value).text }, new.hosts.map(\.value.text)))
    }
    for old in base.resources.values {
      let name = renames.now(old.name.value)
      guard let new = head.resources[name] else { continue }
      all.append(list(.watch, name.text, watch(old), watch(new)))
      all.append(list(.backup, name.text, backup(old), backup(new)))
    }
    for old in base.sharingGroups.values {
      let name = renames.now(old.name.value)
      if head.sharingGroups[name] == nil { continue }
      all.append(list(.tags, name.text, old.tags.map(\.value), head.tags(of: name).map(\.value)))
    }
    return all.compactMap { $0 }
  }

  private static func watch(_ resource: Resource) -> [String] {
    guard case .tree(let tree) = resource.kind else { return [] }
    return tree.watch.map { [$0.value] } ?? []
  }

  /// As parts, so that a review shows which of them moved.
  private static func backup(_ resource: Resource) -> [String] {
    guard case .tree(let tree) = resource.kind, let backup = tree.backup else { return [] }
    return ["every \(backup.every.value)", "keep \(backup.keep.value)", "to \(backup.to.value)"]
  }

  private static func hosts(_ base: Policy, _ head: Policy, _ renames: Renames) -> [SensitiveChange] {
    var all: [SensitiveChange?] = []
    func parts(_ host: Host) -> [String] {
      let connection =
        switch host.connection.value {
        case .local: "connect local"
        case .root(let path): "connect root:\(path)"
        case .ssh(let address): "connect \(address.text)"
        }
      return [connection] + host.hostKeys.map { "key \($0.value)" } + host.labels.map { "label \($0.value)" }
    }
    for old in base.hosts.values {
      let name = renames.now(old.name.value)
      if let new = head.hosts[name] { all.append(list(.host, name.text, parts(old), parts(new))) }
    }
    for name in Set(base.settings.vaults.keys).union(head.settings.vaults.keys) {
      all.append(list(.vault, name.text, vault(base, name), vault(head, name)))
      all.append(
        list(
          .custodians, name.text, base.custodians(of: name).map { renames.now($0.value).text },
          head.custodians(of: name).map(\.value.text)))
    }
    return all.compactMap { $0 }
  }

  private static func vault(_ policy: Policy, _ name: VaultName) -> [String] {
    switch policy.settings.vaults[name]?.kind {
    case nil: []
    case .age(let path, _): ["age \(path.value)"]
    }
  }
}
