internal import WritPlan

/// Turns changes of accounts, groups and memberships into edits of the account files, refusing each that would give an
/// id twice, change one, or touch what is not writ's.
struct AccountEditor {
  var limits: HostLimits

  /// Why a change could not be made, by change id; a change may be made in part (removals) and still stand here.
  private(set) var failures: [String: String] = [:]

  init(limits: HostLimits) { self.limits = limits }

  static let kinds: Set<ObjectKind> = [.account, .group, .membership]

  mutating func edit(_ changes: [Change], _ database: inout AccountDatabase, _ record: inout IDRecord) {
    failures = [:]
    for change in changes {
      let failure: String? =
        switch change.object.kind {
        case .account: editAccount(change, &database, &record)
        case .group: editGroup(change, &database, &record)
        case .membership: editMembership(change, &database)
        default: "not an account, group or membership"
        }
      if let failure { failures[change.id] = failure }
    }
  }

  // MARK: accounts

  private func editAccount(_ change: Change, _ database: inout AccountDatabase, _ record: inout IDRecord) -> String? {
    let name = change.object.name
    guard let after = change.after else { return "accounts are retired, never deleted" }
    guard Self.isAccountName(name) else { return "`\(name.visible)` is no account name" }
    for attribute in ["gecos", "home", "shell", "password", "expires"] {
      guard Self.isField(after.text(attribute) ?? "") else {
        return "\(attribute) cannot be written to an account file"
      }
    }
    guard let uid = after.text("uid").flatMap({ UInt32($0) }) else { return "the plan gives no uid" }
    if let obstacle = Self.obstacle(to: name, uid: uid, database, record) { return obstacle }
    if let account = database.account(name) {
      guard account.uid == uid else { return "\(name) has uid \(account.uid) here, and a uid is never changed" }
      return update(account, to: after, &database, &record)
    }
    if database.hasAccount(name) { return "the entry of \(name) in passwd cannot be read" }
    // Retiring what does not exist must not create it.
    if after.text("state") == "retired" { return nil }
    guard let gid = after.text("gid").flatMap({ UInt32($0) }) else { return "the plan gives no gid" }
    guard let home = after.text("home"), let shell = after.text("shell") else {
      return "the plan gives no home or shell"
    }
    if let failure = provideGroup(name, gid, &database, &record) { return failure }
    record.insert(name, .account, uid)
    database.add(
      AccountDatabase.Account(
        name: name, uid: uid, gid: gid, gecos: after.text("gecos") ?? "", home: home, shell: shell,
        password: after.text("password"), expires: after.text("expires")))
    return nil
  }

  /// Why the account cannot have the uid here: somebody else has it or had it, or the account had another one.
  static func obstacle(
    to name: String, uid: UInt32, _ database: AccountDatabase, _ record: IDRecord
  ) -> String? {
    if let holder = record.holder(of: uid, .account), holder != name {
      return "uid \(uid) was given to \(holder.visible) before and never comes back"
    }
    if let other = database.accounts(uid: uid).first(where: { $0 != name }) {
      return "uid \(uid) belongs to \(other.visible)"
    }
    if database.account(name) == nil, let given = record.id(of: name, .account), given != uid {
      return "\(name) had uid \(given) before; an account comes back with its uid"
    }
    return nil
  }

  /// Why the account's primary group cannot have the gid here.
  static func obstacle(
    toGroupOf name: String, gid: UInt32, _ database: AccountDatabase, _ record: IDRecord
  ) -> String? {
    if let other = database.groups(gid: gid).first(where: { $0 != name }) {
      return "gid \(gid) belongs to \(other.visible)"
    }
    if let holder = record.holder(of: gid, .group), holder != name {
      return "gid \(gid) was given to \(holder.visible) before and never comes back"
    }
    if database.hasGroup(name), database.gid(ofGroup: name) != gid { return "group \(name) exists with another gid" }
    if !database.hasGroup(name), let other = database.primaryMembers(gid: gid).first(where: { $0 != name }) {
      return "gid \(gid) is the primary group of \(other.visible)"
    }
    return nil
  }

  private func update(
    _ account: AccountDatabase.Account, to after: ObjectState, _ database: inout AccountDatabase,
    _ record: inout IDRecord
  ) -> String? {
    let name = account.name
    record.insert(name, .account, account.uid)
    if let password = after.text("password"), let expires = after.text("expires") {
      // What the plan shows in place of a real password is no password.
      guard password == "*" || password == "!*" || password == account.shownPassword else {
        return "`\(password.visible)` is no password field that writ sets"
      }
      if password == "*" || password == "!*" {
        database.setShadow(of: name, password: password, expires: expires)
      } else if let kept = account.password {
        database.setShadow(of: name, password: kept, expires: expires)
      }
    }
    if let text = after.text("gecos") { database.set(text, .gecos, of: name) }
    if let text = after.text("home") { database.set(text, .home, of: name) }
    if let text = after.text("shell") { database.set(text, .shell, of: name) }
    if let gid = after.text("gid").flatMap({ UInt32($0) }), gid != account.gid {
      if let failure = provideGroup(name, gid, &database, &record) { return failure }
      database.set(String(gid), .gid, of: name)
    }
    return nil
  }

