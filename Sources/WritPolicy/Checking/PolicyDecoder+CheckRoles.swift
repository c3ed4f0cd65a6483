internal import WritSyntax

/// What can be reached through a role: one written rule of each sort, as evidence.
struct RoleReach {
  /// An allowed operation of something that a host enforces.
  var host: SourceSpan?
  /// An allowed login.
  var login: SourceSpan?

  mutating func add(_ other: RoleReach) {
    // The first in the files, so that the same policy always shows the same line.
    host = [host, other.host].compactMap(\.self).min()
    login = [login, other.login].compactMap(\.self).min()
  }
}

extension PolicyDecoder {
  /// What each role reaches through its includes. Reports each cycle of includes once.
  ///
  /// Tarjan's algorithm, with a stack of its own: a chain of includes may be as long as the policy.
  func roleReach() -> [RoleName: RoleReach] {
    let roles = rolesInOrder
    let number = Dictionary(uniqueKeysWithValues: roles.enumerated().map { ($1.name.value, $0) })
    let includes = roles.map { role in role.includes.compactMap { number[$0.value] } }
    var order = [Int](repeating: -1, count: roles.count)
    var low = order
    var isOpen = [Bool](repeating: false, count: roles.count)
    var open: [Int] = []
    var reach: [RoleReach] = roles.map { self.reach(of: $0.allow) }
    var count = 0
    for root in roles.indices where order[root] < 0 {
      var path: [(role: Int, next: Int)] = [(root, 0)]
      while let (role, next) = path.last {
        if next == 0 {
          order[role] = count
          low[role] = count
          count += 1
          open.append(role)
          isOpen[role] = true
        }
        if next < includes[role].count {
          path[path.count - 1].next += 1
          let included = includes[role][next]
          if order[included] < 0 {
            path.append((included, 0))
          } else if isOpen[included] {
            low[role] = min(low[role], order[included])
          }
          continue
        }
        path.removeLast()
        for included in includes[role] { reach[role].add(reach[included]) }
        if let above = path.last?.role { low[above] = min(low[above], low[role]) }
        guard low[role] == order[role] else { continue }
        let start = open.lastIndex(of: role) ?? 0
        let component = Array(open[start...])
        open.removeSubrange(start...)
        for member in component { isOpen[member] = false }
        if component.count > 1 || includes[role].contains(role) {
          for member in component { reach[role].add(reach[member]) }
          for member in component { reach[member] = reach[role] }
          reportCycle(component.map { roles[$0] })
        }
      }
    }
    return Dictionary(uniqueKeysWithValues: zip(roles, reach).map { ($0.name.value, $1) })
  }

  func reach(of rules: [PermissionRule]) -> RoleReach {
    var reach = RoleReach()
    for rule in rules {
      switch policy.resources[rule.resource.value]?.kind {
      case .login:
        reach.add(RoleReach(host: rule.operation.span, login: rule.operation.span))
      case .tree, .command, .unixGroup, .egress: reach.add(RoleReach(host: rule.operation.span))
      case .external, nil: break
      }
    }
    return reach
  }

  /// `members` reach one another; one cycle among them is shown, beginning with the role written first.
  private func reportCycle(_ members: [Role]) {
    let inside = Dictionary(uniqueKeysWithValues: members.map { ($0.name.value, $0) })
    guard let first = members.min(by: { $0.name.span < $1.name.span }) else { return }
    // Breadth first from the first role back to itself: the shortest cycle through it.
    var cameFrom: [RoleName: (RoleName, Located<RoleName>)] = [:]
    var queue = [first.name.value]
    var position = 0
    while position < queue.count, cameFrom[first.name.value] == nil {
      let role = queue[position]
      position += 1
      for include in inside[role]?.includes ?? []
      where inside[include.value] != nil && cameFrom[include.value] == nil {
        cameFrom[include.value] = (role, include)
        queue.append(include.value)
      }
    }
    var steps: [Located<RoleName>] = []
    var role = first.name.value
    repeat {
      guard let (before, include) = cameFrom[role] else { return }
      steps.append(include)
      role = before
    } while role != first.name.value
    steps.reverse()
    guard let start = steps.first else { return }
    report(
      .includeCycle, "role `\(first.name.value)` includes itself", at: start.span, label: "the way begins here",
      related: steps.dropFirst().map { .init($0.span, "then includes `\($0.value)`") },
      help: "take one of the includes out")
  }
}
