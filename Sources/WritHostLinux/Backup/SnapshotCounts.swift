internal import WritDigest

/// What a snapshot holds, and what of the tree it does not.
struct SnapshotCounts: Hashable, Sendable {
  var folders = 0
  var files = 0
  var links = 0
  /// Of the files, each inode once.
  var bytes = 0
  /// Files that are the last snapshot's, since nothing about them had changed.
  var linked = 0
  /// Sockets, FIFOs and devices, which are not copied.
  var others = 0
  /// Other file systems, which are not entered.
  var mounts = 0
  /// Files whose setuid or setgid bit or capabilities were left out.
  var stripped = 0
  /// Gone between listing and reading, which is no fault.
  var vanished = 0
  /// Files that somebody went on writing to while they were read.
  var moving = 0
  /// Deeper than any path the kernel takes at once.
  var deep = 0
  /// What could not be read: then the snapshot is not whole.
  var unreadable = 0

  private static var names: [(String, WritableKeyPath<SnapshotCounts, Int>)] {
    [
      ("folders", \.folders), ("files", \.files), ("links", \.links), ("bytes", \.bytes), ("linked", \.linked),
      ("others", \.others), ("mounts", \.mounts), ("stripped", \.stripped), ("vanished", \.vanished),
      ("moving", \.moving), ("deep", \.deep), ("unreadable", \.unreadable),
    ]
  }

  var json: JSONValue {
    .object(Dictionary(uniqueKeysWithValues: Self.names.map { ($0.0, .integer(self[keyPath: $0.1])) }))
  }

  init() {}

  init?(_ json: JSONValue) {
    guard let members = json.object else { return nil }
    for (name, path) in Self.names {
      guard let count = members[name]?.integer, count >= 0 else { return nil }
      self[keyPath: path] = count
    }
  }

  /// For people; what is 0 and usual is left out.
  var lines: [String] {
    func many(_ count: Int, _ one: String, _ more: String) -> String { "\(count) \(count == 1 ? one : more)" }
    var lines = [
      "\(many(folders, "folder", "folders")), \(many(files, "file", "files")) (\(linked) as in the last snapshot), "
        + "\(many(links, "symbolic link", "symbolic links")), \(bytes) bytes"
    ]
    for (count, text) in [
      (others, "sockets, FIFOs and devices, not copied"), (mounts, "other file systems, not entered"),
      (stripped, "files without the setuid, setgid or capabilities they have"),
      (moving, "files that were written to while they were read"),
      (deep, "names deeper than a path can be, not copied"),
      (unreadable, "could not be read: the snapshot is not whole"),
    ] where count > 0 { lines.append("\(count) \(text)") }
    return lines
  }
}
