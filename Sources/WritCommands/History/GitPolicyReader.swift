internal import WritGit
internal import WritHistory
internal import WritPolicy
internal import WritSyntax
internal import WritSystem

/// The history of the policy folder as git has it, first parents only, for ``PolicyFileSource``.
struct GitPolicyReader: PolicyFileReader {
  typealias Failure = GitError

  let repository: Repository
  /// The policy folder.
  let folder: String
  /// Where the line ends.
  let head: GitObjectID

  func line() throws(GitError) -> HistoryLine {
    var commits: [HistoryCommit] = []
    var isCut = false
    let now = SystemClock.now()
    for id in try repository.firstParents(from: head).reversed() {
      let commit = try repository.commit(id)
      if repository.isBoundary(id) { isCut = true }
      // A commit in which the policy folder is a file has no policy.
      let tree: GitObjectID?
      do { tree = try repository.tree(at: id, folder: folder) } catch .notAFolder { tree = nil }
      // A commit that is there was not made in the future, whatever its date says.
      let time = min(commit.committer.time, now.seconds)
      commits.append(HistoryCommit(id: id.hex, time: time, policyTree: tree?.hex))
    }
    return HistoryLine(commits, isCut: isCut)
  }

  func reference(to commit: HistoryCommit) throws(GitError) -> CommitRef {
    guard let id = GitObjectID(hex: commit.id) else { throw .unknownRevision(commit.id) }
    return try repository.reference(to: id)
  }

  func files(of commit: HistoryCommit) throws(GitError) -> [File] {
    guard let hex = commit.policyTree, let tree = GitObjectID(hex: hex) else { return [] }
    return try repository.files(below: tree, folder: folder, where: isPolicyFile).files.map { ($0.path, $0.blob.hex) }
  }

  func contents(of blob: String) throws(GitError) -> [UInt8]? {
    guard let id = GitObjectID(hex: blob) else { throw .unknownRevision(blob) }
    do { return try repository.contents(of: id, limit: Workspace.fileLimit) } catch .tooLarge { return nil }
  }
}

extension Repository {
  /// What the record says of a commit, through the mailmap.
  func reference(to id: GitObjectID) throws(GitError) -> CommitRef {
    let commit = try commit(id)
    let message = CommitMessage(commit.message)
    return CommitRef(
      id: id.hex, time: commit.committer.time, author: "\(commit.author.name) <\(commit.author.email)>",
      committer: "\(commit.committer.name) <\(commit.committer.email)>", subject: message.subject,
      approvers: message.approvers, pullRequest: message.pullRequest)
  }
}
