/// What one tree looks like against its rule.
public struct TreeReport: Sendable {
  public struct Counts: Sendable, Hashable {
    public var directories = 0
    /// Names that are no directories.
    public var entries = 0
    /// Gone between being listed and being looked at; that is no fault of the scan.
    public var vanished = 0
  }

  public var path: String
  /// There is nothing at the path. For a closed tree that is as good as closed.
  public var rootIsMissing = false
  public var isClosed = false
  public var counts = Counts()
  /// By kind of difference, values and folder; in order.
  public var deviations: [TreeDeviation] = []
  /// What nobody may change or what no change mends; in order.
  public var notices: [TreeNotice] = []
  /// Inodes that two rules claim and want to look differently; in order.
  public var conflicts: [TreeConflict] = []
  /// What could not be read. Not empty: the tree is unknown, whatever else this report says.
  public var obstacles: [TreeNotice] = []

  init(path: String) { self.path = path }

  public var isComplete: Bool { obstacles.isEmpty }

  /// Lines that ``lines(_:)`` makes at most; what is rarer is put together, or a tree somebody plays with could fill a plan.
  private static let linesShown = 40

  /// The lines of a tree's `deviations`: `- …` where the inodes give more than they should, `+ …` where they give less.
  /// Folders are put together; control characters are visible; wider ones come first.
  public func lines(_ names: TreeNames = TreeNames()) -> [String] {
    var merged: [TreeDifference: TreeSample] = [:]
    for deviation in deviations { merged[deviation.difference, default: TreeSample()].add(deviation) }
    if merged.count > Self.linesShown {
      let order = merged.keys.map { (count: merged[$0]?.count ?? 0, text: $0.text(names), difference: $0) }
        .sorted { ($1.count, $0.text) < ($0.count, $1.text) }
      for (_, _, difference) in order.dropFirst(Self.linesShown) {
        guard let sample = merged.removeValue(forKey: difference) else { continue }
        var various = difference
        various.values = .various
        merged[various, default: TreeSample()].add(sample)
      }
    }
    let lines = merged.map { difference, sample in
      (difference.isWider ? "- " : "+ ") + difference.text(names) + ": " + sample.text
    }
    return (rootIsMissing && !isClosed ? ["+ the tree does not exist"] : [])
      + lines.filter { $0.hasPrefix("-") }.sorted() + lines.filter { $0.hasPrefix("+") }.sorted()
  }
}

/// How many, and the first few names in byte order: the same tree gives the same sample however its folders are laid out
/// on disk. Names are already visible text.
public struct TreeSample: Sendable, Hashable {
  public internal(set) var count = 0
  public private(set) var names: [String] = []

  private static let shown = 3

  mutating func show(_ name: String) {
    guard names.count < Self.shown || name < names[Self.shown - 1], !names.contains(name) else { return }
    names.insert(name, at: names.firstIndex { name < $0 } ?? names.count)
    if names.count > Self.shown { names.removeLast() }
  }

  mutating func add(_ deviation: TreeDeviation) {
    count += deviation.sample.count
    for name in deviation.sample.names { show(deviation.folder.isEmpty ? name : deviation.folder + "/" + name) }
  }

  mutating func add(_ other: TreeSample) {
    count += other.count
    for name in other.names { show(name) }
  }

  mutating func forget(_ name: String) { names.removeAll { $0 == name } }

  /// `3 (a, b, c)`, `12 (a, b, c, …)`
  var text: String {
    names.isEmpty ? "\(count)" : "\(count) (\(names.joined(separator: ", "))\(count > names.count ? ", …" : ""))"
  }
}

/// Inodes of one folder that differ from the rule in the same way.
public struct TreeDeviation: Sendable, Hashable {
  public var difference: TreeDifference
  /// Relative to the tree's root, empty for the root itself and what lies in it directly; visible text. What lies very
  /// deep counts for the folder above it, and once there are very many groups the folder is `…`.
  public var folder: String
  public var sample: TreeSample
}

/// Something that somebody should know of.
public struct TreeNotice: Sendable, Hashable {
  public enum Kind: Sendable, Hashable {
    /// Files with links outside all managed trees: left alone.
    case linksOutside(outside: Int, of: Int)
    case mount
    case immutable
    case appendOnly
    /// `capability`: a change of owner takes the file's capabilities away.
    case capabilities
    case device
    case readOnly
    /// A call failed: `open`, `Permission denied`.
    case unreadable(operation: String, reason: String)
    /// What was a folder no longer is where it was.
    case moved
    /// ACL bytes of a layout that this program does not know.
    case strangeACL
  }

