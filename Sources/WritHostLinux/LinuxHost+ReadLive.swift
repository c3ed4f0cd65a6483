internal import Glibc
public import WritApply
public import WritPlan
internal import WritSystem

extension LinuxHost {
  /// What the host shows of the objects in scope; nothing is locked, and nothing is opened for writing.
  ///
  /// - Throws: ``HostError`` when this is not the host that is meant.
  public func readLive(_ scope: Scope) throws -> LiveState {
    try identify()
    self.scope = scope
    var accounts = AccountReading(root)
    for (id, entry) in scope.desired.objects where id.kind == .account {
      accounts.comingGIDs[id.name] = entry.state.text("gid")
    }
    var live = LiveState()
    for id in scope.owned.union(scope.desired.objects.keys).union(scope.base.objects.keys).sorted() {
      switch id.kind {
      case .account:
        let wanted = scope.desired.objects[id]?.state
        live.objects[id] = accounts.account(id.name, isOwned: scope.owns(id), wanted: wanted)
        live.obstacles[id] = wanted.flatMap { accounts.obstacle(to: id.name, wanted: $0) }
      case .group:
        live.objects[id] = accounts.group(
          id.name, isOwned: scope.owns(id), wanted: scope.desired.objects[id]?.state)
      case .membership: live.objects[id] = accounts.membership(id.name)
      case .keys, .sudoers, .sshd, .ends, .umask, .jupyter, .audit:
        var file = file(id)
        if id.kind == .sshd { file?.hostLines = keptLogins(scope.desired.objects[id]?.state.list("lines") ?? []) }
        live.objects[id] = file?.observed(isOwned: scope.owns(id)) ?? .unknown(reason: "no such file on a host")
        if id.kind == .ends { addTimer(id, scope, &live) }
        if id.kind == .audit, scope.desired.objects[id] != nil { readAudit(id, &live) }
      case .egress:
        live.objects[id] = egress(id, scope)
        if scope.desired.objects[id] != nil { live.notices += [egressNotice(id)].compactMap(\.self) }
      case .backup:
        live.objects[id] = backup(id, scope)
        if scope.desired.objects[id] != nil { live.notices += backupNotices(id, at: SystemClock.now()) }
      case .tree: continue
      case .folder: live.objects[id] = .unknown(reason: "a host has no vault folders")
      }
    }
    readTrees(scope, into: &live)
    live.notices += accounts.notices(live) + baselineNotices(scope) + changedPrograms(live)
    return live
  }

  /// The ends hold only where something takes them away: a timer that is missing is a fault of theirs.
  private func addTimer(_ id: ObjectID, _ scope: Scope, _ live: inout LiveState) {
    let timer = ExpiryTimer(root: root)
    let isWanted = scope.desired.objects[id] != nil
    if isWanted, root.isMachine, let obstacle = timer.obstacle {
      live.notices.append(
        .init(id, "memberships and ACL entries end here with the next apply, by no timer: \(obstacle)"))
    }
    switch live.objects[id] {
    case .present(let state) where isWanted && !timer.faults.isEmpty:
      live.objects[id] = .present(ObjectState(["lines": .lines(timer.faults + state.list("lines"))]))
    case .absent where !isWanted && timer.isThere && scope.owns(id):
      live.objects[id] = .present(ObjectState(["lines": .lines(["# found with the timer alone"])]))
    default: break
    }
  }
}

extension Scope {
  func owns(_ id: ObjectID) -> Bool { owned.contains(id) || base.objects[id] != nil }
}
