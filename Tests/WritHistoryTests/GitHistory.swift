import WritGit
import WritHistory
import WritYAML

/// The policy files of a real repository.
struct GitHistory: PolicyFileReader {
  let repository: Repository
  let revision: String
  let folder = "policies"

  init(_ path: String, _ revision: String = "HEAD") throws(GitError) {
    repository = try Repository(containing: path)
    self.revision = revision
  }

  func line() throws(GitError) -> HistoryLine {
    let ids = try repository.firstParents(from: repository.resolve(revision))
    var commits: [HistoryCommit] = []
    for id in ids.reversed() {
      let commit = try repository.commit(id)
      commits.append(
        HistoryCommit(
          id: id.hex, time: commit.committer.time, policyTree: try repository.tree(at: id, folder: folder)?.hex))
    }
    return HistoryLine(commits, isCut: ids.last.map(repository.isBoundary) ?? false)
  }

  func reference(to commit: HistoryCommit) throws(GitError) -> CommitRef {
    let record = try repository.commit(repository.resolve(commit.id))
    let message = CommitMessage(record.message)
    return CommitRef(
      id: commit.id, time: commit.time, author: "\(record.author.name) <\(record.author.email)>",
      committer: "\(record.committer.name) <\(record.committer.email)>", subject: message.subject,
      approvers: message.approvers, pullRequest: message.pullRequest)
  }

  func files(of commit: HistoryCommit) throws(GitError) -> [File] {
    guard let tree = commit.policyTree.flatMap({ GitObjectID(hex: $0) }) else { return [] }
    return try repository.files(below: tree, folder: folder, where: isPolicyFile).files.map { ($0.path, $0.blob.hex) }
  }

  func contents(of blob: String) throws(GitError) -> [UInt8]? {
    guard let id = GitObjectID(hex: blob) else { return nil }
    do throws(GitError) { return try repository.contents(of: id, limit: YAML.Limit.fileSize) } catch {
      if case .tooLarge = error { return nil }
      throw error
    }
  }

  func source() -> PolicyFileSource<GitHistory> { PolicyFileSource(self, zones: OnlyUTC(), parse: YAML.parse) }
}
