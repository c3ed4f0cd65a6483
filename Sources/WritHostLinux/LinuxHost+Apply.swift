internal import Glibc
public import WritApply
internal import WritDigest
public import WritPlan
internal import WritSystem

extension LinuxHost {
  /// Carries the changes out: those of accounts, groups and memberships that follow one another in one transaction, trees that
  /// follow one another between two scans, all others one by one.
  ///
  /// - Throws: ``HostError`` when this is not the host that is meant, and whatever `progress` throws.
  public func apply(_ changes: [Change], progress: (ChangeProgress) throws -> Void) throws {
    try identify()
    sweep()
    for run in Self.runs(of: changes) {
      switch run.first?.object.kind {
      case let kind? where AccountEditor.kinds.contains(kind): try applyAccounts(run, progress)
      case .tree: try applyTrees(run, progress)
      default: for change in run { try applyOne(change, progress) }
      }
    }
  }

  /// Most changes that are made one by one and yet sent to another host together.
  private static let longestRun = 32

  /// What is carried out together, in order: changes in one transaction of the account files, trees between two scans, and
  /// some of the others, which are made one by one.
  static func runs(of changes: [Change]) -> [[Change]] {
    func sort(_ change: Change) -> Int {
      AccountEditor.kinds.contains(change.object.kind) ? 0 : change.object.kind == .tree ? 1 : 2
    }
    var runs: [[Change]] = []
    var rest = changes[...]
    while let next = rest.first {
      // One object twice is two runs: the first change is read back before the second is made.
      var seen: Set<ObjectID> = []
      var run = rest.prefix { sort($0) == sort(next) && seen.insert($0.object).inserted }
      if sort(next) == 2 { run = run.prefix(longestRun) }
      rest = rest.dropFirst(run.count)
      runs.append(Array(run))
    }
    return runs
  }

  /// Removes what killed runs left half-written beside the files of writ's: a copy of somebody's keys, say.
  private func sweep() {
    for folder in [
      Self.keyFolder, "/etc/sudoers.d", "/etc/ssh/sshd_config.d", "/etc/writ", "/var/lib/writ",
      "/var/lib/writ/previous", SessionUmask.folder, JupyterSettings.folder, AuditRules.folder, "/etc/systemd/system",
      BackupJob.folder,
    ] { FileContents.sweep(root.path(folder)) }
  }

  // MARK: accounts, groups, memberships

  private func applyAccounts(_ changes: [Change], _ progress: (ChangeProgress) throws -> Void) throws {
    var ready: [Change] = []
    // Nothing is written before all are judged; the transaction looks again under the lock.
    var judgement = HostJudgement(root)
    for change in changes {
      try progress(.began(change.id))
      if case .blocked(let reason) = readiness(of: change, by: &judgement) {
        try end(change, .failed(reason), progress)
      } else {
        ready.append(change)
      }
    }
    guard !ready.isEmpty else { return }
    do {
      let editor = try runTransaction(ready)
      var homes: [String: String] = [:]
      try mendHomes(ready.filter { editor.failures[$0.id] == nil }, &homes)
      let reading = AccountReading(root)
      for change in ready {
        let status = statusAfter(change, reading, editor.failures[change.id] ?? homes[change.id])
        try progress(.ended(ChangeResult(change: change.id, status: status)))
      }
    } catch let error as HostError {
      for change in ready { try end(change, .failed("\(error)".visible), progress) }
    }
  }

  private func runTransaction(_ changes: [Change]) throws(HostError) -> AccountEditor {
    var editor = AccountEditor(limits: try HostLimits.read(root))
    // Looked at without the lock first: taking it writes, and what is done already shall leave no trace.
    var database = try AccountDatabase(root)
    var record = try IDRecord(root)
    editor.edit(changes, &database, &record)
    database.finish()
    if database.changedFiles.isEmpty && !record.changed && !AccountLock.isLeftBehind(root) { return editor }
    try AccountTransaction(root: root, lockPatience: lockPatience).run { database, record in
      editor.edit(changes, &database, &record)
    }
    return editor
  }

  private func mendHomes(_ changes: [Change], _ failures: inout [String: String]) throws(HostError) {
    let wanted = changes.filter { $0.object.kind == .account && $0.after?.text("home-folder") == "private" }
    guard !wanted.isEmpty else { return }
    let database = try AccountDatabase(root)
    let record = try IDRecord(root)
    var parents: Set<String> = []
    for change in wanted {
      guard let home = change.after?.text("home"), let account = database.account(change.object.name) else { continue }
      do throws(HostError) {
        try HomeFolder(root: root, path: home).mend(uid: account.uid, gid: account.gid) { uid in
          database.accounts(uid: uid).first { $0 != account.name }
            ?? record.holder(of: uid, .account).flatMap { $0 == account.name ? nil : $0 }
        }
        parents.insert(String(home[..<(home.lastIndex(of: "/") ?? home.startIndex)]))
      } catch { failures[change.id] = "\(error)".visible }
    }
    for parent in parents { try hostErrors { try FileContents.syncFolder(root.path(parent.isEmpty ? "/" : parent)) } }
  }

  private func statusAfter(_ change: Change, _ reading: AccountReading, _ failure: String?) -> ChangeResult.Status {
    if let failure { return .failed(failure) }
    switch reading.observed(change.object, wanted: change.after) {
    case .unknown(let reason): return .unknown(reason)
    case .absent:
      // An account that never was needs no retiring.
      guard change.after == nil || change.after?.text("state") == "retired" else {
        return .failed("it is not there afterwards")
      }
      return .ok(readBack: Digest(of: "absent"))
    case .present(let state), .foreign(let state):
      guard let after = change.after else { return .failed("it is there afterwards") }
      // Active or retired follows from the others.
      let wrong = after.attributes.keys.sorted().filter { $0 != "state" && state[$0] != after[$0] }
      guard wrong.isEmpty else { return .failed("\(wrong.joined(separator: ", ")) read back otherwise") }
      return .ok(readBack: Self.digest(of: state, as: after))
    }
  }

