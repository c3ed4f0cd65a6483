internal import WritHistory
public import WritPolicy
internal import WritSyntax

/// How much of one tree on one target an apply would change.
public struct TreeMove: Sendable, Hashable {
  public var target: TargetName
  public var path: String
  public var extent: LiveState.Extent

  public init(target: TargetName, path: String, extent: LiveState.Extent) {
    self.target = target
    self.path = path
    self.extent = extent
  }
}

extension GuardCheck {
  /// Entries of one tree that may change at once.
  public static let mostTreeChanges = 10_000
  /// And what share of them, in percent.
  public static let maxTreePercent = 5
  /// Entries from which the share counts.
  public static let smallestCountedTreeChange = 100

  /// Trees that policy wants otherwise than before, and of which more changes than goes by unasked.
  ///
  /// What only drifted from a policy that stays as it is asks nobody: whoever may write to a tree could otherwise hold up
  /// every apply, revocations too. Of a tree that base does not have nothing was writ's, so its share says nothing.
  func treeChanges(_ items: Set<GuardItem>) -> [TrippedGuard] {
    trees.sorted { ($0.target, $0.path) < ($1.target, $1.path) }.compactMap { change in
      guard let resource = head.policy.treeResource(at: change.path), items.contains(.tree(resource)) else {
        return nil
      }
      let isNew = base.policy.treeResource(at: change.path) == nil
      let (wrong, entries) = (change.extent.wrong, change.extent.entries)
      let isLarge =
        wrong > Self.mostTreeChanges
        || !isNew && wrong >= Self.smallestCountedTreeChange && wrong * 100 > entries * Self.maxTreePercent
      guard isLarge else { return nil }
      let bound =
        isNew
        ? "at most \(Self.mostTreeChanges) of a tree that is new in the policy may at once"
        : "at most \(Self.maxTreePercent) % and \(Self.mostTreeChanges) may at once"
      return TrippedGuard(
        .treeChanges, scope: "\(change.target) \(change.path)",
        "\(wrong) of \(entries) entries of \(change.path) on \(change.target) would change; \(bound)")
    }
  }
}

extension GuardMove {
  /// Trees whose inodes the later policy wants otherwise, those that are new in it among them.
  func trees() -> Set<GuardItem> {
    var before: [ResourceName: TreeControl] = [:]
    for name in base.policy.resources.keys { before[names.now(name)] = TreeControl(name, in: base.policy, names.now) }
    var items: Set<GuardItem> = []
    for name in head.policy.resources.keys {
      guard let now = TreeControl(name, in: head.policy, { $0 }), before[name] != now else { continue }
      items.insert(.tree(name))
    }
    return items
  }
}

/// What of a tree's resource decides how every inode in it looks; not who is in its groups.
private struct TreeControl: Equatable {
  var path: String
  var owner: PrincipalName?
  var group: String?
  var writers: String?
  var directories: UInt16?
  var files: UInt16?

  /// nil: no tree.
  init?(_ name: ResourceName, in policy: Policy, _ now: (PrincipalName) -> PrincipalName) {
    guard case .tree(let tree)? = policy.resources[name]?.kind else { return nil }
    path = tree.path.value
    owner = tree.owner.map { now($0.value) }
    group = tree.isPersonal ? nil : policy.readersGroup(of: name)
    writers = !tree.isPersonal && policy.mayBeWritten(name) ? policy.writersGroup(of: name) : nil
    directories = tree.directories?.value
    files = tree.files?.value
  }
}

extension Policy {
  /// The resource whose tree, or one of whose personal folders, has its root there.
  func treeResource(at path: String) -> ResourceName? {
    let components = path.split(separator: "/", omittingEmptySubsequences: false)
    func matches(_ written: String) -> Bool {
      let pattern = written.split(separator: "/", omittingEmptySubsequences: false)
      return pattern.count == components.count && zip(pattern, components).allSatisfy { $0 == "{account}" || $0 == $1 }
    }
    // A tree of that very path comes before somebody's folder.
    let found = resources.values.filter {
      if case .tree(let tree) = $0.kind { matches(tree.path.value) } else { false }
    }
    func rank(_ resource: Resource) -> Int {
      if case .tree(let tree) = resource.kind, tree.isPersonal { 1 } else { 0 }
    }
    return found.min { (rank($0), $0.name.value.text) < (rank($1), $1.name.value.text) }?.name.value
  }
}
