internal import CLibgit2

extension Repository {
  /// Bytes of one note that are read.
  public static let noteLimit = 64 << 10

  /// What a notes ref (`refs/notes/review`) says of a commit; nil when there is no such ref or note, or the note is longer than
  /// ``noteLimit``. Whoever may push the ref may write anything there, and nothing tells when.
  public func note(on commit: GitObjectID, ref: String) throws(GitError) -> String? {
    var found = git_oid()
    guard git_reference_name_to_id(&found, pointer, ref) == 0 else { return nil }
    var tree = try CommitRecord(pointer, GitObjectID(found), whole: false).tree
    var rest = commit.hex[...]
    // Notes lie at HEX, HE/X, HE/X0/…: as deep as whoever wrote them found fit.
    while rest.utf8.count > 2 {
      let handle = try TreeHandle(pointer, tree)
      if let entry = git_tree_entry_byname(handle.pointer, String(rest)), let id = git_tree_entry_id(entry),
        git_tree_entry_filemode(entry) == GIT_FILEMODE_BLOB
      {
        do {
          return String(decoding: try contents(of: GitObjectID(id.pointee), limit: Self.noteLimit), as: UTF8.self)
        } catch .tooLarge { return nil }
      }
      guard let entry = git_tree_entry_byname(handle.pointer, String(rest.prefix(2))),
        let id = git_tree_entry_id(entry), git_tree_entry_filemode(entry) == GIT_FILEMODE_TREE
      else { return nil }
      tree = GitObjectID(id.pointee)
      rest = rest.dropFirst(2)
    }
    return nil
  }
}
