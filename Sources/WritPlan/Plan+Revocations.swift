extension Plan {
  /// What `apply --only revocations` carries out: the changes that take access away, with their ids, and what these
  /// cannot do without: the empty group or the account that a tree is narrowed towards.
  ///
  /// A baseline, a watch or a backup that goes takes nothing from anybody, so it is not among them. Applied completely it still
  /// is no complete apply, so base does not advance.
  public var onlyRevocations: Plan {
    var plan = self
    for index in plan.targets.indices {
      let needed = Set(plan.targets[index].changes.flatMap(\.neededForNarrowing))
      plan.targets[index].changes.removeAll { change in
        let isNeeded = change.action == .create && change.phase == .prepare && needed.contains(change.object)
        return (change.phase != .revoke || change.takesNothing) && !isNeeded
      }
    }
    return plan
  }
}

extension ObjectKind {
  /// Whether it only keeps people from something, or watches them, so that taking it away takes nothing from anybody.
  var isRestriction: Bool { self == .umask || self == .jupyter || self == .audit }
}

extension Change {
  fileprivate var takesNothing: Bool {
    object.kind.isRestriction || object.kind == .backup && (action == .remove || before?.isOpenBackup != true)
  }

  /// Accounts and groups that have to be there before this tree can be narrowed; empty for any other change.
  fileprivate var neededForNarrowing: [ObjectID] {
    guard phase == .revoke, object.kind == .tree, let after else { return [] }
    let names = after.treeNames
    return names.groups.map { ObjectID(.group, $0) } + names.accounts.map { ObjectID(.account, $0) }
  }
}

extension ObjectState {
  /// Accounts and groups that a tree's state names.
  var treeNames: (accounts: Set<String>, groups: Set<String>) {
    let accounts = ["account-readers", "account-writers", "makers"].flatMap(list)
    let groups = ["readers", "writers"].flatMap(list)
    let passers = list("passers").compactMap { $0.split(separator: " ").last.map(String.init) }
    let (owner, group) = ([text("owner")].compactMap(\.self), [text("group")].compactMap(\.self))
    return (Set(owner + accounts), Set(group + groups + passers))
  }
}
