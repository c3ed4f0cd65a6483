internal import WritSyntax
public import WritPolicy

/// What the policy promises of one vault at one instant: who may read which folder, and by whose keys somebody is known.
///
/// Pure, and made from the edges alone: what is planned and applied has no part in it.
public struct VaultPromise: Sendable {
  public struct Folder: Sendable, Hashable {
    public var resource: ResourceName
    public var folder: String
    public var readers: Set<PrincipalName>

    public init(resource: ResourceName, folder: String, readers: Set<PrincipalName>) {
      self.resource = resource
      self.folder = folder
      self.readers = readers
    }
  }

  /// By resource.
  public let folders: [Folder]
  /// Everybody whom the policy names, with all their keys, `type base64`.
  public let keys: [PrincipalName: [String]]

  public init(_ vault: VaultName, policy: Policy, access: Access, at instant: Instant) {
    let readers = Dictionary(
      grouping: access.edges.filter { $0.permission.operation == .read && $0.holds.contains(instant) },
      by: \.permission.object.resource)
    folders = policy.sharingGroups.values.filter { $0.vault.value == vault }.map { group in
      Folder(
        resource: group.name.value, folder: group.folder.value,
        readers: Set((readers[group.name.value] ?? []).map(\.principal)))
    }.sorted { $0.resource < $1.resource }
    var keys: [PrincipalName: [String]] = [:]
    for principal in policy.principals { keys[principal] = policy.keys(of: principal) }
    self.keys = keys
  }
}
