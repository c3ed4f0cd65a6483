extension Change {
  /// Whether `narrowing`, which did not come about, leaves something open that this change would give more people, or
  /// somebody more, a way into: then it has to wait.
  ///
  /// Both are changes of one target. What a group, a tree, a file of rules, or an account still gives too much of is not
  /// added to; what has nothing to do with it goes on.
  public func mustWait(for narrowing: Change) -> Bool {
    guard target == narrowing.target else { return false }
    if object == narrowing.object { return true }
    switch narrowing.object.kind {
    case .tree:
      // Whoever enters one of its groups enters the tree as it is.
      let names = (narrowing.before?.treeNames.groups ?? []).union(narrowing.after?.treeNames.groups ?? [])
      return [.group, .membership].contains(object.kind) && names.contains(groupName)
    case .group, .membership:
      // A group that somebody should have left is given no tree.
      return object.kind == .tree && after?.treeNames.groups.contains(narrowing.groupName) == true
    case .account, .keys: return concerns(account: narrowing.object.name)
    case .sshd: return object.kind == .keys || groupName == HostStateBuilder.loginGroup
    // Whoever should not get out of the host is not let into an account there.
    case .egress: return [.keys, .sudoers].contains(object.kind) || groupName == HostStateBuilder.loginGroup
    case .ends: return narrowing.endingAccounts.contains(where: concerns)
    case .sudoers, .folder: return false
    case .umask, .jupyter, .audit, .backup: return false
    }
  }

  /// Of a group or a membership; empty for anything else.
  private var groupName: String {
    switch object.kind {
    case .group: object.name
    case .membership: object.name.split(separator: "/").first.map(String.init) ?? ""
    default: ""
    }
  }

  /// Whether this change gives the account anything.
  private func concerns(account: String) -> Bool {
    switch object.kind {
    case .account, .keys: return object.name == account
    case .membership: return object.name.hasSuffix("/\(account)")
    case .group:
      return after?.list("members").contains(account) == true && before?.list("members").contains(account) != true
    case .tree: return after?.treeNames.accounts.contains(account) == true
    case .sudoers:
      let known = Set(before?.list("lines") ?? [])
      return (after?.list("lines") ?? []).contains { !known.contains($0) && $0.hasPrefix(account + " ") }
    // Who gains stands there by uid.
    case .egress: return true
    case .sshd, .ends, .folder: return false
    case .umask, .jupyter, .audit, .backup: return false
    }
  }

  /// Accounts with a coming end; without it what they are given would outlast it.
  private var endingAccounts: Set<String> {
    guard object.kind == .ends else { return [] }
    return Set((after?.list("lines") ?? []).compactMap { $0.split(separator: " ").last.map(String.init) })
  }
}
