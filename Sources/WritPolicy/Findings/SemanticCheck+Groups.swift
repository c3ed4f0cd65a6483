internal import WritSyntax

/// One Unix group named by two trees: its members could reach both (design §4, "Derived groups").
extension SemanticCheck {
  private struct Use {
    var resource: ResourceName
    var operation: Operation
    var span: SourceSpan
    var hosts: Set<TargetName>
  }

  mutating func sharedGroups() {
    var uses: [String: [Use]] = [:]
    for (name, resource) in policy.resources {
      guard case .tree(let tree) = resource.kind, !tree.isPersonal,
        let readers = policy.readersGroup(of: name), let writers = policy.writersGroup(of: name)
      else { continue }
      let hosts = Set(policy.targets(of: name))
      uses[readers, default: []].append(
        Use(resource: name, operation: .read, span: tree.group?.span ?? resource.name.span, hosts: hosts))
      uses[writers, default: []].append(
        Use(
          resource: name, operation: .write, span: tree.writers?.span ?? tree.group?.span ?? resource.name.span,
          hosts: hosts))
    }
    let shared = uses.filter { $0.value.count > 1 }
    if shared.isEmpty { return }
    let members = members(of: Set(shared.values.joined().map(\.resource)))
    for (group, places) in shared.sorted(by: { $0.key < $1.key }) {
      check(group, places.sorted { $0.span < $1.span }, members)
    }
  }

  /// Who has which access to the resources, over all time.
  private func members(of resources: Set<ResourceName>) -> [Permission: [PrincipalName: IntervalSet]] {
    var members: [Permission: [PrincipalName: IntervalSet]] = [:]
    for edge in access.edges where resources.contains(edge.permission.object.resource) {
      members[edge.permission, default: [:]][edge.principal] = edge.holds
    }
    return members
  }

  private mutating func check(
    _ group: String, _ places: [Use], _ members: [Permission: [PrincipalName: IntervalSet]]
  ) {
    var faults: [String] = []
    var spans: Set<SourceSpan> = []
    for wider in places {
      let named = members[Permission(Object(wider.resource), wider.operation)] ?? [:]
      var strangers: Set<PrincipalName> = []
      for other in places
      where other.resource != wider.resource && !other.hosts.isDisjoint(with: wider.hosts) {
        for (principal, holds) in members[Permission(Object(other.resource), other.operation)] ?? [:]
        where !holds.subtracting(named[principal] ?? .empty).isEmpty {
          strangers.insert(principal)
          spans.formUnion([other.span, wider.span])
        }
      }
      if strangers.isEmpty { continue }
      faults.append("\(Self.list(strangers.sorted().map(\.text))) \(wider.operation) `\(wider.resource)`")
    }
    guard !faults.isEmpty, let place = spans.max() else { return }
    report(
      .sharedGroup, .error,
      "the group `\(group)` would let " + faults.joined(separator: ", and ")
        + ", which \(faults.count == 1 ? "its" : "their") permissions do not say",
      at: place, label: "names the group",
      related: spans.sorted().filter { $0 != place }.map { .init($0, "names the same group") },
      help: "give one of the trees a group of its own")
  }
}
