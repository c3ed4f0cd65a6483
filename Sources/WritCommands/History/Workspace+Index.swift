internal import WritGit
internal import WritHistory
internal import WritPolicy

extension Workspace {
  /// How access moved up to a commit.
  ///
  /// In a partial clone old policy files may never have been fetched, and nothing is fetched here: the history then begins with
  /// the oldest commit from which on everything is there, as in a shallow clone.
  ///
  /// - Parameter isLast: whether the process ends with what this is asked.
  func index(upTo commit: String, zones: (any ZoneCatalogue)? = nil, isLast: Bool = false) throws -> HistoryIndex {
    do {
      return try HistoryIndex(history(upTo: commit, zones: zones), beside: ThreadBeside(keepsUntilExit: isLast))
    } catch GitError.missingObject(let id) {
      let source = try history(upTo: commit, zones: zones)
      let line = try source.line()
      let whole = try wholeEnd(of: line)
      // What is missing is none of the policy's past: that is damage, and no end of history.
      guard !whole.isEmpty, whole.count < line.commits.count else { throw GitError.missingObject(id) }
      return try HistoryIndex(
        CutSource(source: source, cut: HistoryLine(whole, isCut: true)),
        beside: ThreadBeside(keepsUntilExit: isLast))
    }
  }

  /// The newest commits of the line whose policy files are all here.
  private func wholeEnd(of line: HistoryLine) throws -> [HistoryCommit] {
    var present: Set<GitObjectID> = []
    var tree: String?
    var start = line.commits.endIndex
    while start > 0 {
      let commit = line.commits[start - 1]
      if commit.policyTree != tree, let id = commit.policyTree.flatMap({ GitObjectID(hex: $0) }) {
        do throws(GitError) {
          for file in try repository.files(below: id, folder: options.policies, where: isPolicyFile).files
          where !present.contains(file.blob) {
            guard try repository.has(file.blob) else { return Array(line.commits[start...]) }
            present.insert(file.blob)
          }
        } catch {
          if case .missingObject = error { return Array(line.commits[start...]) }
          throw error
        }
      }
      tree = commit.policyTree
      start -= 1
    }
    return line.commits
  }
}

/// The end of another source's line.
private struct CutSource<Source: HistorySource>: HistorySource {
  let source: Source
  let cut: HistoryLine

  func line() throws(Source.Failure) -> HistoryLine { cut }
  func reference(to commit: HistoryCommit) throws(Source.Failure) -> CommitRef { try source.reference(to: commit) }
  func state(of commit: HistoryCommit) throws(Source.Failure) -> PolicyState { try source.state(of: commit) }
  func step(to commit: HistoryCommit) throws(Source.Failure) -> PolicyStep { try source.step(to: commit) }
}
