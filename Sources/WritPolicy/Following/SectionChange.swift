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
  /// What the numbers of the rows stand for, in this step and those before it, as far back as one that is whole.
  public var permissions: PermissionNumbers
  /// Where a name came, went or was handed on.
  public var names: NameMoves?
}

/// What the numbers of ``AccessStep/Row`` stand for. It holds what a policy names, and nothing else of it.
public struct PermissionNumbers: Sendable {
  let principals: [PrincipalName]
  let resources: [ResourceName]
  let operations: [Operation]

  /// - Precondition: the number is of a row of this step, or of one before it with the same numbers.
  public subscript(number: UInt64) -> Permission {
    let key = Evaluation.Key(bits: number)
    return Permission(
      Object(resources[key.resource], folder: key.folder.map { principals[$0] }), operations[key.operation])
  }
}
