/// What one tree looks like against its rule.
public struct TreeReport: Sendable {
  public struct Counts: Sendable, Hashable {
    public var directories = 0
    /// Names that are no directories.
    public var entries = 0
    /// Gone between being listed and being looked at; that is no fault of the scan.
    public var vanished = 0
    /// Inodes that differ and that an apply would change.
    public var wrong = 0

    /// Directories and entries.
    public var names: Int { directories + entries }
  }

  public var path: String
  /// There is nothing at the path. For a closed tree that is as good as closed.
  public var rootIsMissing = false
  public var isClosed = false
  public var counts = Counts()
  /// By kind of difference, values and folder; in order.
  public var deviations: [TreeDeviation] = []
  /// The same by kind and values alone, names relative to the tree's root.
  public internal(set) var kinds: [TreeDifference: TreeSample] = [:]
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

  /// `- …` where the inodes give more than they should, `+ …` where they give less, one line for each kind of difference.
  /// Control characters are visible; wider ones come first.
  public func lines(_ names: TreeNames = TreeNames()) -> [String] {
    var shown = kinds
    if shown.count > Self.linesShown {
      let order = shown.map { (count: $1.count, text: $0.text(names), difference: $0) }
        .sorted { ($1.count, $0.text) < ($0.count, $1.text) }
      for (_, _, difference) in order.dropFirst(Self.linesShown) {
        guard let sample = shown.removeValue(forKey: difference) else { continue }
        var various = difference
        various.values = .various
        shown[various, default: TreeSample()].add(sample)
      }
    }
    let lines = shown.map { difference, sample in
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

  /// One more, of this name.
  mutating func add(_ name: String) {
    count += 1
    show(name)
  }

  mutating func show(_ name: String) {
    guard names.count < Self.shown || name < names[Self.shown - 1], !names.contains(name) else { return }
    names.insert(name, at: names.firstIndex { name < $0 } ?? names.count)
    if names.count > Self.shown { names.removeLast() }
  }

  mutating func add(_ other: TreeSample) {
    count += other.count
    for name in other.names { show(name) }
  }

  /// `3 (a, b, c)`, `12 (a, b, c, …)`
  public var text: String {
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
///
/// What it holds does not depend on the order in which inodes were met, as long as there are not more kinds of difference
/// than it tells apart: several walks may each have one, and be merged.
struct TreeTally {
  private struct GroupKey: Hashable {
    var difference: TreeDifference
    var folder: String
  }

  /// Groups of deviations kept apart by folder; further ones share the folder `…`.
  private static let groupsByFolder = 2_000
  /// And so many ways to deviate are told apart at all.
  private static let kindsAtAll = 4_000

  private var kinds: [TreeDifference: TreeSample] = [:]
  private var groups: [GroupKey: TreeSample] = [:]
  private var notices: [TreeNotice.Kind: TreeSample] = [:]
  private var obstacles: [TreeNotice.Kind: TreeSample] = [:]
  private var conflicts: [[String]: TreeSample] = [:]
  /// Inodes with deviations, each counted once.
  var wrong = 0

  /// Adds one inode that differs in these respects.
  mutating func deviations(_ differences: [TreeDifference], _ place: TreePlace) {
    let (folder, name) = (place.folder, place.name)
    let path = folder.isEmpty ? name : folder + "/" + name
    for difference in differences {
      var one = TreeSample()
      one.add(path)
      add(difference, one)
      one = TreeSample()
      one.add(name)
      add(GroupKey(difference: difference, folder: folder), one)
    }
  }

  private mutating func add(_ difference: TreeDifference, _ sample: TreeSample) {
    var difference = difference
    if kinds[difference] == nil && kinds.count >= Self.kindsAtAll { difference.values = .various }
    kinds[difference, default: TreeSample()].add(sample)
  }

  private mutating func add(_ group: GroupKey, _ sample: TreeSample) {
    var group = group
    if groups[group] == nil && groups.count >= Self.groupsByFolder { group.folder = "…" }
    if groups[group] == nil && groups.count >= Self.kindsAtAll { group.difference.values = .various }
    groups[group, default: TreeSample()].add(sample)
  }

  mutating func notice(_ kind: TreeNotice.Kind, _ name: String) {
    notices[kind, default: TreeSample()].add(name)
  }

  /// A notice about the tree as a whole.
  mutating func notice(_ kind: TreeNotice.Kind) { notices[kind, default: TreeSample()].count += 1 }

  mutating func obstacle(_ kind: TreeNotice.Kind, _ name: String) {
    obstacles[kind, default: TreeSample()].add(name)
  }

  mutating func conflict(_ rules: [String], _ name: String?) {
    conflicts[rules.sorted(), default: TreeSample()].count += 1
    if let name { conflicts[rules.sorted(), default: TreeSample()].show(name) }
  }

  mutating func merge(_ other: TreeTally) {
    wrong += other.wrong
    for (difference, sample) in other.kinds { add(difference, sample) }
    for (group, sample) in other.groups { add(group, sample) }
    for (kind, sample) in other.notices { notices[kind, default: TreeSample()].add(sample) }
    for (kind, sample) in other.obstacles { obstacles[kind, default: TreeSample()].add(sample) }
    for (rules, sample) in other.conflicts { conflicts[rules, default: TreeSample()].add(sample) }
  }

  func finish(_ report: inout TreeReport) {
    report.counts.wrong = wrong
    report.kinds = kinds
    report.deviations = groups.map { TreeDeviation(difference: $0.difference, folder: $0.folder, sample: $1) }
      .sorted { ($0.folder, $0.difference.text(TreeNames())) < ($1.folder, $1.difference.text(TreeNames())) }
    report.notices = notices.map { TreeNotice(kind: $0.key, sample: $0.value) }.sorted { $0.text < $1.text }
    report.obstacles = obstacles.map { TreeNotice(kind: $0.key, sample: $0.value) }.sorted { $0.text < $1.text }
    report.conflicts = conflicts.map { TreeConflict(rules: $0.key, sample: $0.value) }.sorted { $0.text < $1.text }
  }
}
