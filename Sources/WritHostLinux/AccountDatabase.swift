internal import Glibc
internal import WritSystem

/// The four account files as they stand in memory: read whole, looked up by name and id, edited, written whole.
struct AccountDatabase: Sendable {
  struct Account: Sendable, Equatable {
    var name: String
    var uid: UInt32
    var gid: UInt32
    var gecos: String
    var home: String
    var shell: String
    /// Second and eighth field of shadow(5); nil when the account has no entry there.
    var password: String?
    var expires: String?
  }

  static let passwdPath = "/etc/passwd"
  static let shadowPath = "/etc/shadow"
  static let groupPath = "/etc/group"
  static let gshadowPath = "/etc/gshadow"

  private(set) var passwd: ColonFile
  private(set) var shadow: ColonFile
  private(set) var group: ColonFile
  /// Not every system has one.
  private(set) var gshadow: ColonFile?

  private var namesByUID: [UInt32: [String]] = [:]
  private var namesByGID: [UInt32: [String]] = [:]
  private var primaryMembers: [UInt32: [String]] = [:]
  /// Members of groups that were looked at or edited; written back by ``finish()``.
  private var members: [String: OrderedNames] = [:]
  private var editedGroups: Set<String> = []

  struct OrderedNames: Sendable {
    var list: [String]
    var set: Set<String>
    init(_ list: [String]) {
      self.list = list
      set = Set(list)
    }
  }

  /// - Throws: ``HostError`` when `passwd`, `shadow` or `group` is missing or cannot be read.
  init(_ root: HostRoot) throws(HostError) {
    passwd = ColonFile(try Self.required(root, Self.passwdPath))
    shadow = ColonFile(try Self.required(root, Self.shadowPath))
    group = ColonFile(try Self.required(root, Self.groupPath))
    gshadow = try root.contents(Self.gshadowPath).map { ColonFile($0) }
    for name in passwd.names {
      guard let fields = passwd[name], fields.count == 7, let uid = UInt32(fields[2]), let gid = UInt32(fields[3])
      else {
        continue
      }
      namesByUID[uid, default: []].append(name)
      primaryMembers[gid, default: []].append(name)
    }
    for name in group.names {
      if let fields = group[name], fields.count == 4, let gid = UInt32(fields[2]) {
        namesByGID[gid, default: []].append(name)
      }
    }
  }

  private static func required(_ root: HostRoot, _ path: String) throws(HostError) -> [UInt8] {
    guard let bytes = try root.contents(path) else {
      throw .system(SystemError("open", root.path(path), code: ENOENT))
    }
    return bytes
  }

  // MARK: looking up

  func account(_ name: String) -> Account? {
    guard let fields = passwd[name], fields.count == 7, let uid = UInt32(fields[2]), let gid = UInt32(fields[3]) else {
      return nil
    }
    let secret = shadow[name]
    return Account(
      name: name, uid: uid, gid: gid, gecos: fields[4], home: fields[5], shell: fields[6],
      password: secret.flatMap { $0.count > 1 ? $0[1] : nil }, expires: secret.flatMap { $0.count > 7 ? $0[7] : nil })
  }

  /// True also for an entry that does not parse: such a name is never given again.
  func hasAccount(_ name: String) -> Bool { passwd.contains(name) }
  func hasGroup(_ name: String) -> Bool { group.contains(name) }

  var names: some Collection<String> { passwd.names }

  func accounts(uid: UInt32) -> [String] { namesByUID[uid] ?? [] }
  func groups(gid: UInt32) -> [String] { namesByGID[gid] ?? [] }

  /// The first name of each uid, and of each gid.
  var accountNames: [UInt32: String] { namesByUID.compactMapValues(\.first) }
  var groupNames: [UInt32: String] { namesByGID.compactMapValues(\.first) }

  func gid(ofGroup name: String) -> UInt32? {
    guard let fields = group[name], fields.count == 4 else { return nil }
    return UInt32(fields[2])
  }

  /// Those that `group` lists.
  func listedMembers(_ name: String) -> [String] {
    if let known = members[name] { return known.list }
    guard let fields = group[name], fields.count == 4 else { return [] }
    return fields[3].split(separator: ",").map(String.init)
  }

  /// Accounts whose primary group it is, but for the one that has its name: members that no list shows.
  func primaryOnlyMembers(_ name: String) -> [String] {
    guard let gid = gid(ofGroup: name) else { return [] }
    return (primaryMembers[gid] ?? []).filter { $0 != name }
  }

  func isPrimary(_ name: String) -> Bool {
    guard let gid = gid(ofGroup: name) else { return false }
    return !(primaryMembers[gid] ?? []).isEmpty
  }

  /// Accounts that have the gid as their primary group, also where no group has it.
  func primaryMembers(gid: UInt32) -> [String] { primaryMembers[gid] ?? [] }

  // MARK: editing

