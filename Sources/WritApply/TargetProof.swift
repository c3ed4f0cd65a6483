public import WritPolicy

/// What a target said when it was asked whether it allows what it should and forbids the rest.
public struct TargetProof: Sendable, Codable {
  /// The target allows what it should not, or does not allow what it should.
  public struct Disagreement: Sendable, Hashable, Codable {
    /// A Unix account, or in a vault whoever has the key.
    public var account: String
    /// nil: somebody whom the policy does not name, or not any more.
    public var principal: PrincipalName?
    /// `conda-envs:read`, `render:member`.
    public var permission: String
    /// Whether the policy gives it.
    public var isGiven: Bool
    /// How many inodes, keys, calls or files it was; 0 where the answer is about no such thing.
    public var count: Int
    /// The first few of them, as people call them. Control characters are visible.
    public var names: [String]

    public init(
      account: String, principal: PrincipalName?, permission: String, isGiven: Bool, count: Int, names: [String]
    ) {
      self.account = account
      self.principal = principal
      self.permission = permission
      self.isGiven = isGiven
      self.count = count
      self.names = names
    }
  }

  /// Something that was not or could not be asked.
  public struct Gap: Sendable, Hashable, Codable {
    public var what: String
    public var reason: String

    public init(_ what: String, _ reason: String) {
      self.what = what
      self.reason = reason
    }
  }

  /// Answers that were compared.
  public var asked = 0
  /// In whose names it was asked.
  public var accounts = 0
  /// By account, then permission.
  public var disagreements: [Disagreement] = []
  /// What is otherwise than the policy says, and about no account.
  public var faults: [Gap] = []
  /// What is not asked of any target of this kind.
  public var unasked: [Gap] = []
  /// What should have been asked and could not be: without it nothing is proved.
  public var failed: [Gap] = []

  public init() {}
}
