internal import WritSyntax

/// Trees that meet on a host must agree.
extension PolicyDecoder {
  func checkTrees() {
    var paths: [String: [(hosts: Set<HostName>, tree: Resource.Tree)]] = [:]
    var derived: [String: SourceSpan] = [:]
    for resource in resourcesInOrder {
      guard case .tree(let tree) = resource.kind else { continue }
      let hosts = Set(policy.hosts(matching: resource.hosts))
      if let other = paths[tree.path.value]?.first(where: { !$0.hosts.isDisjoint(with: hosts) }) {
        report(
          .duplicatePath, "two trees are the folder `\(tree.path.value.clipped)`", at: tree.path.span,
          label: "also here",
          related: [.init(other.tree.path.span, "already a tree")], help: "make one resource of them")
      }
      paths[tree.path.value, default: []].append((hosts, tree))
      if tree.isPersonal { continue }
      checkGroups(tree, resource)
      for group in [policy.readersGroup(of: resource.name.value), policy.writersGroup(of: resource.name.value)] {
        if let group, derived[group] == nil { derived[group] = tree.group?.span ?? resource.name.span }
      }
    }
    checkSystemGroups(derived)
    checkPersonalFolders(paths)
  }

  /// A tree that is one person's folder of a personal tree has two owners.
  private func checkPersonalFolders(_ paths: [String: [(hosts: Set<HostName>, tree: Resource.Tree)]]) {
    guard paths.values.contains(where: { $0.contains { $0.tree.isPersonal } }) else { return }
    let accounts = Set(policy.principals.map { policy.account(of: $0) })
    for (path, trees) in paths {
      let parts = path.dropFirst().split(separator: "/", omittingEmptySubsequences: false)
      for place in parts.indices where accounts.contains(String(parts[place])) {
        var personal = parts
        personal[place] = "{account}"
        for outer in paths["/" + personal.joined(separator: "/")] ?? [] {
          for tree in trees where !outer.hosts.isDisjoint(with: tree.hosts) {
            report(
              .duplicatePath, "the folder `\(path.clipped)` is that of the account `\(parts[place])`",
              at: tree.tree.path.span, label: "a tree of its own",
              related: [.init(outer.tree.path.span, "each account's folder is its own")],
              help: "choose a folder elsewhere")
          }
        }
      }
    }
  }

  private func checkGroups(_ tree: Resource.Tree, _ resource: Resource) {
    guard let readers = policy.readersGroup(of: resource.name.value),
      let writers = policy.writersGroup(of: resource.name.value)
    else { return }
    let readersPlace = tree.group?.span ?? resource.name.span
    if tree.group == nil, let problem = defaultGroupProblem(readers) {
      report(
        .invalidGroup, problem, at: readersPlace, label: "the group that follows from the name", help: "write `group:`")
    } else if tree.writers == nil, let problem = defaultGroupProblem(writers) {
      report(
        .invalidGroup, problem, at: readersPlace, label: "the writers' group that follows from it",
        help: "write `writers:`")
    }
    if readers == writers, let place = tree.writers?.span {
      report(
        .groupConflict, "readers and writers cannot be one group", at: place, label: "would let all readers write",
        related: [.init(readersPlace, "the readers' group")], help: "choose another group for the writers")
    }
  }

  private func defaultGroupProblem(_ group: String) -> String? {
    if !LinuxName.isValid(group) { return "Linux takes no group named `\(group)`" }
    return LinuxName.systemGroups.contains(group) ? "the group `\(group)` belongs to the system" : nil
  }

  /// The members of a derived group follow from its tree alone, so no `unix-group` can add others.
  private func checkSystemGroups(_ derived: [String: SourceSpan]) {
    for resource in resourcesInOrder {
      guard case .unixGroup(let group) = resource.kind, let tree = derived[group.value] else { continue }
      report(
        .groupConflict, "the group `\(group.value)` follows from a tree", at: group.span,
        label: "its members would read the tree", related: [.init(tree, "the tree")],
        help: "allow the tree instead of the group")
    }
  }
}
