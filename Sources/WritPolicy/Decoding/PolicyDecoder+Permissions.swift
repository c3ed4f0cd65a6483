internal import WritSyntax

extension PolicyDecoder {
  /// `{ resource: operation }`, `{ resource: [operations] }` or `{ resource: all }`: one rule for each operation.
  func permissions(_ node: Node, _ what: String) -> [PermissionRule] {
    guard let entries = mapping(node, what) else { return [] }
    var rules: [PermissionRule] = []
    rules.reserveCapacity(entries.count)
    for entry in entries {
      guard let (resource, scope) = object(entry.key) else { continue }
      guard let items = oneOrMore(entry.value, "the operations of `\(entry.key.value)`") else { continue }
      for item in items {
        guard let operation = operation(item) else { continue }
        if operation.value.text == "all" {
          rules.append(PermissionRule(resource: resource, scope: scope, operation: Located(.all, operation.span)))
        } else {
          rules.append(
            PermissionRule(
              resource: resource, scope: scope, operation: Located(.one(operation.value), operation.span)))
        }
      }
    }
    return rules
  }

  /// `base-weights`, `outputs/sun.hao` or `outputs/others`.
  private func object(_ key: Located<String>) -> (Located<ResourceName>, PermissionRule.Scope)? {
    guard let slash = key.value.utf8.firstIndex(of: UInt8(ascii: "/")) else {
      let resource: Located<ResourceName>? = name(key, "a name of a resource")
      return resource.map { ($0, .whole) }
    }
    let first = Located(String(key.value[..<slash]), key.span)
    let second = Located(String(key.value[key.value.utf8.index(after: slash)...]), key.span)
    guard let resource: Located<ResourceName> = name(first, "a name of a resource") else { return nil }
    if second.value == "others" { return (resource, .others) }
    guard let person: Located<PrincipalName> = name(second, "a name of a principal") else { return nil }
    return (resource, .folder(person.value))
  }
}
