public import WritSyntax

/// Whose signatures a gain or a sensitive change needs before it may be applied (design §9).
public struct ApprovalRule: Sendable {
  /// Whoever may approve.
  public enum Approver: Sendable, Hashable {
    /// The manager of whoever gains; of a service account, its owner's.
    case manager
    /// People who hold the role.
    case role(RoleName)
  }

  /// Whose approval does not count, though the rule names them.
  public enum Excluded: String, Sendable, Hashable, CaseIterable {
    /// Whoever wrote, committed or signed the change.
    case author
    /// Whoever applies it.
    case applier
    /// Whoever gains by it.
    case beneficiary
  }

  /// More approvals than anybody collects are a slip of the finger.
  public static let approvalsLimit = 16
  /// How strongly an approval is proved: 4 a security key, 3 an ssh key, 2 a review on a forge, 1 a trailer.
  public static let levels = 1...4
  /// A signature by an ssh key.
  public static let defaultLevel = 3
  /// What `not` means where it is not written: nobody lets themselves in.
  public static let defaultExcluded: Set<Excluded> = [.author, .beneficiary]

  public var span: SourceSpan
  /// Every key given must match; without `change` it is about access, with it about those sensitive changes.
  public var match: Match
  /// How many distinct people.
  public var approvals: Located<Int>
  /// Never empty.
  public var by: [Located<Approver>]
  /// Nil where it is not written; see ``excluded``.
  public var not: [Located<Excluded>]?
  /// How old an approval may be when the change is applied; nil: as old as its own expiry allows.
  public var maxAge: Located<Duration>?
  public var minLevel: Located<Int>?

  public init(
    span: SourceSpan, match: Match, approvals: Located<Int>, by: [Located<Approver>],
    not: [Located<Excluded>]? = nil, maxAge: Located<Duration>? = nil, minLevel: Located<Int>? = nil
  ) {
    self.span = span
    self.match = match
    self.approvals = approvals
    self.by = by
    self.not = not
    self.maxAge = maxAge
    self.minLevel = minLevel
  }

  public var excluded: Set<Excluded> { not.map { Set($0.map(\.value)) } ?? Self.defaultExcluded }
  public var level: Int { minLevel?.value ?? Self.defaultLevel }
  public var acceptsManager: Bool { by.contains { $0.value == .manager } }

  /// The roles among ``by``.
  public var approverRoles: [Located<RoleName>] {
    by.compactMap { entry in
      if case .role(let role) = entry.value { Located(role, entry.span) } else { nil }
    }
  }

  /// The kinds of sensitive change that the rule is about; nil where `change` is not written.
  public var kinds: Set<SensitiveKind>? {
    match.change.map { $0.reduce(into: []) { $0.formUnion($1.value.kinds) } }
  }
}
