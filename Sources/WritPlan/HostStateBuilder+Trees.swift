internal import WritPolicy
internal import WritSyntax

/// One tree as it stands on this host: a resource's path, or one person's folder below it.
struct PlacedTree {
  var path: String
  var owner: String
  /// Group of the root; also who may pass through outer folders.
  var group: String
  /// Whether policy wants it to be there: of somebody who has no folder now, nobody makes one.
  var isOptional = false
  var id: ObjectID { ObjectID(.tree, path) }
}

extension HostStateBuilder {
  /// Trees, their derived groups and members (design §4).
  mutating func addTrees() {
    var placed: [PlacedTree] = []
    let byResource = Dictionary(grouping: edges) { $0.permission.object.resource }
    for resource in resources {
      guard case .tree(let tree) = resource.kind else { continue }
      let found = byResource[resource.name.value] ?? []
      if tree.isPersonal {
        placed += addPersonal(tree, found)
      } else {
        placed.append(addShared(tree, of: resource, found))
      }
    }
    nest(placed)
    reserve(placed)
  }

  private mutating func addShared(_ tree: Resource.Tree, of resource: Resource, _ found: [Edge]) -> PlacedTree {
    let group = policy.readersGroup(of: resource.name.value) ?? ""
    let owner = account(ofOwner: tree.owner)
    let requirement = Cause(
      .required, "tree \(resource.name.value)", place: policy.sources.place(of: resource.name.span))
    let id = ObjectID(.tree, tree.path.value)
    addGroup(group, causes: [requirement])
    for edge in found where edge.permission.operation == .read {
      insert(account(of: edge.principal), into: "members", of: ObjectID(.group, group), cause: cause(edge))
    }
    var writers: [String] = []
    var makers: [String] = []
    // Whether the tree has a writers' group follows from what is written, not from who happens to hold it today:
    // otherwise the last writer's end would change the ACL of every inode.
    if policy.mayBeWritten(resource.name.value) {
      let name = policy.writersGroup(of: resource.name.value) ?? ""
      writers = [name]
      addGroup(name, causes: [requirement])
      for edge in found where edge.permission.operation == .write {
        insert(account(of: edge.principal), into: "members", of: ObjectID(.group, name), cause: cause(edge))
        makers.append(account(of: edge.principal))
      }
    }
    add(
      id,
      ObjectState([
        "owner": .text(owner), "group": .text(group),
        "directories": .text(octal(tree.directories?.value ?? 0o2750)),
        "files": .text(octal(tree.files?.value ?? 0o640)),
        "readers": .set([]), "writers": .members(writers), "account-readers": .set([]), "account-writers": .set([]),
        "makers": .members(makers), "passers": .set([]), "inner": .set([]), "deviations": .lines([]),
      ]),
      causes: [requirement] + found.prefix(1).map(cause))
    return PlacedTree(path: tree.path.value, owner: owner, group: group)
  }

  /// One private folder for everybody who has their own; others get an ACL entry, also on the folder of somebody who has none
  /// now, where it is there.
  private mutating func addPersonal(_ tree: Resource.Tree, _ found: [Edge]) -> [PlacedTree] {
    var placed: [PlacedTree] = []
    for edge in found where edge.permission.object.folder == edge.principal {
      let name = account(of: edge.principal)
      place(PlacedTree(path: tree.path(for: name), owner: name, group: name), for: edge, in: &placed)
    }
    for edge in found where edge.permission.object.folder != edge.principal {
      guard let folder = edge.permission.object.folder else { continue }
      let owner = account(of: folder)
      // Root's group: whoever has no folder now is given nothing by it.
      let kept = PlacedTree(path: tree.path(for: owner), owner: owner, group: "root", isOptional: true)
      place(kept, for: edge, in: &placed)
      let attribute = edge.permission.operation == .write ? "account-writers" : "account-readers"
      insert(account(of: edge.principal), into: attribute, of: kept.id, cause: cause(edge))
    }
    return placed
  }

