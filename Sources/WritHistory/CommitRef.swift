/// What the record says of one commit. Author, committer and dates are claims of whoever made it.
public struct CommitRef: Sendable, Hashable {
  /// Full object id, hexadecimal.
  public var id: String
  /// Committer time, seconds since 1970 (UTC).
  public var time: Int64
  /// `name <email>` as the mailmap gives it.
  public var author: String
  public var committer: String
  public var subject: String
  /// `approved-by` and the like from the message's trailers, in order.
  public var approvers: [String]
  /// Who signed the commit, where a signature was looked for and is good.
  public var signer: String?
  /// The number of the pull request that brought the commit, where the message names one.
  public var pullRequest: Int?

  public init(
    id: String, time: Int64, author: String, committer: String, subject: String, approvers: [String] = [],
    signer: String? = nil, pullRequest: Int? = nil
  ) {
    self.id = id
    self.time = time
    self.author = author
    self.committer = committer
    self.subject = subject
    self.approvers = approvers
    self.signer = signer
    self.pullRequest = pullRequest
  }

  public var short: String { String(id.prefix(10)) }
}
