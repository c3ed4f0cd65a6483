internal import WritPolicy
internal import WritSyntax

extension SensitiveChange {
  /// Trees that take in what was a tree of its own. An outer tree stops at the root of an inner one, so when the inner one is no
  /// longer described, whoever reads the outer one reads it all, and no edge says so.
  static func extents(_ base: Policy, _ head: Policy, _ renames: Renames) -> [SensitiveChange] {
    let described = Set(trees(head).map(\.path))
    let gone = trees(base).map(\.path).filter { !described.contains($0) }
    if gone.isEmpty { return [] }
    let before = Set(trees(base).map { Outer(name: renames.now($0.name), path: $0.path) })
    // A tree that is new, or moved, is told by its own edges.
    return trees(head).filter { before.contains(Outer(name: $0.name, path: $0.path)) }.compactMap { tree in
      let inner = gone.filter { $0.count > tree.path.count && $0.starts(with: tree.path) }
      return list(.extent, tree.name.text, inner.map { "stops at /" + $0.joined(separator: "/") }, [])
    }
  }

  private struct Outer: Hashable {
    var name: ResourceName
    var path: [Substring]
  }

  private static func trees(_ policy: Policy) -> [(name: ResourceName, path: [Substring])] {
    policy.resources.values.compactMap { resource in
      guard case .tree(let tree) = resource.kind else { return nil }
      return (resource.name.value, tree.path.value.split(separator: "/"))
    }
  }
}
