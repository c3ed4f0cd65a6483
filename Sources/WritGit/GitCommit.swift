/// Who made or committed something, and when; a claim of whoever made the commit.
public struct GitSignature: Hashable, Sendable {
  public var name: String
  public var email: String
  /// Seconds since 1970 (UTC).
  public var time: Int64

  public init(name: String, email: String, time: Int64) {
    self.name = name
    self.email = email
    self.time = time
  }
}

/// One commit's record. Text that is not UTF-8 comes with replacement characters.
public struct GitCommit: Hashable, Sendable {
  public var id: GitObjectID
  public var tree: GitObjectID
  public var parents: [GitObjectID]
  /// As the mailmap gives it.
  public var author: GitSignature
  public var committer: GitSignature
  /// The whole message.
  public var message: String

  public init(
    id: GitObjectID, tree: GitObjectID, parents: [GitObjectID], author: GitSignature, committer: GitSignature,
    message: String
  ) {
    self.id = id
    self.tree = tree
    self.parents = parents
    self.author = author
    self.committer = committer
    self.message = message
  }
}
