internal import WritPlan
internal import WritPolicy

/// What an apply left on the host about the snapshots of one tree: `/etc/writ/backups/NAME`.
struct BackupJob: Equatable {
  static let folder = "/etc/writ/backups"

  /// The resource.
  var name: String
  /// Absolute on the host.
  var tree: String
  var to: String
  var every: Duration
  var keep: Int

  /// A name of a resource, so one that a file and a unit can have.
  static func isName(_ name: String) -> Bool { ResourceName(validating: name) != nil }

  static func file(_ root: HostRoot, _ name: String) -> ManagedFile {
    ManagedFile(root: root, path: "\(folder)/\(name)", mode: 0o600)
  }

  var lines: [String] { ["tree \(tree)", "to \(to)", "every \(every)", "keep \(keep)"] }

  /// Nil for lines that writ did not write.
  init?(name: String, lines: [String]) {
    func value(_ place: Int, _ key: String) -> String? {
      guard lines.count == 4, lines[place].hasPrefix(key + " ") else { return nil }
      return String(lines[place].dropFirst(key.count + 1))
    }
    self.init(
      name: name, tree: value(0, "tree"), to: value(1, "to"), every: value(2, "every"), keep: value(3, "keep"))
  }

  /// Nil for a state that names no backup.
  init?(name: String, state: ObjectState) {
    self.init(
      name: name, tree: state.text("tree"), to: state.text("to"), every: state.text("every"), keep: state.text("keep"))
  }

  private init?(name: String, tree: String?, to: String?, every: String?, keep: String?) {
    guard Self.isName(name), let tree, let to, let every = every.flatMap(Duration.init(validating:)),
      let keep = keep.flatMap({ Int($0) }), keep > 0, Self.isPlain(tree), Self.isPlain(to),
      tree != to, !tree.hasPrefix(to + "/"), !to.hasPrefix(tree + "/")
    else { return nil }
    self.name = name
    self.tree = tree
    self.to = to
    self.every = every
    self.keep = keep
  }

  private static func isPlain(_ path: String) -> Bool {
    guard let parsed = try? TreePath(path) else { return false }
    return !parsed.components.isEmpty && path.visible == path
  }

  var state: ObjectState {
    ObjectState(["tree": .text(tree), "to": .text(to), "every": .text("\(every)"), "keep": .text("\(keep)")])
  }

  /// - Throws: ``HostError`` where the file is missing, not root's alone to write, or not as writ wrote it.
  static func read(_ root: HostRoot, _ name: String) throws(HostError) -> BackupJob {
    guard isName(name) else {
      throw .illFormed(path: folder, line: nil, reason: "`\(name.visible)` is no name of a resource")
    }
    let file = file(root, name)
    switch file.read() {
    case .own(let lines):
      if let job = BackupJob(name: name, lines: lines) { return job }
      throw .illFormed(path: root.path(file.path), line: nil, reason: "is not as writ writes it; apply again")
    case .absent:
      throw .illFormed(path: root.path(file.path), line: nil, reason: "there is no backup named \(name)")
    case .foreign: throw .illFormed(path: root.path(file.path), line: nil, reason: "was not written by writ")
    case .unknown(let reason): throw .illFormed(path: root.path(file.path), line: nil, reason: reason)
    }
  }

  // MARK: When

  /// Seconds between two looks of the timer.
  static let tick: Int64 = 900
  private static let leastSlack: Int64 = 3600

  /// Whether the next look would come too late.
  func isDue(after newest: Instant?, at now: Instant) -> Bool {
    guard let newest else { return true }
    return now.seconds - newest.seconds > every.seconds - Self.tick
  }

  /// Whether snapshots fail to come: half a period, and an hour at least, is let pass for a run that takes long.
  static func isOverdue(_ newest: Instant, every seconds: Int64, at now: Instant) -> Bool {
    now.seconds - newest.seconds > seconds + max(leastSlack, seconds / 2)
  }
}
