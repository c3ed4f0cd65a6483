public import WritPolicy

/// What must be signed before a change may be applied: one item under one accepted rule.
public struct ApprovalDemand: Sendable, Hashable {
  /// The rule, as the accepted policy has it.
  public struct Rule: Sendable, Hashable {
    /// On one line: `tags high-risk, approvals 2, by security-lead, not author|beneficiary`. Text as people wrote it.
    public var text: String
    /// Where it stands in the accepted policy.
    public var place: Blame.Path.Place
  }

  public var item: ApprovalItem
  public var rule: Rule
  /// How many distinct people.
  public var approvals: Int
  /// Who gains; nil when nobody does in particular.
  public var beneficiary: PrincipalName?
  /// Whose approval counts: people of the accepted policy, active now, sorted. Too few of them when ``canBeMet`` is false.
  public var eligible: [PrincipalName]
  /// Whom the rule names and yet excludes, and why.
  public var excluded: [PrincipalName: ApprovalRule.Excluded]
  /// How old an approval may be; nil: as old as its own expiry allows.
  public var maxAge: Duration?
  public var minLevel: Int
  /// How many distinct people are among ``eligible``.
  public var eligiblePeople: Int

  /// Whether enough people are there who could approve.
  public var canBeMet: Bool { eligiblePeople >= approvals }
}
