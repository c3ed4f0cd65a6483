internal import Glibc
public import WritPolicy
internal import WritSystem

/// What a timer on the host runs between two applies: takes away what has come to its end, and can do nothing else.
///
/// It knows only the file of coming ends. Memberships and ACL entries are removed, accounts locked and expired, and
/// held back from what is external; nothing is ever added, whatever that file says. What is gone already is left as it is.
public struct Expiry {
  public struct Outcome: Sendable, Hashable {
    /// One line for each thing taken away, as also appended to ``path``.
    public var done: [String] = []
    /// What is due and could not be done, and lines that are none.
    public var failed: [String] = []
  }

  /// What was done, oldest first: on the host, for the next apply to record.
  public static let path = "/var/lib/writ/expired"

  let root: HostRoot
  private let lockPatience: Int

  /// - Parameter root: `/`, or a folder that ``LinuxHost/initialise(root:name:)`` marked.
  public init(root: String, lockPatience: Int = 15_000) {
    self.root = HostRoot(root)
    self.lockPatience = lockPatience
  }

  /// Takes away what is due at `now`.
  ///
  /// - Throws: ``HostError`` when the ends or the account files cannot be read or the transaction does not come about. No
  ///   file of ends is no error: nothing is due.
  public func run(at now: Instant) throws(HostError) -> Outcome {
    if !root.isMachine, try root.contents(LinuxHost.markPath) == nil { throw .notMarked(path: root.prefix) }
    try root.refuseLinks()
    var outcome = Outcome()
    let due = try dueEnds(at: now, &outcome)
    guard !due.isEmpty else { return outcome }
    let editor = ExpiryEditor(ends: due, now: now)
    var dryDatabase = try AccountDatabase(root)
    let dry = editor.edit(&dryDatabase)
    if !dry.done.isEmpty {
      var result = Outcome()
      try AccountTransaction(root: root, lockPatience: lockPatience).run { database, _ in
        result = editor.edit(&database)
      }
      outcome.done += result.done
      outcome.failed += result.failed
    } else {
      outcome.failed += dry.failed
    }
    removeACLs(due, &outcome)
    removeEgress(due, &outcome)
    try Self.log(outcome.done, in: root, at: now)
    return outcome
  }

  private func dueEnds(at now: Instant, _ outcome: inout Outcome) throws(HostError) -> [ComingEnd] {
    guard let bytes = try root.contents(LinuxHost.endsPath), let status = root.status(LinuxHost.endsPath) else {
      return []
    }
    guard status.st_uid == 0, status.permissions & 0o022 == 0 else {
      throw .illFormed(
        path: LinuxHost.endsPath, line: nil, reason: "must belong to root and be writable by nobody else")
    }
    var due: [ComingEnd] = []
    for line in bytes.split(separator: 10) where line.first != UInt8(ascii: "#") {
      let text = String(decoding: line, as: UTF8.self)
      guard let end = ComingEnd(text) else {
        outcome.failed.append("`\(text.visible)` is no end")
        continue
      }
      if end.instant <= now { due.append(end) }
    }
    return due
  }

  private func removeACLs(_ due: [ComingEnd], _ outcome: inout Outcome) {
    for end in due {
      guard case .removeACL(let path, let account) = end.action else { continue }
      let text = "remove acl \(path.visible) \(account)"
      do throws(HostError) {
        guard let uid = try AccountDatabase(root).account(account)?.uid else { continue }
        let removal = try ACLRemoval(root: root, path: path, uid: uid)
        let changed = try removal.run()
        if changed > 0 { outcome.done.append("\(text) (end \(end.instant.rfc3339), \(changed) inodes)") }
      } catch {
        outcome.failed.append("\(text): \("\(error)".visible)")
      }
    }
  }

  /// Adds to what the next apply records of the host's own doing.
  static func log(_ lines: [String], in root: HostRoot, at now: Instant) throws(HostError) {
    guard !lines.isEmpty else { return }
    try root.makeFolder("/var/lib/writ")
    let path = root.path(Self.path)
    let descriptor = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o644)
    guard descriptor >= 0 else { throw .system(SystemError("open", path)) }
    defer { close(descriptor) }
    let bytes = Array(lines.map { "\(now.rfc3339) \($0)\n" }.joined().utf8)
    // One call, so that two runs at once do not mix their lines.
    guard write(descriptor, bytes, bytes.count) == bytes.count, fsync(descriptor) == 0 else {
      throw .system(SystemError("write", path))
    }
  }
}

/// The part of an expiry that lies in the account files.
struct ExpiryEditor {
  var ends: [ComingEnd]
  var now: Instant

  func edit(_ database: inout AccountDatabase) -> Expiry.Outcome {
    var outcome = Expiry.Outcome()
    for end in ends {
      switch end.action {
      case .removeMember(let group, let account):
        if database.listedMembers(group).contains(account) {
          database.removeMember(account, from: group)
          outcome.done.append("remove member \(group) \(account) (end \(end.instant.rfc3339))")
        }
        if database.primaryOnlyMembers(group).contains(account) {
          outcome.failed.append("remove member \(group) \(account): it is the account's primary group")
        }
      case .lock(let account):
        guard let found = database.account(account) else { continue }
        guard found.uid != 0 else {
          outcome.failed.append("lock \(account): it is root")
          continue
        }
        // Field 8 of shadow(5): refused from that UTC day's first second on.
        let today = String(now.seconds / 86400)
        let expires =
          found.expires.flatMap { Int64($0) }.map { $0 * 86400 <= now.seconds } == true
          ? found.expires ?? today : today
        guard found.password?.hasPrefix("!") != true || found.expires != expires else { continue }
        database.setShadow(of: account, password: "!*", expires: expires)
        outcome.done.append("lock \(account) (end \(end.instant.rfc3339))")
      case .removeACL, .removeEgress: continue
      }
    }
    return outcome
  }
}

extension Expiry {
  /// The agent's version, which is writ's.
  public static let agentVersion = "0.1.0"
}
