/// Who made or committed something, and when; a claim of whoever made the commit.
public struct GitSignature: Hashable, Sendable {
  /// Name and e-mail as they stand in the commit.
  public struct Written: Hashable, Sendable {
    public var name: String
    public var email: String

    public init(name: String, email: String) {
      self.name = name
      self.email = email
    }
  }

  /// As the mailmap gives them.
  public var name: String
  public var email: String
  /// Seconds since 1970 (UTC); 0 where none can be read.
  public var time: Int64
  /// Before the mailmap.
  public var written: Written

  /// - Parameter written: the same as `name` and `email` where the mailmap says nothing.
  public init(name: String, email: String, time: Int64, written: Written? = nil) {
    self.name = name
    self.email = email
    self.time = time
    self.written = written ?? Written(name: name, email: email)
  }
}

/// One commit's record. Text that is not UTF-8 comes with replacement characters.
public struct GitCommit: Hashable, Sendable {
  public var id: GitObjectID
  public var tree: GitObjectID
  public var parents: [GitObjectID]
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
