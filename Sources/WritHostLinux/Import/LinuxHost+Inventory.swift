internal import Glibc
public import WritPlan
internal import WritPolicy
internal import WritSystem

extension LinuxHost {
  /// What there is on the host of accounts in a range of uids, their keys and groups, rules of sudo, and the trees named. Writes
  /// nothing.
  ///
  /// - Parameter uids: nil: those that the host's limits let policy give.
  /// - Throws: ``HostError`` when this is not the host that is meant, or what is asked for cannot be read.
  public func inventory(uids: ClosedRange<UInt32>?, trees: [String]) throws -> HostInventory {
    try identify()
    let limits = try HostLimits.read(root)
    let database = try AccountDatabase(root)
    var found = HostInventory()
    let range = uids ?? limits.ids
    for name in database.passwd.names {
      guard let account = database.account(name) else {
        found.oddities.append("the entry of `\(name.visible)` in passwd cannot be read")
        continue
      }
      guard range.contains(account.uid), account.uid < 65534 else { continue }
      found.accounts.append(try inventory(of: account))
    }
    found.accounts.sort { ($0.uid, $0.name) < ($1.uid, $1.name) }
    for name in database.passwd.repeated.sorted() { found.oddities.append("`\(name.visible)` stands twice in passwd") }
    for (name, gid) in database.group.names.compactMap({ name in database.gid(ofGroup: name).map { (name, $0) } }) {
      found.groups.append(
        HostInventory.Group(
          name: name, gid: gid,
          members: Array(Set(database.listedMembers(name) + database.primaryOnlyMembers(name))).sorted(),
          isSystem: !limits.ids.contains(gid) && !limits.groupIDs.contains(gid)))
    }
    found.groups.sort { $0.name < $1.name }
    try readRules(&found)
    for path in trees { try readTree(path, database, limits, &found) }
    found.oddities.sort()
    return found
  }

  private func inventory(of account: AccountDatabase.Account) throws(HostError) -> HostInventory.Account {
    var keys: [HostInventory.Line] = []
    if AccountEditor.isAccountName(account.name) { keys += try keyLines("\(Self.keyFolder)/\(account.name)") }
    if account.home.hasPrefix("/") { keys += try keyLines("\(account.home)/.ssh/authorized_keys") }
    return HostInventory.Account(
      name: account.name, uid: account.uid, gid: account.gid, comment: account.gecos, home: account.home,
      homeFolder: HomeFolder(root: root, path: account.home).observed(uid: account.uid), shell: account.shell,
      password: account.shownPassword, expires: account.expires ?? "", keys: keys)
  }

  /// Of a file that may lie where somebody else may write: nothing behind a symbolic link is read.
  private func keyLines(_ path: String) throws(HostError) -> [HostInventory.Line] {
    var folder = ""
    for component in path.split(separator: "/").dropLast() {
      if component == ".." { return [] }
      folder += "/" + component
      guard root.status(folder)?.isFolder == true else { return [] }
    }
    guard let status = root.status(path), status.st_mode & S_IFMT == S_IFREG else { return [] }
    return try lines(path).filter { !$0.text.isEmpty && !$0.text.hasPrefix("#") }
  }

  private func lines(_ path: String) throws(HostError) -> [HostInventory.Line] {
    guard let bytes = try root.contents(path) else { return [] }
    return bytes.split(separator: 10, omittingEmptySubsequences: false).enumerated().map { number, line in
      HostInventory.Line(
        file: path, number: number + 1,
        text: String(String(decoding: line, as: UTF8.self).drop { $0 == " " || $0 == "\t" }))
    }
  }

  private func readRules(_ found: inout HostInventory) throws {
    let names = try root.names(in: "/etc/sudoers.d").filter { !$0.contains(".") && !$0.hasSuffix("~") && $0 != "writ" }
    for path in [SudoersSet.main] + names.map({ "/etc/sudoers.d/" + $0 }) {
      for line in try lines(path) where !line.text.isEmpty {
        if ["#", "@", "Defaults"].contains(where: line.text.hasPrefix) { continue }
        found.rules.append(line)
      }
    }
  }

  private func readTree(
    _ path: String, _ database: AccountDatabase, _ limits: HostLimits, _ found: inout HostInventory
  ) throws {
    guard HostLimits.lies(path, below: limits.trees) else {
      throw HostError.illFormed(
        path: path.visible, line: nil,
        reason: "lies outside of \(limits.trees.joined(separator: " ")), where trees may be")
    }
    guard let status = root.status(path) else { throw HostError.system(SystemError("stat", root.path(path))) }
    guard status.isFolder else {
      throw HostError.illFormed(path: root.path(path), line: nil, reason: "is not a folder")
    }
    found.trees.append(
      HostInventory.Tree(
        path: path, owner: database.accountNames[status.st_uid], group: database.groupNames[status.st_gid],
        mode: status.permissions))
  }
}
