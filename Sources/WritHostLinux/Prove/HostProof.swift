public import WritPolicy

/// What a host said when it was asked whether it allows what it should and forbids the rest.
public struct HostProof: Sendable {
  /// The host allows what it should not, or does not allow what it should.
  public struct Disagreement: Sendable, Hashable {
    public var account: String
    /// nil: an account that the policy does not name any more.
    public var principal: PrincipalName?
    /// `conda-envs:read`, `render:member`.
    public var permission: String
    /// Whether the policy gives it.
    public var isGiven: Bool
    /// How many inodes, and the first few by name; 0 where the answer is about no inode.
    public var sample: TreeSample
  }

  /// Something that was not or could not be asked.
  public struct Gap: Sendable, Hashable {
    public var what: String
    public var reason: String

    public init(_ what: String, _ reason: String) {
      self.what = what
      self.reason = reason
    }
  }

  /// Answers that were compared.
  public var asked = 0
  public var accounts = 0
  /// By account, then permission.
  public var disagreements: [Disagreement] = []
  /// What is not asked of any host of this kind.
  public var unasked: [Gap] = []
  /// What should have been asked and could not be: without it nothing is proved.
  public var failed: [Gap] = []

  public init() {}
}
