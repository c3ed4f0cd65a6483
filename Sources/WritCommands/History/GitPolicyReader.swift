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
  private let comparison: TreeComparison

  init(repository: Repository, folder: String, head: GitObjectID) {
    self.repository = repository
    self.folder = folder
    self.head = head
    comparison = TreeComparison(repository, folder: folder, where: isPolicyFile)
  }

  func line() throws(GitError) -> HistoryLine {
    let line = try repository.line(from: head, folder: folder)
    // A commit that is there was not made in the future, whatever its date says.
    let now = SystemClock.now().seconds
    return HistoryLine(
      line.reversed().map { HistoryCommit(id: $0.id.hex, time: min($0.time, now), policyTree: $0.tree?.hex) },
      isCut: line.last.map { repository.isBoundary($0.id) } ?? false)
  }

  func reference(to commit: HistoryCommit) throws(GitError) -> CommitRef {
    guard let id = GitObjectID(hex: commit.id) else { throw .unknownRevision(commit.id) }
    return try repository.reference(to: id)
  }

  func files(of commit: HistoryCommit) throws(GitError) -> [File] {
    guard let hex = commit.policyTree, let tree = GitObjectID(hex: hex) else { return [] }
    return try repository.files(below: tree, folder: folder, where: isPolicyFile).files.map { ($0.path, $0.blob.hex) }
  }

  func changes(from old: HistoryCommit?, to new: HistoryCommit) throws(GitError) -> [(path: String, blob: String?)] {
    let changes = try comparison.changes(
      from: old?.policyTree.flatMap { GitObjectID(hex: $0) }, to: new.policyTree.flatMap { GitObjectID(hex: $0) })
    return changes.map { ($0.path, $0.blob?.hex) }
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
