/// Accounts and groups that policy names and that were on the target before writ, and accounts whose uid is somebody
/// else's there: whoever they are, nothing is given to them until somebody decides (design §5).
struct Strangers {
  /// By name: why nothing is given to it.
  private let accounts: [String: String]
  private let groups: [String: String]
  /// Those of the accounts.
  private let uids: Set<String>

  init(_ desired: DesiredState, _ live: LiveState) {
    var found: [ObjectKind: [String: String]] = [:]
    for id in desired.objects.keys where id.kind == .account || id.kind == .group {
      if case .foreign? = live.objects[id] {
        found[id.kind, default: [:]][id.name] = "the \(id) was there before writ"
      } else if let obstacle = live.obstacles[id] {
        found[id.kind, default: [:]][id.name] = "there can be no \(id): \(obstacle)"
      }
    }
    accounts = found[.account] ?? [:]
    groups = found[.group] ?? [:]
    uids = Set(accounts.keys.compactMap { desired.objects[ObjectID(.account, $0)]?.state.text("uid") })
  }

  /// `desired` without them as members of groups, as readers and writers of trees, in sudoers, and among the coming ends.
  func givenNothing(by desired: DesiredState) -> DesiredState {
    if accounts.isEmpty && groups.isEmpty { return desired }
    var desired = desired
    for (id, entry) in desired.objects {
      var entry = entry
      for name in ["members", "account-readers", "account-writers", "makers"] {
        if case .set(let elements)? = entry.state[name] {
          entry.state[name] = .set(elements.filter { accounts[$0] == nil })
        }
      }
      if id.kind == .egress {
        // Whoever has that uid is held back no more than before: it could be anybody, also a service of the host's.
        for name in ["allowed", "denied"] {
          entry.state[name] = .set(entry.state.list(name).filter { !uids.contains($0) })
        }
      }
      desired.objects[id] = entry
      guard id.kind == .sudoers || id.kind == .ends else { continue }
      let lines = entry.state.list("lines").filter { line in
        id.kind == .ends ? !isAbout(end: line) : !Self.accounts(inRule: line).contains { accounts[$0] != nil }
      }
      entry.state["lines"] = .lines(lines)
      desired.objects[id] = lines.isEmpty ? nil : entry
    }
    return desired
  }

  /// The two accounts of `USER ALL=(RUNAS) …`.
  private static func accounts(inRule line: String) -> [String] {
    guard let open = line.firstRange(of: " ALL=("), let close = line[open.upperBound...].firstIndex(of: ")") else {
      return []
    }
    return [String(line[..<open.lowerBound]), String(line[open.upperBound..<close])]
  }

  /// `INSTANT lock ACCOUNT`, `INSTANT remove member GROUP ACCOUNT`, `INSTANT remove acl PATH ACCOUNT`,
  /// `INSTANT remove egress ACCOUNT`
  private func isAbout(end line: String) -> Bool {
    let words = line.split(separator: " ").map(String.init)
    if let account = words.last, accounts[account] != nil { return true }
    return words.count == 5 && words[2] == "member" && groups[words[3]] != nil
  }

  /// Blocked where the change is about one of them: its keys, its memberships, a tree that it would own or open.
  func readiness(of change: Change) -> Change.Readiness {
    guard let after = change.after else { return .ready }
    let name = change.object.name
    var needed: (accounts: [String], groups: [String]) = ([], [])
    switch change.object.kind {
    case .keys: needed.accounts = [name]
    case .membership: needed.accounts = [name.split(separator: "/").last.map(String.init) ?? ""]
    case .sshd: needed.groups = [HostStateBuilder.loginGroup]
    case .tree:
      needed.accounts = [after.text("owner") ?? ""]
      needed.groups = [after.text("group") ?? ""] + after.list("readers") + after.list("writers")
      needed.groups += after.list("passers").compactMap { $0.split(separator: " ").last.map(String.init) }
    default: return .ready
    }
    let reason =
      needed.accounts.lazy.compactMap { accounts[$0] }.first ?? needed.groups.lazy.compactMap { groups[$0] }.first
    return reason.map { .blocked($0) } ?? .ready
  }
}
