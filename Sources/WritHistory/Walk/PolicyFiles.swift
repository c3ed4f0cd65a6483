internal import WritPolicy
public import WritSyntax

/// The policy files of the last commit that could be read, and how one goes on from there.
public struct PolicyFiles: Sendable {
  public typealias Parse = @Sendable (SourceFile, SourceID) -> (root: Node?, findings: [Finding])

  /// nil: nothing was read yet.
  public private(set) var commit: HistoryCommit?
  private var files: [String: PolicyFile] = [:]

  public init() {}

  var sources: [SourceFile] { files.values.map(\.source) }

  /// Reads what a later commit changes. Nothing is taken in by that.
  ///
  /// - Parameter comparing: whether it is asked what changed, and not only what there is.
  public func step<Reader: PolicyFileReader>(
    to commit: HistoryCommit, _ reader: Reader, _ parse: Parse, comparing: Bool = true
  ) throws(Reader.Failure) -> PolicyFileStep {
    var problem = PolicyFileProblem()
    var change = PolicyChange()
    var isComparable = comparing
    var step = PolicyFileStep(commit: commit, base: self.commit)
    for (path, blob) in try reader.changes(from: self.commit, to: commit) {
      let old = files[path]
      guard let blob else {
        step.files.append((path, nil))
        if isComparable { isComparable = change.compare(old?.sections(parse) ?? [], []) }
        continue
      }
      guard let bytes = try reader.contents(of: blob) else {
        problem.noteTooLarge(path)
        continue
      }
      step.size += bytes.count
      let source = SourceFile(path: path, bytes: bytes)
      if isComparable, let file = old?.next(source, parse, &change) {
        step.files.append((path, file))
        continue
      }
      step.parsedFiles += 1
      let (root, findings) = parse(source, SourceID(index: 0))
      if problem.note(findings, in: path) { continue }
      step.files.append((path, PolicyFile(source, root: root)))
      guard isComparable else { continue }
      switch root?.content {
      case .mapping(let entries)?: isComparable = change.compare(old?.sections(parse) ?? [], entries)
      case nil: isComparable = change.compare(old?.sections(parse) ?? [], [])
      default: isComparable = false
      }
    }
    step.problem = problem
    if isComparable { step.sections = change.sections }
    return step
  }

  /// Goes on to the commit of a step.
  public mutating func take(_ step: PolicyFileStep) {
    commit = step.commit
    for (path, file) in step.files { files[path] = file }
  }

  /// Steps from commit to commit, as a walk over the line would ask for them if every policy held together, until `give` says no.
  public consuming func walk<Reader: PolicyFileReader>(
    _ commits: some Sequence<HistoryCommit>, _ reader: Reader, _ parse: Parse, give: (PolicyFileStep) -> Bool
  ) throws(Reader.Failure) {
    var last: HistoryCommit?
    for next in commits {
      if let last, last.policyTree == next.policyTree { continue }
      last = next
      if let commit, commit.policyTree == next.policyTree { continue }
      var step = try step(to: next, reader, parse)
      if step.problem.text == nil {
        step.replaced = step.files.compactMap { files[$0.path] }
        take(step)
      }
      guard give(step) else { return }
    }
  }
}

/// What one commit changes in the files of another.
public struct PolicyFileStep: Sendable {
  public let commit: HistoryCommit
  /// The commit compared with; nil: with nothing.
  let base: HistoryCommit?
  /// The changed files; nil: gone.
  fileprivate(set) var files: [(path: String, file: PolicyFile?)] = []
  /// What changed by sections; nil where that takes the whole policy to tell.
  fileprivate(set) var sections: [SectionChange]?
  /// Of a file that cannot be read.
  fileprivate(set) var problem = PolicyFileProblem()
  /// Files that were parsed as a whole.
  fileprivate(set) var parsedFiles = 0
  /// What stood in the place of the changed files: kept with them, so that whoever made all this can give it back. Memory that
  /// another thread gives back costs both of them a lock.
  fileprivate var replaced: [PolicyFile] = []
  /// Bytes of the files that were read.
  public fileprivate(set) var size = 0

  fileprivate init(commit: HistoryCommit, base: HistoryCommit?) {
    self.commit = commit
    self.base = base
  }
}

/// Why a commit's files cannot be read: of several that cannot, the first by path is named.
struct PolicyFileProblem: Sendable {
  private var first: (path: String, text: String)?

  var text: String? { first?.text }

  mutating func noteTooLarge(_ path: String) { note(path, "\(path): larger than a policy file may be") }

  /// Whether there is an error among the findings.
  @discardableResult
  mutating func note(_ findings: [Finding], in path: String) -> Bool {
    guard let error = findings.first(where: { $0.severity == .error }) else { return false }
    note(path, Self.line(error, path: path))
    return true
  }

  private mutating func note(_ path: String, _ text: String) {
    if let first, first.path.utf8.lexicographicallyPrecedes(path.utf8) || first.path == path { return }
    first = (path, text)
  }

  static func line(_ finding: Finding, path: String) -> String {
    "\(path):\(finding.span.start.line):\(finding.span.start.column): \(finding.message)"
  }
}
