internal import CWritSys
internal import Glibc
public import WritPlan

/// Processes that keep a right which their account has lost: a change of accounts and groups does not reach what runs.
struct StaleProcesses {
  struct Found: Hashable {
    var account: String
    var process: HostProcess
    var reason: String

    /// `4711 bash: keeps group team`
    var text: String { "\(process.pid) \(process.name): \(reason)" }
  }

  var database: AccountDatabase
  var record: IDRecord
  /// Groups besides those of writ's own that policy speaks of.
  var groups: Set<String>

  /// By account, then pid.
  func found(among processes: [HostProcess]) -> [Found] {
    var found: [Found] = []
    for name in database.names.sorted() {
      guard let account = database.account(name), account.uid != 0, record.id(of: name, .account) == account.uid else {
        continue
      }
      for process in processes {
        guard let reason = account.isRetired ? ofRetired(account, process) : lostGroup(account, process) else {
          continue
        }
        found.append(Found(account: name, process: process, reason: reason))
      }
    }
    return found
  }

  private func ofRetired(_ account: AccountDatabase.Account, _ process: HostProcess) -> String? {
    if process.uids.contains(account.uid) { return "runs as \(account.name), who is retired" }
    return process.login == account.uid ? "was started in a session of \(account.name), who is retired" : nil
  }

  private func lostGroup(_ account: AccountDatabase.Account, _ process: HostProcess) -> String? {
    guard process.uids.contains(account.uid) else { return nil }
    for gid in process.groups.sorted() where gid != account.gid {
      guard let group = record.holder(of: gid, .group) ?? database.groups(gid: gid).first(where: groups.contains),
        // A group that is an account's own comes with that account, by sudo.
        database.account(group)?.gid != gid, !database.listedMembers(group).contains(account.name)
      else { continue }
      return "keeps group \(group.visible)"
    }
    return nil
  }

  // MARK: ending

  /// Milliseconds that a process has to end by itself.
  static let patience = 3_000

  /// Ends what was found, first by asking (SIGTERM), then by force. A process is held on to by a descriptor and looked at
  /// again, so that nobody is ended who merely got its pid; writ itself and what it runs in are left.
  ///
  /// - Returns: what is gone, and what is left with the reason.
  static func end(_ found: [Found]) -> (ended: [Found], left: [(Found, String)]) {
    var left: [(Found, String)] = []
    var held: [(found: Found, descriptor: TreeDescriptor)] = []
    let own = ancestors()
    for one in found {
      if own.contains(one.process.pid) {
        left.append((one, "writ runs in it"))
        continue
      }
      let number = writ_process_open(one.process.pid)
      guard number >= 0 else { continue }
      let descriptor = TreeDescriptor(number)
      guard let now = HostProcess(one.process.pid), now.start == one.process.start else { continue }
      held.append((one, descriptor))
    }
    for signal in [SIGTERM, SIGKILL] {
      for one in held { _ = writ_process_signal(one.descriptor.number, signal) }
      var time = patience
      while time > 0, held.contains(where: { !isOver($0.descriptor.number) }) {
        usleep(20_000)
        time -= 20
      }
    }
    left += held.filter { !isOver($0.descriptor.number) }.map { ($0.found, "it does not end") }
    return (held.filter { isOver($0.descriptor.number) }.map(\.found), left)
  }

  private static func isOver(_ descriptor: Int32) -> Bool {
    var polled = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
    return poll(&polled, 1, 0) == 1
  }

  private static func ancestors() -> Set<pid_t> {
    var own: Set<pid_t> = [1]
    var pid = getpid()
    while pid > 1, own.insert(pid).inserted, let process = HostProcess(pid) { pid = process.parent }
    return own
  }
}

extension LinuxHost {
  /// Ends every process of this machine that keeps a right which its account has lost.
  ///
  /// - Parameter owned: what writ owns here: memberships among it name groups besides writ's own.
  /// - Returns: a line for each process that was ended, and for each that is left. Both empty for a folder: nothing runs there.
  /// - Throws: ``HostError`` when this is not the host that is meant, or its accounts cannot be read.
  public func endStaleProcesses(_ owned: Set<ObjectID>) throws -> (ended: [String], left: [String]) {
    try identify()
    guard root.isMachine else { return ([], []) }
    let stale = StaleProcesses(
      database: try AccountDatabase(root), record: try IDRecord(root), groups: Self.systemGroups(of: owned))
    let result = StaleProcesses.end(stale.found(among: HostProcess.all()))
    return (result.ended.map(\.text), result.left.map { "\($0.text): \($1)" })
  }

  static func systemGroups(of owned: some Sequence<ObjectID>) -> Set<String> {
    Set(owned.filter { $0.kind == .membership }.compactMap { AccountEditor.membership($0.name)?.group })
  }
}
