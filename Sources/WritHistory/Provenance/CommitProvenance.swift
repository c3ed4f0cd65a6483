/// Who stands behind a commit: what it claims of itself, what a signature proves, and who is said to have approved it.
public struct CommitProvenance: Sendable, Hashable {
  /// What there is of a signature. The commit's own date never plays a part: whoever signs writes it.
  public enum Signature: Sendable, Hashable {
    case none
    /// Good, by a key that the signers in force list.
    case good(signer: String)
    /// Good, by a key that the signers listed when the commit came, and do no longer.
    case goodThen(signer: String)
    /// By a key that no list of signers has, or not for commits.
    case unlisted
    case bad(reason: String)
    /// OpenPGP or X.509, which is not looked at.
    case foreign
    /// It could not be looked at.
    case unchecked(reason: String)

    /// Whoever proved to have signed.
    public var signer: String? {
      switch self {
      case .good(let signer), .goodThen(let signer): signer
      default: nil
      }
    }

    /// As published JSON names it.
    public var text: String {
      switch self {
      case .none: "none"
      case .good: "good"
      case .goodThen: "good-then"
      case .unlisted: "unlisted"
      case .bad: "bad"
      case .foreign: "foreign"
      case .unchecked: "unchecked"
      }
    }
  }

  /// Somebody who wrote part of it, as the record names them.
  public struct Author: Sendable, Hashable {
    public var identity: Identity
    /// `Name <e-mail>`, after the mailmap; text as people wrote it.
    public var text: String
    public var person: IdentifiedPerson
  }

  public var author: Author
  public var committer: Author
  /// Whether the committer, who may only have pressed a button, is the author.
  public var committerIsAuthor: IdentityComparison
  /// Named by `Co-authored-by` trailers.
  public var coAuthors: [Author]
  /// Authors of the commits that a merge brought in, each once; empty for any other commit.
  public var broughtIn: [Author]
  /// Whether that is not all of them, because there are too many or the clone lacks some.
  public var broughtInIsPartial: Bool
  public var signature: Signature
  /// Nil where nobody proved to have signed.
  public var signerIsAuthor: IdentityComparison?
  /// Best proof first.
  public var approvals: [CommitApproval]
  public var request: PullRequest?
}

/// Somebody who is said to have approved a commit.
public struct CommitApproval: Sendable, Hashable {
  /// Where it is said.
  public enum Source: String, Sendable, Hashable {
    /// A signed statement, as the ledger keeps it.
    case statement
    /// A trailer of the message.
    case trailer
    /// `refs/notes/review`
    case note
  }

  public var identity: Identity
  /// Text as people wrote it.
  public var text: String
  public var person: IdentifiedPerson
  public var source: Source
  /// `Reviewed-by`, `Code-Review+2`, or the statement's digest.
  public var label: String
  /// How far it can be trusted: 4 a security key, 3 the approver's key, 2 a git host, 1 anyone who may push.
  public var level: Int
  /// The nearest that the approver comes to any author of the commit: committer (except of a merge) and signer among them.
  public var own: IdentityComparison

  /// Trailers and notes can be written by anyone who may push.
  public static let claimedLevel = 1
}