  mutating func add(_ account: Account) {
    passwd.append([
      account.name, "x", String(account.uid), String(account.gid), account.gecos, account.home, account.shell,
    ])
    namesByUID[account.uid, default: []].append(account.name)
    primaryMembers[account.gid, default: []].append(account.name)
    // A crash may have left the entry; the state asked for is written over it.
    shadow.remove(account.name)
    // No day of the last change: the ageing of passwords is off (shadow(5)), and an aged one would refuse a key.
    shadow.append([account.name, account.password ?? "*", "", "0", "99999", "7", "", account.expires ?? "", ""])
  }

  enum PasswdField: Int { case gid = 3, gecos, home, shell }

  mutating func set(_ text: String, _ field: PasswdField, of name: String) {
    if field == .gid, let old = account(name)?.gid, let new = UInt32(text), old != new {
      primaryMembers[old]?.removeAll { $0 == name }
      primaryMembers[new, default: []].append(name)
    }
    _ = passwd.set(text, field: field.rawValue, of: name)
  }

  /// Sets password field and expiry day; an account without an entry in shadow gets one.
  mutating func setShadow(of name: String, password: String, expires: String) {
    // The password must be where only root reads it.
    _ = passwd.set("x", field: 1, of: name)
    if shadow[name].map({ $0.count >= 9 }) != true {
      shadow.remove(name)
      shadow.append([name, password, "", "0", "99999", "7", "", expires, ""])
      return
    }
    _ = shadow.set(password, field: 1, of: name)
    _ = shadow.set(expires, field: 7, of: name)
  }

  mutating func addGroup(_ name: String, gid: UInt32) {
    group.append([name, "x", String(gid), ""])
    namesByGID[gid, default: []].append(name)
    if gshadow != nil {
      gshadow?.remove(name)
      gshadow?.append([name, "!", "", ""])
    }
  }

  mutating func removeGroup(_ name: String) {
    if let gid = gid(ofGroup: name) { namesByGID[gid]?.removeAll { $0 == name } }
    group.remove(name)
    gshadow?.remove(name)
    members[name] = nil
    editedGroups.remove(name)
  }

  /// Makes `wanted` the listed members; those that stay keep their order.
  mutating func setMembers(_ wanted: [String], of name: String) {
    let old = OrderedNames(listedMembers(name))
    let new = Set(wanted)
    guard new != old.set || old.list.count != old.set.count else { return }
    var kept: Set<String> = []
    var list = old.list.filter { new.contains($0) && kept.insert($0).inserted }
    list += wanted.filter { kept.insert($0).inserted }
    members[name] = OrderedNames(list)
    editedGroups.insert(name)
  }

  mutating func addMember(_ account: String, to name: String) {
    var known = members[name] ?? OrderedNames(listedMembers(name))
    members[name] = known
    guard known.set.insert(account).inserted else { return }
    known.list.append(account)
    members[name] = known
    editedGroups.insert(name)
  }

  mutating func removeMember(_ account: String, from name: String) {
    var known = members[name] ?? OrderedNames(listedMembers(name))
    members[name] = known
    guard known.set.remove(account) != nil else { return }
    known.list.removeAll { $0 == account }
    members[name] = known
    editedGroups.insert(name)
  }

  /// Has ``finish()`` write the group's members to `gshadow` too, where that file says otherwise: a run that was stopped
  /// between the two files left it so.
  mutating func align(_ name: String) {
    guard let gshadow, hasGroup(name) else { return }
    let listed = listedMembers(name)
    guard let fields = gshadow[name], fields.count == 4 else {
      self.gshadow?.remove(name)
      let text = shadowText(listed, of: name)
      self.gshadow?.append([name, "!", "", text])
      return
    }
    if fields[3] != shadowText(listed, of: name) {
      members[name] = OrderedNames(listed)
      editedGroups.insert(name)
    }
  }

  /// The members as `gshadow` has them: those that are no account (NIS has them, or nobody) only where they are there already,
  /// since grpck(8) refuses each that is new.
  private func shadowText(_ members: [String], of name: String) -> String {
    let known = Set(
      (gshadow?[name]).flatMap { $0.count == 4 ? $0[3] : nil }?.split(separator: ",").map(String.init) ?? [])
    return members.filter { hasAccount($0) || known.contains($0) }.joined(separator: ",")
  }

  /// Writes the edited member lists into the files in memory.
  mutating func finish() {
    for name in editedGroups.sorted() {
      let list = members[name]?.list ?? []
      let shadowed = shadowText(list, of: name)
      _ = gshadow?.set(shadowed, field: 3, of: name)
      _ = group.set(list.joined(separator: ","), field: 3, of: name)
    }
    editedGroups = []
  }

  /// Files that differ from what was read, in the order in which they are put in place: whoever loses a group loses it
  /// first, and an account appears last, when all that belongs to it is there.
  var changedFiles: [(path: String, bytes: [UInt8])] {
    var out: [(String, [UInt8])] = []
    if let gshadow, gshadow.changed { out.append((Self.gshadowPath, gshadow.bytes)) }
    if group.changed { out.append((Self.groupPath, group.bytes)) }
    if shadow.changed { out.append((Self.shadowPath, shadow.bytes)) }
    if passwd.changed { out.append((Self.passwdPath, passwd.bytes)) }
    return out
  }
}