  public var kind: Kind
  /// Names relative to the tree's root.
  public var sample: TreeSample

  public var text: String {
    switch kind {
    case .linksOutside(let outside, let total):
      "\(outside) of \(total) links outside the managed trees, left alone: \(sample.text)"
    case .mount: "something else is mounted here, left alone: \(sample.text)"
    case .immutable: "immutable and not as it should be, left alone: \(sample.text)"
    case .appendOnly: "append-only and not as it should be, left alone: \(sample.text)"
    case .capabilities: "file capabilities that a change of owner takes away: \(sample.text)"
    case .device: "device files: \(sample.text)"
    case .readOnly: "the file system is mounted read-only"
    case .unreadable(let operation, let reason): "\(operation): \(reason): \(sample.text)"
    case .moved: "moved while being looked at: \(sample.text)"
    case .strangeACL: "an ACL that cannot be understood: \(sample.text)"
    }
  }
}

/// Inodes with names in two trees whose rules do not agree: changing them would go on for ever.
public struct TreeConflict: Sendable, Hashable {
  /// Paths of the two rules, in order.
  public var rules: [String]
  /// Names relative to the tree in which the report lists it.
  public var sample: TreeSample

  public var text: String {
    "one file under \(rules.map { visible($0) }.joined(separator: " and ")), which do not agree: \(sample.text)"
  }
}

/// What collects a report while the tree is walked; bounded however wrong the tree is.
struct TreeTally {
  private struct GroupKey: Hashable {
    var difference: TreeDifference
    var folder: String
  }

  /// Groups of deviations kept apart by folder; further ones share the folder `…`.
  private static let groupsByFolder = 2_000
  /// And so many ways to deviate are told apart at all.
  private static let groupsAtAll = 4_000

  private var groups: [GroupKey: Int] = [:]
  private var deviations: [TreeDeviation] = []
  private var notices: [TreeNotice.Kind: TreeSample] = [:]
  private var obstacles: [TreeNotice.Kind: TreeSample] = [:]
  private var conflicts: [[String]: TreeSample] = [:]

  /// - Returns: the group, for ``retract(_:name:)``.
  @discardableResult
  mutating func deviation(_ difference: TreeDifference, folder: String, name: String) -> Int32 {
    var key = GroupKey(difference: difference, folder: folder)
    if groups[key] == nil && deviations.count >= Self.groupsByFolder { key.folder = "…" }
    if groups[key] == nil && deviations.count >= Self.groupsAtAll { key.difference.values = .various }
    let index =
      groups[key]
      ?? {
        deviations.append(TreeDeviation(difference: key.difference, folder: key.folder, sample: TreeSample()))
        groups[key] = deviations.count - 1
        return deviations.count - 1
      }()
    deviations[index].sample.count += 1
    deviations[index].sample.show(name)
    return Int32(index)
  }

  /// Takes back one inode that turned out to be left alone.
  mutating func retract(_ group: Int32, name: String?) {
    deviations[Int(group)].sample.count -= 1
    if let name { deviations[Int(group)].sample.forget(name) }
  }

  mutating func notice(_ kind: TreeNotice.Kind, _ name: String, count: Int = 1) {
    notices[kind, default: TreeSample()].count += count
    notices[kind, default: TreeSample()].show(name)
  }

  /// A notice about inodes whose names are no longer known.
  mutating func notice(_ kind: TreeNotice.Kind) { notices[kind, default: TreeSample()].count += 1 }

  mutating func obstacle(_ kind: TreeNotice.Kind, _ name: String) {
    obstacles[kind, default: TreeSample()].count += 1
    obstacles[kind, default: TreeSample()].show(name)
  }

  mutating func conflict(_ rules: [String], _ name: String?) {
    conflicts[rules.sorted(), default: TreeSample()].count += 1
    if let name { conflicts[rules.sorted(), default: TreeSample()].show(name) }
  }

  func finish(_ report: inout TreeReport) {
    report.deviations = deviations.filter { $0.sample.count > 0 }
      .sorted { ($0.folder, $0.difference.text(TreeNames())) < ($1.folder, $1.difference.text(TreeNames())) }
    report.notices = notices.map { TreeNotice(kind: $0.key, sample: $0.value) }.sorted { $0.text < $1.text }
    report.obstacles = obstacles.map { TreeNotice(kind: $0.key, sample: $0.value) }.sorted { $0.text < $1.text }
    report.conflicts = conflicts.map { TreeConflict(rules: $0.key, sample: $0.value) }.sorted { $0.text < $1.text }
  }
}