  /// Adds a personal folder that no earlier edge added.
  private mutating func place(_ folder: PlacedTree, for edge: Edge, in placed: inout [PlacedTree]) {
    guard objects[folder.id] == nil else { return }
    placed.append(folder)
    var state = ObjectState([
      "owner": .text(folder.owner), "group": .text(folder.group), "directories": .text("2700"),
      "files": .text("0600"), "readers": .set([]), "writers": .set([]), "account-readers": .set([]),
      "account-writers": .set([]), "makers": .set([]), "passers": .set([]), "inner": .set([]),
      "deviations": .lines([]),
    ])
    if folder.isOptional { state["presence"] = .text("optional") }
    add(folder.id, state, causes: [cause(edge)])
  }

  /// A shared tree also stops at personal folders below it whose person has none now: they may hold what was private, and
  /// must not become readable to the outer tree's readers.
  private mutating func reserve(_ placed: [PlacedTree]) {
    for resource in resources {
      guard case .tree(let tree) = resource.kind, tree.isPersonal,
        let constant = tree.path.value.split(separator: "{account}", maxSplits: 1).first,
        let outer = placed.filter({ constant.hasPrefix($0.path + "/") }).max(by: { $0.path.count < $1.path.count }),
        var entry = objects[outer.id]
      else { continue }
      let folders = policy.people.keys.map { tree.path(for: account(of: $0)) }
      entry.state["inner"] = .members(entry.state.list("inner") + folders)
      objects[outer.id] = entry
    }
  }

  private mutating func addGroup(_ name: String, causes: [Cause]) {
    add(ObjectID(.group, name), ObjectState(["members": .set([])]), causes: causes)
  }

  /// An outer tree stops at the root of an inner one; whoever may use the inner one passes through the folders between.
  private mutating func nest(_ placed: [PlacedTree]) {
    for outer in placed {
      for inner in placed where inner.path.hasPrefix(outer.path + "/") {
        // Only the next tree inward is met while walking the outer one; deeper ones are inside that.
        guard var entry = objects[outer.id], let innerEntry = objects[inner.id] else { continue }
        let closer = placed.contains {
          $0.path.hasPrefix(outer.path + "/") && inner.path.hasPrefix($0.path + "/")
        }
        if !closer { entry.state["inner"] = .members(entry.state.list("inner") + [inner.path]) }
        // The owner, and whoever has an entry of their own, pass by the groups that their accounts have to themselves.
        let alone = ["account-readers", "account-writers"].flatMap { gathered[inner.id]?[$0] ?? [] }
        // Whoever has no folder now is given no way to it.
        let own = inner.isOptional ? [] : [inner.group] + (inner.owner == "root" ? [] : [inner.owner])
        let passing = Set(own + innerEntry.state.list("writers") + alone)
        var passers = entry.state.list("passers")
        var folder = inner.path[..<(inner.path.lastIndex(of: "/") ?? inner.path.startIndex)]
        while folder.count >= outer.path.count {
          let covered = placed.contains {
            $0.path.hasPrefix(outer.path + "/") && (folder == $0.path || folder.hasPrefix($0.path + "/"))
          }
          if !covered {
            for group in passing where group != outer.group {
              passers.append("\(folder) \(group)")
            }
          }
          folder = folder[..<(folder.lastIndex(of: "/") ?? folder.startIndex)]
        }
        entry.state["passers"] = .members(passers)
        objects[outer.id] = entry
      }
    }
  }
}

extension Resource.Tree {
  /// The path of one account's folder.
  func path(for account: String) -> String {
    path.value.split(separator: "/", omittingEmptySubsequences: false)
      .map { $0 == "{account}" ? account : String($0) }.joined(separator: "/")
  }
}

extension Policy {
  /// Whether any role or exception gives `write` on the resource, or a writers' group is written.
  func mayBeWritten(_ name: ResourceName) -> Bool {
    if case .tree(let tree)? = resources[name]?.kind, tree.writers != nil { return true }
    func writes(_ rule: PermissionRule) -> Bool {
      guard rule.resource.value == name else { return false }
      switch rule.operation.value {
      case .all: return true
      case .one(let operation): return operation == .write
      }
    }
    if roles.values.contains(where: { $0.allow.contains(where: writes) }) { return true }
    return grants.contains {
      if case .permissions(let rules) = $0.content { rules.contains(where: writes) } else { false }
    }
  }
}

/// Four octal digits, as `chmod` takes them.
func octal(_ mode: UInt16) -> String {
  let digits = String(mode, radix: 8)
  return String(repeating: "0", count: max(0, 4 - digits.count)) + digits
}
