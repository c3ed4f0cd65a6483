/// One commit of a first-parent line, as far as a walk needs it.
public struct LineCommit: Hashable, Sendable {
  public var id: GitObjectID
  /// Committer time, seconds since 1970 (UTC).
  public var time: Int64
  /// The folder's tree; nil when the commit has no such folder, or a file in its place.
  public var tree: GitObjectID?
}

extension Repository {
  /// `head` and its first parents, newest first, down to the root or the end of a shallow clone, each with one folder's tree.
  ///
  /// Each commit is read once, and none of its message.
  ///
  /// - Throws: ``GitError/missingObject(_:)`` when a parent is lost that no shallow clone explains.
  public func line(from head: GitObjectID, folder: String) throws(GitError) -> [LineCommit] {
    var line: [LineCommit] = []
    var next: GitObjectID? = head
    var last: (root: GitObjectID, tree: GitObjectID?)?
    while let id = next {
      let commit = try CommitRecord(pointer, id, whole: false)
      if last?.root != commit.tree {
        // A commit in which the folder is a file has nothing in it.
        do { last = (commit.tree, try tree(in: commit.tree, folder: folder)) } catch .notAFolder {
          last = (commit.tree, nil)
        }
      }
      line.append(LineCommit(id: id, time: commit.committer.time, tree: last?.tree))
      next = isBoundary(id) ? nil : commit.parents.first
    }
    return line
  }
}
