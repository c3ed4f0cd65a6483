internal import WritGit
internal import WritHistory
internal import WritPolicy
internal import WritSyntax
internal import WritYAML

extension Workspace {
  /// The first-parent history of the policy up to a commit.
  func history(upTo commit: String, zones: (any ZoneCatalogue)? = nil) throws -> PolicyFileSource<GitPolicyReader> {
    guard let head = GitObjectID(hex: commit) else { throw GitError.unknownRevision(commit) }
    let (directory, folder) = (repository.gitDirectory, options.policies)
    let parse: PolicyFiles.Parse = { YAML.parse($0, id: $1) }
    let ahead = GitFilesAhead(parse: parse) { () throws(GitError) in
      GitPolicyReader(repository: try Repository(containing: directory), folder: folder, head: head)
    }
    return PolicyFileSource(
      GitPolicyReader(repository: repository, folder: folder, head: head), zones: zones ?? loader.zones, ahead: ahead,
      parse: parse)
  }

  /// Says which commits the walk passed over because their policy is wrong, and where it could not see.
  func warn(of skipped: [SkippedCommit], isCut: Bool) {
    for warning in warnings(of: skipped, isCut: isCut) { Terminal.message(warning) }
  }

  func warnings(of skipped: [SkippedCommit], isCut: Bool) -> [String] {
    let cut = "warning: this clone is shallow or partial; what is older than its first whole commit is not known here"
    return skipped.map { "warning: commit \($0.commit.short) was passed over: \(visible($0.problem))" }
      + (isCut ? [cut] : [])
  }

  /// The commit in force at `instant` on the first-parent line of `revision`: the last one committed by then. Committer times
  /// that run backwards count as the latest time before them.
  func commitInForce(at instant: Instant, of revision: String) throws -> String {
    let line = try history(upTo: try resolve(revision)).line()
    guard let found = line.position(inForceAt: instant) else {
      throw CommandFailure(
        .failed, "no commit was in force at \(instant.rfc3339)",
        hint: repository.isShallow ? "this clone is shallow: `git fetch --unshallow` gets the rest" : "")
    }
    return line.commits[found].id
  }
}
