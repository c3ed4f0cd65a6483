public import WritPolicy
internal import WritSyntax

/// A history of policy files: reads what changed, and works out what that changes.
///
/// It keeps the files of the last commit that could be read and no more, so that memory follows the size of one policy and not of
/// its history. A class because it remembers; used on one thread, beside which ``PolicyFilesAhead`` may use another.
public final class PolicyFileSource<Reader: PolicyFileReader>: HistorySource {
  private let reader: Reader
  private let zones: any ZoneCatalogue
  private let parse: PolicyFiles.Parse
  private var ahead: AheadOfSource<Reader.Failure>?
  /// Those of the last commit that could be read, and the policy that they make; no follower after one that refused.
  private var files = PolicyFiles()
  private var follower: PolicyFollower?
  /// How many files were parsed as a whole by ``step(to:)``, for whoever wants to see that unchanged ones are not.
  public private(set) var parsedFiles = 0

  /// - Parameter ahead: who reads the files of later commits meanwhile; nil: nobody.
  public init(
    _ reader: Reader, zones: any ZoneCatalogue, ahead: (any PolicyFilesAhead<Reader.Failure>)? = nil,
    parse: @escaping PolicyFiles.Parse
  ) {
    self.reader = reader
    self.zones = zones
    self.parse = parse
    self.ahead = ahead.map { AheadOfSource($0) }
  }

  deinit { ahead?.stop() }

  public func line() throws(Reader.Failure) -> HistoryLine {
    let line = try reader.line()
    ahead?.commits = line.commits[...]
    return line
  }

  public func reference(to commit: HistoryCommit) throws(Reader.Failure) -> CommitRef {
    try reader.reference(to: commit)
  }

  public func state(of commit: HistoryCommit) throws(Reader.Failure) -> PolicyState {
    var sources: [SourceFile] = []
    var problem = PolicyFileProblem()
    if let good = files.commit, good.policyTree == commit.policyTree {
      sources = files.sources
    } else {
      for file in try reader.files(of: commit) {
        if let bytes = try reader.contents(of: file.blob) {
          sources.append(SourceFile(path: file.path, bytes: bytes))
        } else {
          problem.noteTooLarge(file.path)
        }
      }
    }
    let table = SourceTable(sources)
    let roots = roots(of: table, &problem)
    if let text = problem.text { return .unreadable(problem: text) }
    let (policy, findings) = Policy.decode(files: roots, sources: table, zones: zones)
    if let error = findings.first(where: { $0.severity == .error }) {
      return .unreadable(problem: PolicyFileProblem.line(error, path: table.path(of: error.span)))
    }
    return .readable(Snapshot(policy: policy, access: effectiveAccess(of: policy)))
  }

  public func step(to commit: HistoryCommit) throws(Reader.Failure) -> PolicyStep {
    let step =
      if let step = ahead?.step(to: commit, from: files) { step } else {
        try files.step(to: commit, reader, parse, comparing: follower != nil)
      }
    parsedFiles += step.parsedFiles
    if step.problem.text != nil { return .unreadable(problem: wholeProblem(of: step)) }
    if let sections = step.sections, let access = follower?.step(sections) {
      files.take(step)
      return .access(access)
    }
    follower = nil
    return begin(step)
  }

  /// Another changed file may have a mistake that only the whole of it shows, and then the first by path is the one to name.
  /// Those that did not change belong to a policy that can be read.
  private func wholeProblem(of step: PolicyFileStep) -> String {
    var problem = step.problem
    for (path, file) in step.files {
      guard let file else { continue }
      problem.note(parse(file.source, SourceID(index: 0)).findings, in: path)
    }
    return problem.text ?? ""
  }

  /// Makes the whole policy anew.
  private func begin(_ step: PolicyFileStep) -> PolicyStep {
    var all = files
    all.take(step)
    let table = SourceTable(all.sources)
    var problem = PolicyFileProblem()
    // A key given twice shows only in the whole file, not in its entries.
    let roots = roots(of: table, &problem)
    if let text = problem.text { return .unreadable(problem: text) }
    let (begun, findings) = PolicyFollower.begin(files: roots, sources: table, zones: zones)
    guard let begun else {
      let error = findings.first { $0.severity == .error }
      return .unreadable(problem: error.map { PolicyFileProblem.line($0, path: table.path(of: $0.span)) } ?? "")
    }
    follower = begun
    files = all
    return .access(begun.access())
  }

  private func roots(of table: SourceTable, _ problem: inout PolicyFileProblem) -> [(SourceID, Node)] {
    var roots: [(SourceID, Node)] = []
    for id in table.ids {
      let (root, findings) = parse(table[id], id)
      if let root { roots.append((id, root)) }
      problem.note(findings, in: table[id].path)
    }
    return roots
  }
}
