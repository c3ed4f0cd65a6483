internal import WritPolicy
internal import WritSyntax

extension SensitiveChange {
  /// Hosts that stay and on which egress is restricted no longer: everybody there gets out, and the edges only tell of those who
  /// lose the permission.
  static func egress(_ base: Policy, _ head: Policy, _ renames: Renames) -> [SensitiveChange] {
    let restricted = Set(head.resources.values.filter(\.isEgress).flatMap { head.targets(of: $0.name.value) })
    return base.resources.values.filter(\.isEgress).compactMap { resource in
      let free = base.targets(of: resource.name.value).map(renames.now).filter { target in
        guard case .host(let host) = target, head.hosts[host] != nil else { return false }
        return !restricted.contains(target)
      }
      let name = renames.now(resource.name.value)
      return list(.extent, name.text, free.map { "holds everybody else back on \($0)" }, [])
    }
  }
}

extension Resource {
  fileprivate var isEgress: Bool { if case .egress = kind { true } else { false } }
}
