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
}

/// A history of policy files: parses what changed, decodes, and evaluates.
///
/// It keeps the parsed files of the last state and no more, so that memory follows the size of one policy and not of its
/// history. A class because it remembers; used on one thread.
public final class PolicyFileSource<Reader: PolicyFileReader>: HistorySource {
  public typealias Parse = (SourceFile, SourceID) -> (root: Node?, findings: [Finding])

  private struct Parsed {
    var file: SourceFile
    var id: SourceID
    var root: Node?
    var findings: [Finding]
  }

  private let reader: Reader
  private let zones: any ZoneCatalogue
  private let parse: Parse
  private var parsed: [String: Parsed] = [:]
  private var last: (tree: String?, state: PolicyState)?
  /// How many files were parsed, for whoever wants to see that unchanged ones are not.
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

  public func state(of commit: HistoryCommit) throws(Reader.Failure) -> PolicyState {
    if let last, last.tree == commit.policyTree { return last.state }
    let state = try read(commit)
    last = (commit.policyTree, state)
    return state
  }

  private func read(_ commit: HistoryCommit) throws(Reader.Failure) -> PolicyState {
    let files = try reader.files(of: commit).sorted { $0.path.utf8.lexicographicallyPrecedes($1.path.utf8) }
    var now: [String: Parsed] = [:]
    var roots: [(SourceID, Node)] = []
    var sources: [SourceFile] = []
    var problem: String?
    for (index, file) in files.enumerated() {
      let id = SourceID(index: UInt32(index))
      let key = "\(file.blob) \(file.path)"
      guard let entry = try parsed(file, id, key) else {
        problem = problem ?? "\(file.path): larger than a policy file may be"
        continue
      }
      now[key] = entry
      sources.append(entry.file)
      if let root = entry.root { roots.append((id, root)) }
      if let error = entry.findings.first(where: { $0.severity == .error }) {
        problem = problem ?? Self.line(error, path: file.path)
      }
    }
    parsed = now
    if let problem { return .unreadable(problem: problem) }
    let table = SourceTable(sources)
    let (policy, findings) = Policy.decode(files: roots, sources: table, zones: zones)
    if let error = findings.first(where: { $0.severity == .error }) {
      return .unreadable(problem: Self.line(error, path: table.path(of: error.span)))
    }
    return .readable(Snapshot(policy: policy, access: effectiveAccess(of: policy)))
  }

  /// From the last state where the file has the same content and number, else read and parsed anew: spans hold the number.
  private func parsed(_ file: Reader.File, _ id: SourceID, _ key: String) throws(Reader.Failure) -> Parsed? {
    if let known = parsed[key], known.id == id { return known }
    var source = parsed[key]?.file
    if source == nil {
      guard let bytes = try reader.contents(of: file.blob) else { return nil }
      source = SourceFile(path: file.path, bytes: bytes)
    }
    guard let source else { return nil }
    parsedFiles += 1
    let (root, findings) = parse(source, id)
    return Parsed(file: source, id: id, root: root, findings: findings)
  }

  private static func line(_ finding: Finding, path: String) -> String {
    "\(path):\(finding.span.start.line):\(finding.span.start.column): \(finding.message)"
  }
}
