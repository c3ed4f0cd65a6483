internal import WritSyntax
public import WritPolicy

extension DesiredState {
  /// What an age vault shall look like: one object for each sharing group's folder, its recipients the keys of everybody
  /// who may read it at `instant`, custodians among them (design §7).
  public static func vault(
    _ vault: VaultName, policy: Policy, access: Access, at instant: Instant
  ) -> DesiredState {
    var objects: [ObjectID: Entry] = [:]
    var folders: [ResourceName: ObjectID] = [:]
    for group in policy.sharingGroups.values where group.vault.value == vault {
      let id = ObjectID(.folder, group.folder.value)
      folders[group.name.value] = id
      objects[id] = Entry(
        ObjectState(["recipients": .set([]), "faults": .lines([])]),
        causes: [
          Cause(
            .required, "sharing group \(group.name.value)", place: policy.sources.place(of: group.name.span))
        ])
    }
    var recipients: [ObjectID: Set<String>] = [:]
    for edge in access.edges where edge.permission.operation == .read && edge.holds.contains(instant) {
      guard let id = folders[edge.permission.object.resource] else { continue }
      for key in policy.keys(of: edge.principal) where Self.opensAge(key) {
        let recipient = "\(edge.principal) \(key)"
        recipients[id, default: []].insert(recipient)
        objects[id]?.elementCauses["recipients=\(recipient)", default: []].append(
          .granted(edge, at: instant, in: policy))
      }
    }
    for (id, names) in recipients { objects[id]?.state["recipients"] = .members(names) }
    return DesiredState(objects)
  }

  /// Whether age can encrypt to a key (age(1): ssh-ed25519 and ssh-rsa).
  static func opensAge(_ key: String) -> Bool {
    key.hasPrefix("ssh-ed25519 ") || key.hasPrefix("ssh-rsa ")
  }
}

extension Policy {
  /// The ssh keys of a principal, `type base64`.
  public func keys(of principal: PrincipalName) -> [String] {
    if let person = people[principal] { return person.sshKeys.map(\.value) }
    return serviceAccounts[principal]?.credential.map { [$0.key.value] } ?? []
  }
}
