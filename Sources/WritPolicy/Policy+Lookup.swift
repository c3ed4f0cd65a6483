public import WritSyntax

/// What a principal is, whichever of the two kinds.
extension Policy {
  /// The Unix account: as written, else the name without dots. A name that is no principal gets the same default.
  public func account(of principal: PrincipalName) -> String {
    if let written = people[principal]?.account ?? serviceAccounts[principal]?.account { return written.value }
    return Self.defaultAccount(of: principal)
  }

  static func defaultAccount(of principal: PrincipalName) -> String {
    let text = principal.text
    guard text.utf8.contains(UInt8(ascii: ".")) else { return text }
    return String(decoding: text.utf8.lazy.filter { $0 != UInt8(ascii: ".") }, as: UTF8.self)
  }

  public func isPrincipal(_ name: PrincipalName) -> Bool { people[name] != nil || serviceAccounts[name] != nil }

  /// All principals, sorted.
  public var principals: [PrincipalName] { (Array(people.keys) + Array(serviceAccounts.keys)).sorted() }

  public func uid(of principal: PrincipalName) -> UInt32? {
    (people[principal]?.uid ?? serviceAccounts[principal]?.uid)?.value
  }

  /// The assignments of a principal, in the order written.
  public func assignments(of principal: PrincipalName) -> [Assignment] {
    people[principal]?.roles ?? serviceAccounts[principal]?.roles ?? []
  }

  /// `from`/`until` of the principal itself; open for an unknown one.
  public func term(of principal: PrincipalName) -> Term {
    people[principal]?.term ?? serviceAccounts[principal]?.term ?? Term()
  }

  public func isSuspended(_ principal: PrincipalName) -> Bool {
    (people[principal]?.suspended ?? serviceAccounts[principal]?.suspended)?.value ?? false
  }

  /// Where the principal's name was written.
  public func place(of principal: PrincipalName) -> SourceSpan? {
    people[principal]?.name.span ?? serviceAccounts[principal]?.name.span
  }
}

/// What a resource or a sharing group offers, and where.
extension Policy {
  /// Every operation that the resource's kind has, sorted; empty when nothing has that name (design §4).
  public func operations(of resource: ResourceName) -> [Operation] {
    if let kind = resources[resource]?.kind {
      switch kind {
      case .tree: return [.read, .write]
      case .command: return [.run]
      case .login: return [.ssh]
      case .unixGroup: return [.member]
      case .egress: return [.connect]
      case .external(_, let operations): return operations.map(\.value).sorted()
      }
    }
    return sharingGroups[resource] == nil ? [] : [.manage, .read, .use, .write]
  }

  public func tags(of resource: ResourceName) -> [Located<String>] {
    resources[resource]?.tags ?? sharingGroups[resource]?.tags ?? []
  }

  /// The hosts that the names and labels stand for, sorted, each once. Unknown ones stand for none.
  public func hosts(matching written: [Located<HostName>]) -> [HostName] {
    var found: Set<HostName> = []
    for name in written {
      if hosts[name.value] != nil {
        found.insert(name.value)
      } else {
        for (host, entry) in hosts where entry.labels.contains(name) { found.insert(host) }
      }
    }
    return found.sorted()
  }

  /// Where a resource is enforced, sorted: its hosts, or its vault. Empty for `external` and unknown ones.
  public func targets(of resource: ResourceName) -> [TargetName] {
    if let entry = resources[resource] {
      if case .external = entry.kind { return [] }
      return hosts(matching: entry.hosts).map(TargetName.host)
    }
    return sharingGroups[resource].map { [.vault($0.vault.value)] } ?? []
  }

  /// The Unix group of a tree's readers: as written, else the resource's name.
  public func readersGroup(of resource: ResourceName) -> String? {
    guard case .tree(let tree)? = resources[resource]?.kind else { return nil }
    return tree.group?.value ?? resource.text
  }

  /// The Unix group of a tree's writers: as written, else the readers' group with `-w`.
  public func writersGroup(of resource: ResourceName) -> String? {
    guard case .tree(let tree)? = resources[resource]?.kind else { return nil }
    return tree.writers?.value ?? (tree.group?.value ?? resource.text) + "-w"
  }

  /// The people and service accounts that look after a vault, as written.
  public func custodians(of vault: VaultName) -> [Located<PrincipalName>] {
    guard case .age(_, let custodians)? = settings.vaults[vault]?.kind else { return [] }
    return custodians
  }
}
