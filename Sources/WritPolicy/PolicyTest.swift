public import WritSyntax

/// One entry of `tests:`.
public struct PolicyTest: Sendable {
  public enum Subject: Sendable {
    /// Everybody who matches.
    case who(Match)
    /// Nobody but these.
    case only([Located<PrincipalName>])
  }
  public enum Claim: Sendable {
    case can([PermissionRule])
    case cannot([PermissionRule])
  }

  public var name: Located<String>
  public var subject: Subject
  /// `only` goes with `can`.
  public var claims: [Claim]
  public var span: SourceSpan

  public init(name: Located<String>, subject: Subject, claims: [Claim], span: SourceSpan) {
    self.name = name
    self.subject = subject
    self.claims = claims
    self.span = span
  }
}
