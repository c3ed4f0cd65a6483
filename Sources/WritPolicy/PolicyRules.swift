public import WritSyntax

/// A time-boxed exception.
public struct Grant: Sendable {
  public enum Content: Sendable {
    case permissions([PermissionRule])
    case role(Located<RoleName>)
  }

  public var to: [Located<PrincipalName>]
  public var content: Content
  public var term: Term
  public var reason: Located<String>?
  /// The whole entry.
  public var span: SourceSpan

  public init(
    to: [Located<PrincipalName>], content: Content, term: Term, reason: Located<String>? = nil, span: SourceSpan
  ) {
    self.to = to
    self.content = content
    self.term = term
    self.reason = reason
    self.span = span
  }
}

/// Which access a rule or a test is about: every key given must match, a list means any of them.
public struct Match: Sendable {
  public enum PrincipalKind: String, Sendable, Hashable, CaseIterable {
    case person
    case serviceAccount = "service-account"
  }

  public var span: SourceSpan
  public var principal: [Located<PrincipalName>]?
  public var kind: [Located<PrincipalKind>]?
  public var userType: [Located<UserType>]?
  public var role: [Located<RoleName>]?
  public var resource: [Located<ResourceName>]?
  public var operation: [Located<Operation>]?
  public var tags: [Located<String>]?
  /// Kinds of sensitive change; in approval rules only.
  public var change: [Located<ChangeWord>]?

  public init(span: SourceSpan) { self.span = span }

  /// Whether nothing but `change` is written, so that it is about no access in particular.
  public var namesNoAccess: Bool {
    principal == nil && kind == nil && userType == nil && role == nil && resource == nil && operation == nil
      && tags == nil
  }
}

public struct ExpiryRule: Sendable {
  public var span: SourceSpan
  public var match: Match
  public var maxDuration: Located<Duration>?
  public var requireReason: Bool
  public var warnBefore: Located<Duration>?

  public init(
    span: SourceSpan, match: Match, maxDuration: Located<Duration>? = nil, requireReason: Bool = false,
    warnBefore: Located<Duration>? = nil
  ) {
    self.span = span
    self.match = match
    self.maxDuration = maxDuration
    self.requireReason = requireReason
    self.warnBefore = warnBefore
  }
}

public struct SeparationRule: Sendable {
  public var span: SourceSpan
  public var roles: [Located<RoleName>]
  public var atMost: Located<Int>

  public init(span: SourceSpan, roles: [Located<RoleName>], atMost: Located<Int>) {
    self.span = span
    self.roles = roles
    self.atMost = atMost
  }
}

public struct Guards: Sendable {
  public var span: SourceSpan?
  /// Share of edges that one apply may remove, in percent; default 25.
  public var maxRemovalPercent: Located<Int>?
  public var minAdministrators: Located<Int>?
  public var administratorRoles: [Located<RoleName>] = []

  public init() {}
}
