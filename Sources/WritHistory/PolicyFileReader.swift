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
