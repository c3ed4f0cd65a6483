internal import WritPlan

/// The trees of one host as plans speak of them: rules made of attributes, all looked at together, since trees border on one
/// another and share files.
struct HostTrees {
  let engine: TreeEngine
  let names: TreeNames
  /// By path: trees whose rule cannot be, and why.
  let faults: [String: String]
  private let wanted: [String: ObjectState?]

  /// - Parameters:
  ///   - wanted: by path; nil: a tree that shall be closed.
  ///   - base: what the policy applied last wants of the trees that it has; of one that is closed it says whose files stay theirs.
  ///   - ids: how names become numbers; a name without one is a fault of that tree.
  /// - Throws: ``HostError`` when the host's root cannot be opened.
  init(
    _ root: HostRoot, wanted: [String: ObjectState?], base: [String: ObjectState], ids: TreeIDs
  ) throws(HostError) {
    self.wanted = wanted
    var ids = ids
    var rules: [TreeRule] = []
    var faults: [String: String] = [:]
    do throws(TreeError) {
      let host = try TreeHostRoot(root.path("/"))
      for (path, state) in wanted.sorted(by: { $0.key < $1.key }) {
        do throws(RuleFault) {
          let rule =
            if let state { try Self.rule(path, state, &ids) } else { Self.closed(path, base[path], ids) }
          // One rule that cannot be must not take the others with it.
          do throws(TreeError) { _ = try TreeEngine(host, rules: [rule]) } catch { throw RuleFault("\(error)") }
          rules.append(rule)
        } catch { faults[path] = error.reason }
      }
      engine = try TreeEngine(host, rules: rules)
    } catch {
      throw .illFormed(path: root.path("/"), line: nil, reason: "\(error)")
    }
    names = ids.names
    self.faults = faults
  }

  private struct RuleFault: Error {
    var reason: String
    init(_ reason: String) { self.reason = reason }
  }

  /// Of a tree that only a later attempt had, nobody knows whose it was: there all owners keep what is theirs.
  private static func closed(_ path: String, _ base: ObjectState?, _ ids: TreeIDs) -> TreeRule {
    let keepers = base.map { state in
      TreeRule.Keepers(
        owner: owner(state, ids).flatMap(ids.knownAccount),
        makers: Set((state.list("makers") + state.list("account-writers")).compactMap(ids.knownAccount)))
    }
    return .closed(path: path, keepers: keepers)
  }

  /// nil: root. Whose folder it is may never have had an account here, or another of that name is older than writ.
  private static func owner(_ state: ObjectState, _ ids: TreeIDs) -> String? {
    let name = state.text("owner") ?? ""
    return state.text("presence") == "optional" && !ids.isGiven(name) ? nil : name
  }

  private static func rule(_ path: String, _ state: ObjectState, _ ids: inout TreeIDs) throws(RuleFault) -> TreeRule {
    func mode(_ name: String) throws(RuleFault) -> UInt16 {
      guard let text = state.text(name), let mode = UInt16(text, radix: 8), mode <= 0o7777, mode & 0o007 == 0 else {
        throw RuleFault("`\((state.text(name) ?? "").visible)` is no mode of \(name)")
      }
      return mode
    }
    func account(_ name: String, _ ids: inout TreeIDs) throws(RuleFault) -> UInt32 {
      guard let id = ids.account(name) else { throw RuleFault("there is no account \(name.visible)") }
      return id
    }
    func group(_ name: String, _ ids: inout TreeIDs) throws(RuleFault) -> UInt32 {
      guard let id = ids.group(name) else { throw RuleFault("there is no group \(name.visible)") }
      return id
    }
    var rule = TreeRule(
      path: path, owner: try owner(state, ids).map { name throws(RuleFault) in try account(name, &ids) } ?? 0,
      group: try group(state.text("group") ?? "", &ids),
      directories: try mode("directories"), files: try mode("files"), inner: state.list("inner"))
    for name in state.list("readers") { rule.readers.append(try group(name, &ids)) }
    for name in state.list("writers") { rule.writers.append(try group(name, &ids)) }
    for name in state.list("account-readers") { rule.accountReaders.append(try account(name, &ids)) }
    for name in state.list("account-writers") { rule.accountWriters.append(try account(name, &ids)) }
    for name in state.list("makers") { rule.makers.insert(try account(name, &ids)) }
    rule.makers.formUnion(rule.accountWriters)
    rule.isOptional = state.text("presence") == "optional"
    for passer in state.list("passers") {
      guard let blank = passer.lastIndex(of: " ") else { throw RuleFault("`\(passer.visible)` is not FOLDER GROUP") }
      rule.passers.append(
        TreeRule.Passer(
          folder: String(passer[..<blank]), group: try group(String(passer[passer.index(after: blank)...]), &ids)))
    }
    return rule
  }

