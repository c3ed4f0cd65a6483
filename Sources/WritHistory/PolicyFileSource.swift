public import WritPolicy
public import WritSyntax

/// Port: how the files of a commit are read.
public protocol PolicyFileReader {
  associatedtype Failure: Error

  /// One policy file of a commit.
  typealias File = (path: String, blob: String)

  func line() throws(Failure) -> HistoryLine
  func reference(to commit: HistoryCommit) throws(Failure) -> CommitRef
  /// The policy files of a commit, in any order; none when it has no policy folder.
  func files(of commit: HistoryCommit) throws(Failure) -> [File]
  /// Nil for a file larger than any policy file may be.
  func contents(of blob: String) throws(Failure) -> [UInt8]?
  /// The policy files in which the second commit differs from the first, in any order, each with its new blob; nil where it is
  /// gone. Without a first commit, all files of the second.
  func changes(from old: HistoryCommit?, to new: HistoryCommit) throws(Failure) -> [(path: String, blob: String?)]
}

extension PolicyFileReader {
  public func changes(from old: HistoryCommit?, to new: HistoryCommit) throws(Failure) -> [(
    path: String, blob: String?
  )] {
    var before: [String: String] = [:]
    if let old { for file in try files(of: old) { before[file.path] = file.blob } }
    var changes: [(path: String, blob: String?)] = []
    for file in try files(of: new) where before.removeValue(forKey: file.path) != file.blob {
      changes.append((file.path, file.blob))
    }
    return changes + before.keys.sorted().map { ($0, nil) }
  }
}

/// A history of policy files: reads what changed, and works out what that changes.
///
/// It keeps the files of the last commit that could be read and no more, so that memory follows the size of one policy and not of
/// its history. A class because it remembers; used on one thread.
public final class PolicyFileSource<Reader: PolicyFileReader>: HistorySource {
  public typealias Parse = (SourceFile, SourceID) -> (root: Node?, findings: [Finding])

  private let reader: Reader
  private let zones: any ZoneCatalogue
  private let parse: Parse
  /// The last commit that could be read, its files by path, and the policy that they make; no follower after one that refused.
  private var good: HistoryCommit?
  private var files: [String: PolicyFile] = [:]
  private var follower: PolicyFollower?
  /// How many files were parsed as a whole by ``step(to:)``, for whoever wants to see that unchanged ones are not.
  public private(set) var parsedFiles = 0

  public init(_ reader: Reader, zones: any ZoneCatalogue, parse: @escaping Parse) {
    self.reader = reader
    self.zones = zones
    self.parse = parse
  }

  public func line() throws(Reader.Failure) -> HistoryLine { try reader.line() }

  public func reference(to commit: HistoryCommit) throws(Reader.Failure) -> CommitRef {
    try reader.reference(to: commit)
  }

  public func permission(_ number: UInt64) -> Permission? { follower?.permission(number) }

  public func state(of commit: HistoryCommit) throws(Reader.Failure) -> PolicyState {
    var sources: [SourceFile] = []
    var problem: (path: String, text: String)?
    if let good, good.policyTree == commit.policyTree {
      sources = files.values.map(\.source)
    } else {
      for file in try reader.files(of: commit) {
        if let bytes = try reader.contents(of: file.blob) {
          sources.append(SourceFile(path: file.path, bytes: bytes))
        } else {
          Self.note(&problem, file.path, Self.tooLarge(file.path))
        }
      }
    }
    let table = SourceTable(sources)
    let roots = roots(of: table, &problem)
    if let problem { return .unreadable(problem: problem.text) }
    let (policy, findings) = Policy.decode(files: roots, sources: table, zones: zones)
    if let error = findings.first(where: { $0.severity == .error }) {
      return .unreadable(problem: Self.line(error, path: table.path(of: error.span)))
    }
    return .readable(Snapshot(policy: policy, access: effectiveAccess(of: policy)))
  }

  public func step(to commit: HistoryCommit) throws(Reader.Failure) -> PolicyStep {
    var problem: (path: String, text: String)?
    var change = PolicyChange()
    var isComparable = follower != nil
    var next: [(path: String, file: PolicyFile?)] = []
    for (path, blob) in try reader.changes(from: good, to: commit) {
      let old = files[path]
      guard let blob else {
        next.append((path, nil))
        if isComparable { isComparable = change.compare(old?.sections(parse) ?? [], []) }
        continue
      }
      guard let bytes = try reader.contents(of: blob) else {
        Self.note(&problem, path, Self.tooLarge(path))
        continue
      }
      let source = SourceFile(path: path, bytes: bytes)
      if isComparable, let file = old?.next(source, parse, &change) {
        next.append((path, file))
        continue
      }
      parsedFiles += 1
      let (root, findings) = parse(source, SourceID(index: 0))
      if let error = findings.first(where: { $0.severity == .error }) {
        Self.note(&problem, path, Self.line(error, path: path))
        continue
      }
      next.append((path, PolicyFile(source, root: root)))
      guard isComparable else { continue }
      switch root?.content {
      case .mapping(let entries)?: isComparable = change.compare(old?.sections(parse) ?? [], entries)
      case nil: isComparable = change.compare(old?.sections(parse) ?? [], [])
      default: isComparable = false
      }
    }
    if let problem {
      // Another file may have a mistake that only the whole of it shows, and then the first by path is the one to name.
      if case .unreadable(let first) = try state(of: commit) { return .unreadable(problem: first) }
      return .unreadable(problem: problem.text)
    }
    if isComparable, let step = follower?.step(change.sections) {
      take(commit, next)
      return .access(step)
    }
    follower = nil
    return begin(commit, next)
  }

  private func take(_ commit: HistoryCommit, _ next: [(path: String, file: PolicyFile?)]) {
    good = commit
    for (path, file) in next { files[path] = file }
  }

  /// Makes the whole policy anew.
  private func begin(_ commit: HistoryCommit, _ next: [(path: String, file: PolicyFile?)]) -> PolicyStep {
    var all = files
    for (path, file) in next { all[path] = file }
    let table = SourceTable(all.values.map(\.source))
    var problem: (path: String, text: String)?
    // A key given twice shows only in the whole file, not in its entries.
    let roots = roots(of: table, &problem)
    if let problem { return .unreadable(problem: problem.text) }
    let (begun, findings) = PolicyFollower.begin(files: roots, sources: table, zones: zones)
    guard let begun else {
      let error = findings.first { $0.severity == .error }
      return .unreadable(problem: error.map { Self.line($0, path: table.path(of: $0.span)) } ?? "")
    }
    follower = begun
    take(commit, next)
    return .access(begun.access())
  }

  private func roots(of table: SourceTable, _ problem: inout (path: String, text: String)?) -> [(SourceID, Node)] {
    var roots: [(SourceID, Node)] = []
    for id in table.ids {
      let (root, findings) = parse(table[id], id)
      if let root { roots.append((id, root)) }
      if let error = findings.first(where: { $0.severity == .error }) {
        Self.note(&problem, table[id].path, Self.line(error, path: table[id].path))
      }
    }
    return roots
  }

  /// Of several files that cannot be read, the first by path is named.
  private static func note(_ problem: inout (path: String, text: String)?, _ path: String, _ text: String) {
    if let known = problem, known.path.utf8.lexicographicallyPrecedes(path.utf8) || known.path == path { return }
    problem = (path, text)
  }

  private static func tooLarge(_ path: String) -> String { "\(path): larger than a policy file may be" }

  private static func line(_ finding: Finding, path: String) -> String {
    "\(path):\(finding.span.start.line):\(finding.span.start.column): \(finding.message)"
  }
}
