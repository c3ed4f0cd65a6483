internal import WritSyntax

/// Snapshots lie where nobody but root has anything to do.
extension PolicyDecoder {
  func checkBackups() {
    var earlier: [(hosts: Set<HostName>, to: Located<String>)] = []
    var trees: [(hosts: Set<HostName>, tree: Resource.Tree)]?
    for resource in resourcesInOrder {
      guard case .tree(let tree) = resource.kind, let backup = tree.backup else { continue }
      let hosts = Set(policy.hosts(matching: resource.hosts))
      let known = trees ?? treesWithHosts()
      trees = known
      let own = (hosts: hosts, tree: tree)
      // Its own tree first: where its hosts match none the mistake is there all the same.
      if let other = ([own] + known).first(where: { clash(own, $0, backup.to.value) }) {
        refuse(backup, other.tree, isOwn: other.tree.path.span == tree.path.span)
      } else if let other = earlier.first(where: {
        !$0.hosts.isDisjoint(with: hosts) && Self.meet($0.to.value, backup.to.value)
      }) {
        report(
          .backupPlace,
          other.to.value == backup.to.value
            ? "two trees are backed up into `\(backup.to.value.clipped)`"
            : "`\(backup.to.value.clipped)` and another folder of snapshots lie one in the other",
          at: backup.to.span, label: "also here", related: [.init(other.to.span, "snapshots of another tree")],
          help: "give each tree a folder of its own")
      }
      earlier.append((hosts, backup.to))
    }
  }

  private func treesWithHosts() -> [(hosts: Set<HostName>, tree: Resource.Tree)] {
    resourcesInOrder.compactMap { resource in
      guard case .tree(let tree) = resource.kind else { return nil }
      return (Set(policy.hosts(matching: resource.hosts)), tree)
    }
  }

  private func clash(
    _ own: (hosts: Set<HostName>, tree: Resource.Tree), _ other: (hosts: Set<HostName>, tree: Resource.Tree),
    _ to: String
  ) -> Bool {
    (other.tree.path.span == own.tree.path.span || !other.hosts.isDisjoint(with: own.hosts))
      && Self.meet(other.tree.folder, to)
  }

  private func refuse(_ backup: Resource.Backup, _ tree: Resource.Tree, isOwn: Bool) {
    let to = backup.to.value
    let isInside = to == tree.folder || to.hasPrefix(tree.folder + "/")
    let whose = isOwn ? "its tree" : "the tree `\(tree.path.value.clipped)`"
    report(
      .backupPlace,
      isInside ? "`\(to.clipped)` lies in \(whose)" : "\(whose) lies in `\(to.clipped)`, which is root's alone",
      at: backup.to.span,
      label: isInside ? "those who may write there could change it" : "nobody would get to the tree",
      related: [.init(tree.path.span, "the tree")], help: "choose a folder beside all trees, such as `/srv/backup/NAME`"
    )
  }

  /// Whether one folder is the other, or lies in it.
  private static func meet(_ a: String, _ b: String) -> Bool {
    a == b || a.hasPrefix(b + "/") || b.hasPrefix(a + "/")
  }
}