  /// One tree as the scan shows it.
  func observed(_ path: String, _ scan: TreeScan, base: ObjectState?) -> (Observed, notices: [String]) {
    if let fault = faults[path] { return (.unknown(reason: fault), []) }
    let report: TreeReport
    switch scan[path] {
    case .success(let found)?: report = found
    case .failure(let error)?: return (.unknown(reason: "\(error)"), [])
    case nil: return (.unknown(reason: "not looked at"), [])
    }
    let notices = report.notices.map(\.text)
    // One inode that two rules claim would be changed to and fro for ever.
    if let conflict = report.conflicts.first { return (.unknown(reason: conflict.text), notices) }
    if let obstacle = report.obstacles.first { return (.unknown(reason: obstacle.text), notices) }
    if report.rootIsMissing {
      // As it should be: nobody makes it.
      if case .some(.some(let state)) = wanted[path], state.text("presence") == "optional" {
        return (.present(state), notices)
      }
      return (.absent, notices)
    }
    let lines = report.lines(names)
    guard case .some(.some(var state)) = wanted[path] else {
      if lines.isEmpty { return (.absent, notices) }
      var state = base ?? ObjectState([:])
      state["deviations"] = .lines(lines)
      return (.present(state), notices)
    }
    state["deviations"] = .lines(lines)
    return (.present(state), notices)
  }
}

/// Names of accounts and groups as numbers: those that the host has, those that the plan is about to give, and for what has
/// no number yet one that no inode can have, so that everything deviates from it.
struct TreeIDs {
  private let accounts: [String: UInt32]
  private let groups: [String: UInt32]
  /// Accounts to which writ gave their id, or is about to.
  private var given: Set<String>
  private var accountNames: [UInt32: String]
  private var groupNames: [UInt32: String]
  /// nil: a name without a number is a fault.
  private var next: UInt32?
  private var standIns: [String: UInt32] = [:]

  /// - Parameter desired: what is about to be made; nil: only what is there counts.
  init(_ database: AccountDatabase, _ record: IDRecord, planned desired: DesiredState?) {
    var accounts: [String: UInt32] = [:]
    var groups: [String: UInt32] = [:]
    for (id, entry) in desired?.objects ?? [:] where id.kind == .account {
      accounts[id.name] = entry.state.text("uid").flatMap { UInt32($0) }
      groups[id.name] = entry.state.text("gid").flatMap { UInt32($0) }
    }
    for (id, _) in desired?.objects ?? [:] where id.kind == .group {
      groups[id.name] = record.id(of: id.name, .group)
    }
    given = Set(accounts.keys).union(database.accountNames.values.filter { record.id(of: $0, .account) != nil })
    accountNames = database.accountNames
    groupNames = database.groupNames
    for (id, name) in database.accountNames { accounts[name] = id }
    for (id, name) in database.groupNames { groups[name] = id }
    for (name, id) in accounts where accountNames[id] == nil { accountNames[id] = name }
    for (name, id) in groups where groupNames[id] == nil { groupNames[id] = name }
    self.accounts = accounts
    self.groups = groups
    next = desired == nil ? nil : UInt32.max - 1
  }

  func isGiven(_ name: String) -> Bool { given.contains(name) }

  /// nil: nothing has a number for it yet.
  func knownAccount(_ name: String) -> UInt32? { accounts[name] }

  mutating func account(_ name: String) -> UInt32? {
    if let id = accounts[name] { return id }
    guard let id = standIn("account \(name)") else { return nil }
    accountNames[id] = name
    return id
  }

  mutating func group(_ name: String) -> UInt32? {
    if let id = groups[name] { return id }
    guard let id = standIn("group \(name)") else { return nil }
    groupNames[id] = name
    return id
  }

  private mutating func standIn(_ key: String) -> UInt32? {
    if let id = standIns[key] { return id }
    guard let id = next else { return nil }
    next = id - 1
    standIns[key] = id
    return id
  }

  var names: TreeNames {
    let accounts = accountNames
    let groups = groupNames
    return TreeNames(account: { accounts[$0] ?? String($0) }, group: { groups[$0] ?? String($0) })
  }
}
