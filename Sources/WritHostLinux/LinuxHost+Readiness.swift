internal import WritApply
public import WritPlan
internal import WritPolicy

extension LinuxHost {
  /// Whether the host's limits let the change through. What only takes access away is never held up by them.
  public func readiness(of change: Change) -> Change.Readiness { readiness(of: [change])[0] }

  /// The same of many changes, by one look at the host.
  public func readiness(of changes: [Change]) -> [Change.Readiness] {
    var judgement = HostJudgement(root)
    return changes.map { readiness(of: $0, by: &judgement) }
  }

  func readiness(of change: Change, by judgement: inout HostJudgement) -> Change.Readiness {
    // Of what is not writ's yet, narrowing is no revocation: a policy could shut any folder of the host that way.
    if change.phase == .revoke, scope.owned.contains(change.object), takesAway(change, by: &judgement) {
      return .ready
    }
    let limits: HostLimits
    do {
      limits = try judgement.limits.get()
    } catch { return .blocked("\(error)".visible) }
    guard let reason = refusal(change, limits, &judgement) else { return .ready }
    return .blocked(reason)
  }

  private func refusal(_ change: Change, _ limits: HostLimits, _ judgement: inout HostJudgement) -> String? {
    let name = change.object.name
    guard let after = change.after else {
      guard change.object.kind == .tree, !HostLimits.lies(name, below: limits.trees),
        !takesAway(change, by: &judgement)
      else { return nil }
      return "\(name.visible) lies outside \(limits.trees.joined(separator: " ")), and writ never had it"
    }
    switch change.object.kind {
    case .account:
      for attribute in ["uid", "gid"] {
        guard let text = after.text(attribute) else { continue }
        guard let id = UInt32(text) else { return "`\(text.visible)` is no \(attribute)" }
        if !limits.ids.contains(id) {
          return Self.wanting(
            "\(attribute) \(id) lies outside \(Self.text(limits.ids))", "ids: \(min(id, limits.ids.lowerBound))-")
        }
      }
      if after.text("home-folder") == "private", let home = after.text("home"),
        !HostLimits.lies(home, below: limits.homes + limits.trees)
      {
        let folder = String(home[..<(home.lastIndex(of: "/") ?? home.startIndex)])
        return Self.wanting(
          "no home folder is made in \(folder.visible)", "homes: \((limits.homes + [folder]).joined(separator: " "))")
      }
      return nil
    case .group:
      if let reason = Self.equalsRoot(name, limits) { return reason }
      let accounts = judgement.accounts
      if change.before != nil, let reason = systemGroup(name, limits, accounts) { return reason }
      let known = Set(accounts?.listedMembers(name) ?? [])
      for member in after.list("members") where !known.contains(member) {
        if let reason = systemAccount(member, limits, accounts) { return reason }
      }
      return nil
    case .membership:
      guard let (group, account) = AccountEditor.membership(name) else {
        return "`\(name.visible)` is not GROUP/ACCOUNT"
      }
      return Self.equalsRoot(group, limits) ?? systemAccount(account, limits, judgement.accounts)
    case .sudoers:
      let known = rulesInPlace()
      for line in after.list("lines") where !known.contains(line) {
        if let reason = refusal(ofRule: line, limits, judgement.accounts) { return reason }
      }
      return nil
    case .tree:
      if let owner = after.text("owner"), owner != "root", let uid = uid(of: owner, judgement.accounts), uid != 0,
        !limits.ids.contains(uid)
      {
        return Self.wanting("no tree is given to \(owner.visible)", "ids: \(uid)-")
      }
      if HostLimits.lies(name, below: limits.trees) { return nil }
      let folder = "/" + (name.split(separator: "/").first.map(String.init) ?? "")
      return Self.wanting(
        "\(name.visible) lies outside \(limits.trees.joined(separator: " "))",
        "trees: \((limits.trees + [folder.visible]).joined(separator: " "))")
    case .umask:
      if let reason = ManagedLines(kind: .umask, limits: limits).refusal(of: after.list("lines")) { return reason }
      guard let file = file(change.object), root.status(file.path) == nil else { return nil }
      return "this host opens no session by \(file.path), so nothing there would set a umask"
    case .sshd:
      return ManagedLines(kind: .sshd, limits: limits).refusal(of: after.list("lines"))
        ?? lockout(by: after.list("lines"), limits)
    case .keys:
      return systemAccount(name, limits, judgement.accounts)
        ?? ManagedLines(kind: .keys, limits: limits).refusal(of: after.list("lines"))
    case .jupyter: return ManagedLines(kind: .jupyter, limits: limits).refusal(of: after.list("lines"))
    case .backup: return refusal(ofBackup: name, after, limits)
    case .ends, .egress, .audit, .folder:
      return nil
    }
  }

