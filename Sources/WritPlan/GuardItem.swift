internal import WritHistory
internal import WritPolicy
internal import WritSyntax

/// One thing that a move takes away, in the names of the policy it moves from, or brings in, in those of the policy it
/// moves to.
enum GuardItem: Hashable {
  /// An access that holds nowhere any more.
  case edge(EdgeKey)
  /// An access that no longer holds on one target.
  case place(EdgeKey, TargetName)
  case administrator(PrincipalName)
  /// The applier's own role as administrator.
  case applierRole
  /// A login of the applier's.
  case applierLogin(EdgeKey)
  /// A resource that comes to be run as root, or to be a group that amounts to root.
  case rootCommand(ResourceName)
  /// A command marked `privileged` that is new, or enforced in another way.
  case privileged(ResourceName)
  /// A tree whose inodes policy comes to want otherwise.
  case tree(ResourceName)

  var guardName: TrippedGuard.Name {
    switch self {
    case .edge, .place: .maxRemoval
    case .administrator: .minAdministrators
    case .applierRole, .applierLogin: .applierAccess
    case .rootCommand: .rootCommands
    case .privileged: .privilegedCommands
    case .tree: .treeChanges
    }
  }

  /// In the names of the later policy.
  func renamed(_ names: Renames) -> GuardItem {
    switch self {
    case .edge(let key): .edge(names.now(key))
    case .place(let key, let target): .place(names.now(key), names.now(target))
    case .administrator(let name): .administrator(names.now(name))
    case .applierRole: self
    case .applierLogin(let key): .applierLogin(names.now(key))
    case .rootCommand(let name): .rootCommand(names.now(name))
    case .privileged(let name): .privileged(names.now(name))
    case .tree(let name): .tree(names.now(name))
    }
  }

  /// Whether it comes with the later policy: its name is one of that.
  var isGain: Bool {
    switch self {
    case .rootCommand, .privileged, .tree: true
    case .edge, .place, .administrator, .applierRole, .applierLogin: false
    }
  }
}

/// What one move does, as far as the guards ask.
struct GuardMove {
  let base: Snapshot
  let head: Snapshot
  let instant: Instant
  let names: Renames

  init(from base: Snapshot, to head: Snapshot, at instant: Instant) {
    self.base = base
    self.head = head
    self.instant = instant
    names = Renames(from: base.policy, to: head.policy)
  }

  /// - Parameter applier: in whichever of the two policies; nil where nobody applies.
  func items(applier: PrincipalName?) -> Set<GuardItem> {
    var items = removals().union(administrators().map(GuardItem.administrator))
    if let applier { items.formUnion(applierItems(applier)) }
    return items.union(privileges()).union(trees())
  }

  // MARK: removals

  /// What base gives from now on, for a little while; an end that base writes in that time is no removal.
  private var soon: IntervalSet {
    IntervalSet(Interval(instant, Instant(seconds: instant.seconds + GuardCheck.soon.seconds)))
  }

  private func removals() -> Set<GuardItem> {
    var items: Set<GuardItem> = []
    let soon = soon
    for edge in base.access.edges {
      let held = edge.holds.intersection(soon)
      if held.isEmpty { continue }
      let now = head.access[names.now(edge.key)]
      let isLost = now.map { !held.subtracting($0.holds).isEmpty } ?? true
      let places = isLost ? [] : now?.targets ?? []
      let gone = edge.targets.filter { !places.contains(names.now($0)) }
      items.formUnion(gone.map { .place(edge.key, $0) })
      if isLost || !edge.targets.isEmpty && gone.count == edge.targets.count { items.insert(.edge(edge.key)) }
    }
    return items
  }

  // MARK: administrators and the applier

  private func administrators() -> Set<PrincipalName> {
    let left = head.policy.administrators(at: instant)
    return base.policy.administrators(at: instant).filter { !left.contains(names.now($0)) }
  }

  private func applierItems(_ applier: PrincipalName) -> Set<GuardItem> {
    var items: Set<GuardItem> = []
    // The signers may know somebody by the old name while the policy has the new one, and the other way round.
    let now = names.now(applier)
    let were = Set(base.policy.principals.filter { $0 == applier || names.now($0) == now })
    let left = head.policy.administrators(at: instant)
    if !were.isDisjoint(with: base.policy.administrators(at: instant)), !left.contains(now) {
      items.insert(.applierRole)
    }
    for name in were {
      for edge in base.access.edges(of: name) where edge.permission.operation == .ssh && edge.holds.contains(instant) {
        if !head.access.holds(names.now(edge.key), at: instant) { items.insert(.applierLogin(edge.key)) }
      }
    }
    return items
  }

  // MARK: privileges

  private func privileges() -> Set<GuardItem> {
    let given = Set(head.access.edges.filter { !$0.holds.from(instant).isEmpty }.map(\.permission.object.resource))
    var before: [ResourceName: Resource] = [:]
    for resource in base.policy.resources.values { before[names.now(resource.name.value)] = resource }
    var items: Set<GuardItem> = []
    for resource in head.policy.resources.values where given.contains(resource.name.value) {
      let name = resource.name.value
      let old = before[name]
      if resource.amountsToRoot, old?.amountsToRoot != true || !isSame(old, resource) {
        items.insert(.rootCommand(name))
      }
      if resource.isPrivilegedCommand, old?.isPrivilegedCommand != true || !isSame(old, resource) {
        items.insert(.privileged(name))
      }
    }
    return items
  }

  /// Whether what is run is the same, so that only who may run it can have changed.
  private func isSame(_ old: Resource?, _ new: Resource) -> Bool {
    switch (old?.kind, new.kind) {
    case (.command(let was)?, .command(let now)):
      was.path.value == now.path.value && was.arguments?.value == now.arguments?.value
        && was.runAs.map { names.now($0.value) } == now.runAs?.value && was.sha256?.value == now.sha256?.value
    case (.unixGroup(let was)?, .unixGroup(let now)): was.value == now.value
    default: false
    }
  }
}

extension Resource {
  /// A command that runs as uid 0, or a group whose members are as good as root.
  var amountsToRoot: Bool {
    switch kind {
    case .command(let command): command.runAs == nil
    case .unixGroup: isPrivileged
    case .tree, .login, .egress, .external: false
    }
  }

  var isPrivileged: Bool { privileged?.value == true }

  var isPrivilegedCommand: Bool {
    if case .command = kind { isPrivileged } else { false }
  }
}

extension Policy {
  /// People who hold one of the administrator roles, straight or through includes of a role they hold.
  func administrators(at instant: Instant) -> Set<PrincipalName> {
    var reaching = Set(guards.administratorRoles.map(\.value))
    if reaching.isEmpty { return [] }
    var grew = true
    while grew {
      grew = false
      for role in roles.values
      where !reaching.contains(role.name.value) && role.includes.contains(where: { reaching.contains($0.value) }) {
        reaching.insert(role.name.value)
        grew = true
      }
    }
    var out: Set<PrincipalName> = []
    for person in people.values where activity(of: person.name.value).contains(instant) {
      if person.roles.contains(where: { reaching.contains($0.role.value) && $0.term.interval.contains(instant) }) {
        out.insert(person.name.value)
      }
    }
    for grant in grants {
      guard case .role(let role) = grant.content, reaching.contains(role.value), grant.term.interval.contains(instant)
      else { continue }
      for name in grant.to where activity(of: name.value).contains(instant) && people[name.value] != nil {
        out.insert(name.value)
      }
    }
    return out
  }
}