  /// The account's primary group, of its own name.
  private func provideGroup(
    _ name: String, _ gid: UInt32, _ database: inout AccountDatabase, _ record: inout IDRecord
  ) -> String? {
    if let obstacle = Self.obstacle(toGroupOf: name, gid: gid, database, record) { return obstacle }
    if database.hasGroup(name) { return nil }
    record.insert(name, .group, gid)
    database.addGroup(name, gid: gid)
    return nil
  }

  // MARK: groups

  private func editGroup(_ change: Change, _ database: inout AccountDatabase, _ record: inout IDRecord) -> String? {
    let name = change.object.name
    guard Self.isAccountName(name) else { return "`\(name.visible)` is no group name" }
    guard let after = change.after else {
      guard database.hasGroup(name) else { return nil }
      if database.isPrimary(name) { return "\(name) is the primary group of an account" }
      database.removeGroup(name)
      return nil
    }
    if !database.hasGroup(name) {
      guard let gid = freeGID(for: name, database, record) else {
        return "no gid is left in \(limits.groupIDs.lowerBound)-\(limits.groupIDs.upperBound)"
      }
      record.insert(name, .group, gid)
      database.addGroup(name, gid: gid)
    }
    guard let gid = database.gid(ofGroup: name) else { return "the entry of \(name) in group cannot be read" }
    guard limits.ids.contains(gid) || limits.groupIDs.contains(gid) else { return "\(name) is a group of the system" }
    record.insert(name, .group, gid)
    let wanted = after.list("members")
    let present = wanted.filter { database.account($0) != nil }
    // Who is already listed through the primary group needs no entry, and cannot be taken out here.
    let primary = Set(database.primaryOnlyMembers(name))
    database.setMembers(present.filter { !primary.contains($0) }, of: name)
    database.align(name)
    if let missing = wanted.first(where: { database.account($0) == nil }) {
      return "there is no account \(missing.visible)"
    }
    if let stuck = primary.subtracting(wanted).sorted().first {
      return "\(name) is the primary group of \(stuck.visible)"
    }
    return nil
  }

  /// The gid that the name had before, else the lowest that nobody has and nobody had.
  private func freeGID(for name: String, _ database: AccountDatabase, _ record: IDRecord) -> UInt32? {
    if let given = record.id(of: name, .group), database.groups(gid: given).isEmpty { return given }
    return limits.groupIDs.first {
      record.holder(of: $0, .group) == nil && database.groups(gid: $0).isEmpty && database.accounts(uid: $0).isEmpty
        // Somebody else's primary group, though no group has that gid: they would be in it at once.
        && database.primaryMembers(gid: $0).isEmpty
    }
  }

  // MARK: memberships

  private func editMembership(_ change: Change, _ database: inout AccountDatabase) -> String? {
    guard let (group, account) = Self.membership(change.object.name) else { return "not GROUP/ACCOUNT" }
    guard change.after != nil else {
      database.removeMember(account, from: group)
      database.align(group)
      if database.primaryOnlyMembers(group).contains(account) { return "\(group) is the primary group of \(account)" }
      return nil
    }
    guard database.hasGroup(group) else { return "there is no group \(group.visible)" }
    guard database.account(account) != nil else { return "there is no account \(account.visible)" }
    if !database.primaryOnlyMembers(group).contains(account) { database.addMember(account, to: group) }
    database.align(group)
    return nil
  }

  /// `GROUP/ACCOUNT` in its halves.
  static func membership(_ name: String) -> (group: String, account: String)? {
    let halves = name.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
    guard halves.count == 2, isAccountName(halves[0]), isAccountName(halves[1]) else { return nil }
    return (halves[0], halves[1])
  }

  /// What useradd(8) accepts, dots included, within the 32 bytes that `utmp` keeps.
  static func isAccountName(_ name: String) -> Bool {
    let bytes = Array(name.utf8)
    guard (1...32).contains(bytes.count), let first = bytes.first else { return false }
    func isLetter(_ byte: UInt8) -> Bool {
      (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte) || byte == UInt8(ascii: "_")
    }
    return isLetter(first)
      && bytes.allSatisfy {
        isLetter($0) || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) || $0 == UInt8(ascii: "-")
          || $0 == UInt8(ascii: ".")
      }
  }

  /// No colon and no control character: such a text would be another field or another entry.
  static func isField(_ text: String) -> Bool {
    text.utf8.allSatisfy { $0 >= 0x20 && $0 != 0x7f && $0 != UInt8(ascii: ":") }
  }
}

extension AccountDatabase.Account {
  /// The password field as plans may show it: never a hash.
  var shownPassword: String {
    switch password {
    case nil: "missing"
    case "*"?, "!*"?, "!"?, "!!"?: password ?? ""
    case ""?: "empty"
    case let text?: text.hasPrefix("!") ? "locked" : "set"
    }
  }

  /// Locked, expired and without a shell: what retiring leaves (a locked password alone still lets a key in).
  var isRetired: Bool {
    password?.hasPrefix("!") == true && expires?.isEmpty == false
      && (shell.hasSuffix("/nologin") || shell.hasSuffix("/false"))
  }

  /// As the table at ``WritPlan/ObjectState`` says, but for the home folder.
  var state: ObjectState {
    ObjectState([
      "state": .text(isRetired ? "retired" : "active"), "uid": .text(String(uid)), "gid": .text(String(gid)),
      "gecos": .text(gecos.visible), "home": .text(home.visible), "shell": .text(shell.visible),
      "password": .text(shownPassword), "expires": .text((expires ?? "").visible),
    ])
  }
}
