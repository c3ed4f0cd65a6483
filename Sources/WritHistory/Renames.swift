public import WritPolicy
internal import WritSyntax

/// What the names of one policy are called in a later one.
public struct Renames: Sendable {
  private var principals: [PrincipalName: PrincipalName] = [:]
  private var roles: [RoleName: RoleName] = [:]
  private var resources: [ResourceName: ResourceName] = [:]
  private var hosts: [HostName: HostName] = [:]

  public init(from base: Policy, to head: Policy) {
    let wasPrincipal = base.isPrincipal
    let isPrincipal = head.isPrincipal
    for (name, olds) in head.people.values.map({ ($0.name.value, $0.previously) })
      + head.serviceAccounts.values.map({ ($0.name.value, $0.previously) })
    {
      Self.add(name, olds, &principals, was: wasPrincipal, is: isPrincipal)
    }
    for role in head.roles.values {
      Self.add(role.name.value, role.previously, &roles, was: { base.roles[$0] != nil }, is: { head.roles[$0] != nil })
    }
    for (name, olds) in head.resources.values.map({ ($0.name.value, $0.previously) })
      + head.sharingGroups.values.map({ ($0.name.value, $0.previously) })
    {
      Self.add(
        name, olds, &resources, was: { base.resources[$0] != nil || base.sharingGroups[$0] != nil },
        is: { head.resources[$0] != nil || head.sharingGroups[$0] != nil })
    }
    for host in head.hosts.values {
      Self.add(host.name.value, host.previously, &hosts, was: { base.hosts[$0] != nil }, is: { head.hosts[$0] != nil })
    }
  }

  /// Only when the old name existed and is gone, and the new one is new: two that both existed stay two.
  private static func add<Kind>(
    _ name: Identifier<Kind>, _ olds: [Located<Identifier<Kind>>], _ table: inout [Identifier<Kind>: Identifier<Kind>],
    was: (Identifier<Kind>) -> Bool, is: (Identifier<Kind>) -> Bool
  ) {
    for old in olds where was(old.value) && !`is`(old.value) && !was(name) { table[old.value] = name }
  }

  public func now(_ name: PrincipalName) -> PrincipalName { principals[name] ?? name }
  public func now(_ name: RoleName) -> RoleName { roles[name] ?? name }
  public func now(_ name: ResourceName) -> ResourceName { resources[name] ?? name }
  public func now(_ name: HostName) -> HostName { hosts[name] ?? name }

  /// What a role of the later policy was called in the earlier one.
  func before(_ name: RoleName) -> RoleName { roles.first { $0.value == name }?.key ?? name }

  /// What a name of the later policy was called in the earlier one: itself, unless it is new there.
  func then(_ name: PrincipalName) -> [PrincipalName] { Self.then(name, principals) }
  func then(_ name: RoleName) -> [RoleName] { Self.then(name, roles) }
  func then(_ name: ResourceName) -> [ResourceName] { Self.then(name, resources) }

  private static func then<Kind>(
    _ name: Identifier<Kind>, _ table: [Identifier<Kind>: Identifier<Kind>]
  ) -> [Identifier<Kind>] {
    let olds = table.filter { $0.value == name }.keys.sorted()
    return olds.isEmpty ? [name] : olds
  }

  public func now(_ target: TargetName) -> TargetName {
    if case .host(let host) = target { return .host(now(host)) }
    return target
  }

  public func now(_ key: EdgeKey) -> EdgeKey {
    let object = key.permission.object
    return EdgeKey(
      now(key.principal),
      Permission(Object(now(object.resource), folder: object.folder.map(now)), key.permission.operation))
  }

  public var isEmpty: Bool { principals.isEmpty && roles.isEmpty && resources.isEmpty && hosts.isEmpty }

  /// Old and new with what they name, in order.
  var described: [(what: String, old: String, new: String)] {
    func all<Kind>(_ what: String, _ table: [Identifier<Kind>: Identifier<Kind>]) -> [(String, String, String)] {
      table.sorted { $0.key < $1.key }.map { (what, $0.key.text, $0.value.text) }
    }
    return all("principal", principals) + all("role", roles) + all("resource", resources) + all("host", hosts)
  }

  /// Old and new, as text, sorted.
  var all: [(old: String, new: String)] {
    (principals.map { ($0.key.text, $0.value.text) } + roles.map { ($0.key.text, $0.value.text) }
      + resources.map { ($0.key.text, $0.value.text) } + hosts.map { ($0.key.text, $0.value.text) })
      .sorted { ($0.0, $0.1) < ($1.0, $1.1) }
  }
}
