internal import WritPolicy

extension LinuxHost {
  /// Why sshd lines would shut out the account over which this host is reached: the next run could not mend what this one
  /// did. Nil where it may still log in.
  func lockout(by lines: [String], _ limits: HostLimits) -> String? {
    guard let login else { return nil }
    let words = lines.map { $0.split { $0 == " " || $0 == "\t" }.map(String.init) }
    func named(_ keyword: String) -> [String] {
      words.filter { $0.first?.lowercased() == keyword }.flatMap { $0.dropFirst() }
    }
    let line = "keep-login: \((limits.keepLogin + [login.visible]).joined(separator: " "))"
    if named("denyusers").contains(login) { return "it would shut out \(login.visible), over which writ comes here" }
    let allowed = Set(named("allowgroups"))
    guard !allowed.isEmpty else { return nil }
    do throws(HostError) {
      guard try groups(of: login).isDisjoint(with: allowed.union(limits.keepLogin)) else { return nil }
    } catch { return "\(error)".visible }
    return Self.wanting(
      "it would shut out \(login.visible), over which writ comes here: none of its groups may log in", line)
  }

  private func groups(of account: String) throws(HostError) -> Set<String> {
    let database = try AccountDatabase(root)
    let primary = database.account(account)?.gid
    return Set(
      database.groupNames.filter { $0.key == primary || database.listedMembers($0.value).contains(account) }.values)
  }
}
