internal import WritPolicy
internal import WritSyntax

/// Finds what a resource of the later policy was in the accepted one when only its name is new: the same tree or one around or
/// inside it, the same command, Unix group, way out of a host or
/// vault folder.
///
/// Without it, leaving a tagged resource out and describing its path again under another name would lead past every rule about
/// the tag.
struct ResourceOverlap {
  private enum Place: Hashable {
    case tree([Substring])
    case command(String)
    case unixGroup(String)
    case egress
    case folder(VaultName, [Substring])
  }

  private let before: [ResourceName: Place]
  private let after: [ResourceName: Place]
  private let renames: Renames

  init(_ change: ApprovalChange) {
    before = Self.places(change.accepted.policy)
    after = Self.places(change.head.policy)
    renames = change.renames
  }

  /// Accepted resources that `name` overlaps and did not overlap when they were accepted; sorted.
  func accepted(under name: ResourceName) -> [ResourceName] {
    guard let place = after[name] else { return [] }
    let own = renames.then(name)
    return before.filter { other, old in
      if own.contains(other) || !Self.overlap(place, old) { return false }
      // Two trees, one inside the other, that were accepted as they are.
      return !(own.contains { before[$0] == place } && after[renames.now(other)] == old)
    }
    .keys.sorted()
  }

  private static func places(_ policy: Policy) -> [ResourceName: Place] {
    var places: [ResourceName: Place] = [:]
    for resource in policy.resources.values {
      switch resource.kind {
      case .tree(let tree): places[resource.name.value] = .tree(tree.path.value.split(separator: "/"))
      case .command(let command): places[resource.name.value] = .command(command.path.value)
      case .unixGroup(let group): places[resource.name.value] = .unixGroup(group.value)
      case .egress: places[resource.name.value] = .egress
      case .login, .external: break
      }
    }
    for group in policy.sharingGroups.values {
      places[group.name.value] = .folder(group.vault.value, group.folder.value.split(separator: "/"))
    }
    return places
  }

  private static func overlap(_ a: Place, _ b: Place) -> Bool {
    switch (a, b) {
    case (.tree(let a), .tree(let b)): a.starts(with: b) || b.starts(with: a)
    case (.folder(let vault, let a), .folder(let other, let b)):
      vault == other && (a.starts(with: b) || b.starts(with: a))
    default: a == b
    }
  }
}
