internal import WritSyntax

extension PolicyDecoder {
  /// The timers of hosts look four times an hour whether a snapshot is due.
  static let shortestBackupPeriod = Duration(seconds: 3600)
  /// A file that never changes is one inode with a name in each snapshot, and file systems allow few tens of thousands.
  static let mostSnapshots = 10_000
  private static let backupKeys = ["every", "keep", "to"]

  func backup(_ part: Node.Entry) -> Resource.Backup? {
    guard let entries = mapping(part.value, "`backup`") else { return nil }
    var every: Located<Duration>?
    var keep: Located<Int>?
    var to: Located<String>?
    for entry in entries {
      switch entry.key.value {
      case "every": every = backupPeriod(entry.value)
      case "keep": keep = snapshotCount(entry.value)
      case "to": to = path(entry.value, "`to`", .home)
      default: unknownKey(entry.key, known: Self.backupKeys, in: "`backup`")
      }
    }
    let written = Set(entries.map(\.key.value))
    // A mistyped key is the one mistake.
    let missing = Self.backupKeys.filter { !written.contains($0) }.map { "`\($0)`" }
    if !missing.isEmpty, written.isSubset(of: Self.backupKeys) {
      report(
        .missingKey, "`backup` has no \(missing.joined(separator: " and "))", at: part.key.span,
        label: "\(missing[0]) is missing", help: "write `backup: { every: 1d, keep: 14, to: /srv/backup/NAME }`")
    }
    guard let every, let keep, let to else { return nil }
    return Resource.Backup(every: every, keep: keep, to: to)
  }

  private func backupPeriod(_ node: Node) -> Located<Duration>? {
    guard let every = duration(node, "`every`") else { return nil }
    guard every.value >= Self.shortestBackupPeriod else {
      report(
        .invalidValue, "`every` cannot be \(every.value)", at: every.span,
        label: "expected \(Self.shortestBackupPeriod) or more")
      return nil
    }
    return every
  }

  private func snapshotCount(_ node: Node) -> Located<Int>? {
    guard let keep = number(node, "`keep`") else { return nil }
    guard (1...Self.mostSnapshots).contains(keep.value) else {
      report(
        .invalidValue, "`keep` cannot be \(keep.value)", at: keep.span, label: "expected 1 to \(Self.mostSnapshots)")
      return nil
    }
    return keep
  }
}