  private static func equalsRoot(_ group: String, _ limits: HostLimits) -> String? {
    guard HostLimits.groupsThatEqualRoot.contains(group), !limits.rootGroups.contains(group) else { return nil }
    return wanting(
      "group \(group) amounts to root", "root-groups: \((limits.rootGroups.sorted() + [group]).joined(separator: " "))")
  }

  /// A group that was there before writ, with a gid of the system's own: its members are no policy's business.
  private func systemGroup(_ name: String, _ limits: HostLimits, _ accounts: AccountDatabase?) -> String? {
    guard let gid = accounts?.gid(ofGroup: name), !limits.ids.contains(gid),
      !limits.groupIDs.contains(gid)
    else { return nil }
    return Self.wanting(
      "group \(name) has gid \(gid), which is the system's", "ids: \(min(gid, limits.ids.lowerBound))-")
  }

  /// An account that the system has for itself: that it may log in, or is in a group, is no policy's business.
  private func systemAccount(_ name: String, _ limits: HostLimits, _ accounts: AccountDatabase?) -> String? {
    guard let uid = uid(of: name, accounts), !limits.ids.contains(uid) else { return nil }
    if uid == 0 { return "\(name.visible) is root, to whom no policy gives anything" }
    return Self.wanting(
      "account \(name.visible) has uid \(uid), which is the system's", "ids: \(min(uid, limits.ids.lowerBound))-")
  }

  private func refusal(ofRule line: String, _ limits: HostLimits, _ accounts: AccountDatabase?) -> String? {
    guard let rule = SudoersRule(line) else { return "`\(line.visible)` is no rule that writ can judge" }
    for account in rule.runAs where !limits.runAs.contains(account) {
      guard let uid = uid(of: account, accounts) else {
        return "there is no account \(account.visible) to run \(rule.command.visible) as"
      }
      if !limits.ids.contains(uid) {
        return Self.wanting(
          "no command may run as \(account)", "run-as: \((limits.runAs.sorted() + [account]).joined(separator: " "))")
      }
    }
    let trusted = Set(rule.runAs.compactMap { uid(of: $0, accounts) } + [0])
    do throws(HostError) {
      try CommandPath(root: root, path: rule.command).check(trusted: trusted)
    } catch { return "\(error)".visible }
    return nil
  }

  /// The account's uid here, or the one that the plan is about to give it.
  private func uid(of account: String, _ accounts: AccountDatabase?) -> UInt32? {
    if let uid = accounts?.account(account)?.uid { return uid }
    return scope.desired.objects[ObjectID(.account, account)]?.state.text("uid").flatMap { UInt32($0) }
  }

  static func wanting(_ reason: String, _ line: String) -> String {
    "\(reason); if this host shall allow it, its root writes this line to \(HostLimits.path): \(line)"
  }

  private static func text(_ range: ClosedRange<UInt32>) -> String {
    range.upperBound == UInt32.max - 2 ? "\(range.lowerBound)-" : "\(range.lowerBound)-\(range.upperBound)"
  }
}
