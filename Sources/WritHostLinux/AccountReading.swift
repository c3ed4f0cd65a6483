internal import Glibc
internal import WritPlan

/// What the account files say, for a plan and for the look after a change.
struct AccountReading {
  var root: HostRoot
  private var files: Result<(AccountDatabase, IDRecord), HostError>
  /// The primary gids that accounts are about to have: who is in a group by the present one alone will not be in it then.
  var comingGIDs: [String: String] = [:]

  init(_ root: HostRoot) {
    self.root = root
    do throws(HostError) {
      files = .success((try AccountDatabase(root), try IDRecord(root)))
    } catch { files = .failure(error) }
  }

  func account(_ name: String, isOwned: Bool, wanted: ObjectState?) -> Observed {
    switch files {
    case .failure(let error): return .unknown(reason: "\(error)".visible)
    case .success(let (database, record)):
      guard let account = database.account(name) else {
        return database.hasAccount(name) ? .unknown(reason: "the entry of \(name) in passwd cannot be read") : .absent
      }
      var state = account.state
      if wanted?.text("home-folder") == "none" || wanted?.text("state") == "retired" {
        state["home-folder"] = .text("none")
      } else {
        let home = wanted?.text("home") ?? account.home
        state["home-folder"] = .text(HomeFolder(root: root, path: home).observed(uid: account.uid))
      }
      let isRecorded = record.id(of: name, .account) == account.uid
      if wanted?["origin"] != nil { state["origin"] = .text(isRecorded ? "taken in" : "older than writ") }
      return isOwned || isRecorded ? .present(state) : .foreign(state)
    }
  }

  /// Why an account that is not there cannot be made as wanted; nil where it can, or where nothing can be read.
  func obstacle(to name: String, wanted: ObjectState) -> String? {
    guard case .success(let (database, record)) = files, !database.hasAccount(name),
      let uid = wanted.text("uid").flatMap({ UInt32($0) }), let gid = wanted.text("gid").flatMap({ UInt32($0) })
    else { return nil }
    return AccountEditor.obstacle(to: name, uid: uid, database, record)
      ?? AccountEditor.obstacle(toGroupOf: name, gid: gid, database, record)
  }

  func group(_ name: String, isOwned: Bool, wanted: ObjectState?) -> Observed {
    switch files {
    case .failure(let error): return .unknown(reason: "\(error)".visible)
    case .success(let (database, record)):
      guard database.hasGroup(name) else { return .absent }
      guard let gid = database.gid(ofGroup: name) else {
        return .unknown(reason: "the entry of \(name) in group cannot be read")
      }
      let members = (database.listedMembers(name) + lastingPrimaryMembers(name, database)).map(\.visible)
      var state = ObjectState(["members": .members(members)])
      let isRecorded = record.id(of: name, .group) == gid
      if wanted?["origin"] != nil { state["origin"] = .text(isRecorded ? "taken in" : "older than writ") }
      return isOwned || isRecorded ? .present(state) : .foreign(state)
    }
  }

  func membership(_ name: String) -> Observed {
    switch files {
    case .failure(let error): return .unknown(reason: "\(error)".visible)
    case .success(let (database, _)):
      guard let (group, account) = AccountEditor.membership(name) else { return .absent }
      let isMember =
        database.listedMembers(group).contains(account) || lastingPrimaryMembers(group, database).contains(account)
      return isMember ? .present(ObjectState(["state": .text("member")])) : .absent
    }
  }

  private func lastingPrimaryMembers(_ group: String, _ database: AccountDatabase) -> [String] {
    let gid = database.gid(ofGroup: group).map { String($0) }
    return database.primaryOnlyMembers(group).filter { comingGIDs[$0].map { $0 == gid } ?? true }
  }

  /// What a change of the object left, in the terms of `wanted`.
  func observed(_ id: ObjectID, wanted: ObjectState?) -> Observed {
    switch id.kind {
    case .account: account(id.name, isOwned: true, wanted: wanted)
    case .group: group(id.name, isOwned: true, wanted: wanted)
    case .membership: membership(id.name)
    default: .unknown(reason: "not in the account files")
    }
  }

  // MARK: what someone should know of

  func notices(_ live: LiveState) -> [LiveState.Notice] {
    guard case .success(let (database, _)) = files else { return [] }
    var notices: [LiveState.Notice] = []
    var retired: [ObjectID: AccountDatabase.Account] = [:]
    for (id, observed) in live.objects {
      guard observed.state != nil else { continue }
      if id.kind == .account, let account = database.account(id.name) {
        for other in database.accounts(uid: account.uid) where other != id.name {
          notices.append(.init(id, "uid \(account.uid) is also \(other.visible)'s"))
        }
        if database.passwd.repeated.contains(id.name) { notices.append(.init(id, "it stands twice in passwd")) }
        if account.isRetired { retired[id] = account }
      }
      if id.kind == .group, let gid = database.gid(ofGroup: id.name) {
        for other in database.groups(gid: gid) where other != id.name {
          notices.append(.init(id, "gid \(gid) is also that of \(other.visible)"))
        }
        if let fields = database.gshadow?[id.name], fields.count > 2, !fields[2].isEmpty {
          notices.append(.init(id, "\(fields[2].visible) may add members to it (gshadow)"))
        }
      }
    }
    for (id, account) in retired {
      notices += Leftovers(root: root, account: account).found().map { .init(id, $0) }
    }
    return notices + processes(live.objects.keys)
  }

  /// Processes shown of one account; the number says how many there are.
  private static let processesShown = 10

  /// What runs on with rights that its account has lost; of the machine itself, since in a folder nothing runs.
  private func processes(_ objects: some Sequence<ObjectID>) -> [LiveState.Notice] {
    guard root.isMachine, case .success(let (database, record)) = files else { return [] }
    let stale = StaleProcesses(database: database, record: record, groups: LinuxHost.systemGroups(of: objects))
    return Dictionary(grouping: stale.found(among: HostProcess.all()), by: \.account).map { account, found in
      let shown = found.prefix(Self.processesShown).map(\.text).joined(separator: "; ")
      return .init(
        ObjectID(.account, account),
        "\(found.count) processes keep what \(account) has lost (`apply --end-sessions` ends them): \(shown)")
    }
  }
}
