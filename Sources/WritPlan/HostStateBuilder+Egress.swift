internal import WritPolicy
internal import WritSyntax

extension HostStateBuilder {
  /// Who of the accounts that policy has here may connect to what is external, and who not (design §4). Several resources on
  /// one host form a union. Called when the accounts are known.
  ///
  /// Uids, not names: the kernel knows nothing else, and what loads the rules at boot could know other names.
  mutating func addEgress() {
    let written = resources.filter { if case .egress = $0.kind { true } else { false } }
    guard let first = written.first else { return }
    var causes: [String: [Cause]] = [:]
    for edge in edges where written.contains(where: { $0.name.value == edge.permission.object.resource }) {
      if let uid = objects[ObjectID(.account, account(of: edge.principal))]?.state.text("uid") {
        causes["allowed=\(uid)", default: []].append(cause(edge))
      }
    }
    let place = policy.sources.place(of: first.name.span)
    var (allowed, denied): ([String], [String]) = ([], [])
    for (id, entry) in objects where id.kind == .account {
      guard let uid = entry.state.text("uid") else { continue }
      if causes["allowed=\(uid)"] != nil {
        allowed.append(uid)
      } else {
        denied.append(uid)
        causes["denied=\(uid)"] = [Cause(.required, "account \(id.name) has no egress here", place: place)]
      }
    }
    let networks = policy.settings.internalNetworks.compactMap { NetworkRange(validating: $0.value) }
    objects[ObjectID(.egress, "writ")] = DesiredState.Entry(
      ObjectState([
        "allowed": .members(allowed), "denied": .members(denied),
        "internal": .members(NetworkRange.merged(networks).map(\.description)), "faults": .lines([]),
      ]),
      causes: written.map {
        Cause(.required, "egress \($0.name.value)", place: policy.sources.place(of: $0.name.span))
      }, elementCauses: causes)
  }
}
