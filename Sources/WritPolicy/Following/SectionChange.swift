public import WritDigest
public import WritSyntax

/// What one commit takes out of a section of the policy and puts into it.
public struct SectionChange: Sendable {
  /// The section's key, e.g. `people`.
  public var section: String
  /// Named entries, for sections that are mappings. An entry that says something else now is in both.
  public var removed: [Node.Entry] = []
  public var added: [Node.Entry] = []
  /// Items, for sections that are lists.
  public var removedItems: [Node] = []
  public var addedItems: [Node] = []

  public init(section: String) { self.section = section }

  public var isEmpty: Bool {
    removed.isEmpty && added.isEmpty && removedItems.isEmpty && addedItems.isEmpty
  }
}

/// What one commit may have changed about effective access.
public struct AccessStep: Sendable {
  /// One permission of one principal.
  public struct Row: Sendable {
    /// Stands for the permission as long as ``AccessStep/isWhole`` does not begin new numbers.
    public var number: UInt64
    public var holds: IntervalSet
    public var derivations: [Derivation]
    public var control: Digest
  }

  /// What one principal has now.
  public struct Principal: Sendable {
    public var name: PrincipalName
    /// Sorted by number.
    public var rows: [Row]
    /// The resources that this is about; nil for all. What the principal has of others is as it was.
    var resources: Set<Int>?

    /// Whether what the principal has of this permission is among the rows, or is no more.
    public func covers(_ number: UInt64) -> Bool {
      resources?.contains(Evaluation.Key(bits: number).resource) ?? true
    }
  }

  /// Those whose access may have changed; all others have what they had.
  public var principals: [Principal]
  /// Whether this is everything there is, with numbers of its own.
  public var isWhole: Bool
  /// The policy, where a name came, went or was handed on.
  public var policy: Policy?
}