  /// Digest of those attributes that the change is about.
  static func digest(of state: ObjectState, as after: ObjectState) -> Digest {
    Digest(of: ObjectState(state.attributes.filter { after.attributes[$0.key] != nil }).json.canonical)
  }

  // MARK: one by one

  private func applyOne(_ change: Change, _ progress: (ChangeProgress) throws -> Void) throws {
    try progress(.began(change.id))
    if case .blocked(let reason) = readiness(of: change) { return try end(change, .failed(reason), progress) }
    let status: ChangeResult.Status
    do throws(HostError) {
      switch change.object.kind {
      case .keys, .sudoers, .sshd, .ends, .umask, .jupyter, .audit: status = try applyFile(change)
      case .egress: status = try applyEgress(change)
      case .backup: status = try applyBackup(change)
      case .account, .group, .membership, .folder, .tree:
        status = .failed("not an object that is changed alone on a host")
      }
    } catch { status = .failed("\(error)".visible) }
    try end(change, status, progress)
  }

  private func end(
    _ change: Change, _ status: ChangeResult.Status, _ progress: (ChangeProgress) throws -> Void
  ) throws {
    try progress(.ended(ChangeResult(change: change.id, status: status)))
  }

  private func applyFile(_ change: Change) throws(HostError) -> ChangeResult.Status {
    guard var file = file(change.object) else {
      return .failed("`\(change.object.name.visible)` names no file of writ's")
    }
    let lines = change.after.map { $0.list("lines") }
    let kind = change.object.kind
    if lines != nil {
      if kind == .keys, try AccountDatabase(root).account(change.object.name) == nil {
        return .skipped("there is no account \(change.object.name)")
      }
      if file.placement != .end(madeWhenMissing: false) { try root.makeFolder(file.folder) }
    }
    // What stands in the file as it should may still not be loaded.
    if kind == .audit, let lines, file.read() == .own(lines) { try confirm(kind) }
    if kind == .sshd {
      file.hostLines = keptLogins(lines ?? [])
      try writeLogins(file, lines)
    } else {
      try file.write(lines, header: header(of: file)) { bytes throws(HostError) in
        try check(bytes, of: kind)
      } confirm: { () throws(HostError) in
        try confirm(kind)
      }
    }
    if kind == .ends {
      let timer = ExpiryTimer(root: root)
      if lines == nil { try timer.remove() } else { try timer.install(header: header(of: file)) }
    }
    guard let after = change.after else { return .ok(readBack: Digest(of: "absent")) }
    return .ok(readBack: Self.digest(of: after, as: after))
  }

  /// The sshd drop-in: taken back when it shuts somebody out whom it must not.
  private func writeLogins(_ file: ManagedFile, _ lines: [String]?) throws(HostError) {
    let configuration = SshdConfiguration(root: root)
    let listener = root.isMachine ? SshdListener() : nil
    let keepers = try loginKeepers()
    var admitted: Set<String>?
    try file.write(lines, header: header(of: file)) { bytes throws(HostError) in
      try configuration.check(with: bytes)
      admitted = configuration.admitted(keepers)
    } confirm: { () throws(HostError) in
      if let lost = admitted.flatMap({ $0.subtracting(configuration.admitted(keepers) ?? $0).min() }) {
        throw .refused(tool: "sshd -T", complaint: "\(lost.visible) could not log in any more")
      }
      try listener?.reload()
    } restored: {
      try? listener?.reload()
    }
  }

  /// Accounts that keep their login whatever the file says: those of the groups that the host's limits name, and those to
  /// whom the policy gives one, whoever applies among them.
  private func loginKeepers() throws(HostError) -> [String] {
    let database = try AccountDatabase(root)
    let kept = try HostLimits.read(root).keepLogin.flatMap { group -> [String] in
      let named = database.hasAccount(group) && database.gid(ofGroup: group) != nil ? [group] : []
      return named + database.listedMembers(group) + database.primaryOnlyMembers(group)
    }
    let given = scope.desired.objects[ObjectID(.group, DesiredState.loginGroup)]?.state.list("members") ?? []
    return Set(kept.filter(database.hasAccount) + given.filter { database.account($0).map(hasCredential) ?? false })
      .sorted()
  }

  /// Whether anything is there by which an account may have logged in so far. Without a password and keys, as one that was made a
  /// moment ago, nobody is shut out: keys and the membership that lets in come after the file that keeps others out.
  private func hasCredential(_ account: AccountDatabase.Account) -> Bool {
    if let password = account.password, !password.hasPrefix("*"), !password.hasPrefix("!") { return true }
    return root.status("\(Self.keyFolder)/\(account.name)") != nil || root.status("\(account.home)/.ssh") != nil
  }

  /// `AllowGroups` lines add up (sshd_config(5)): one more keeps the groups that the host's limits name from being shut out.
  func keptLogins(_ lines: [String]) -> [String] {
    let allowed = lines.map { $0.split { $0 == " " || $0 == "\t" }.map(String.init) }.filter {
      $0.first?.lowercased() == "allowgroups"
    }
    guard !allowed.isEmpty, let limits = try? HostLimits.read(root) else { return [] }
    let named = Set(allowed.flatMap { $0.dropFirst() })
    let kept = limits.keepLogin.filter { !named.contains($0) }
    return kept.isEmpty ? [] : ["AllowGroups \(kept.joined(separator: " "))"]
  }
}
