public import WritSyntax

public enum UserType: String, Sendable, Hashable, CaseIterable {
  case employee, contractor, intern, external
}

/// `from`/`until` as written, made instants; a missing one is open.
public struct Term: Sendable {
  public var from: Located<Instant>?
  /// The first instant without access.
  public var until: Located<Instant>?

  public init(from: Located<Instant>? = nil, until: Located<Instant>? = nil) {
    self.from = from
    self.until = until
  }

  public var interval: Interval {
    Interval(from?.value ?? .distantPast, until?.value ?? .distantFuture)
  }
}

/// A principal holds a role.
public struct Assignment: Sendable {
  public var role: Located<RoleName>
  public var term: Term
  public var reason: Located<String>?
  /// The whole entry.
  public var span: SourceSpan

  public init(role: Located<RoleName>, term: Term = Term(), reason: Located<String>? = nil, span: SourceSpan) {
    self.role = role
    self.term = term
    self.reason = reason
    self.span = span
  }
}

public struct Person: Sendable {
  public var name: Located<PrincipalName>
  public var fullName: Located<String>?
  public var email: Located<String>?
  public var userType: UserType = .employee
  /// As written; see ``Policy/account(of:)``.
  public var account: Located<String>?
  public var uid: Located<UInt32>?
  /// `type base64`, comments dropped.
  public var sshKeys: [Located<String>] = []
  public var manager: Located<PrincipalName>?
  public var roles: [Assignment] = []
  public var term = Term()
  public var suspended: Located<Bool>?
  public var previously: [Located<PrincipalName>] = []

  public init(name: Located<PrincipalName>) { self.name = name }
}

public struct ServiceAccount: Sendable {
  /// How a pipeline logs in: one key with a forced command.
  public struct Credential: Sendable {
    public var span: SourceSpan
    /// `type base64`.
    public var key: Located<String>
    /// Addresses the key may be used from (CIDR); empty = anywhere.
    public var from: [Located<String>]
    /// The command resource that the key is forced to.
    public var run: Located<ResourceName>?
    public var rotateEvery: Located<Duration>?

    public init(
      span: SourceSpan, key: Located<String>, from: [Located<String>] = [], run: Located<ResourceName>? = nil,
      rotateEvery: Located<Duration>? = nil
    ) {
      self.span = span
      self.key = key
      self.from = from
      self.run = run
      self.rotateEvery = rotateEvery
    }
  }

  public var name: Located<PrincipalName>
  public var email: Located<String>?
  public var account: Located<String>?
  public var uid: Located<UInt32>?
  public var home: Located<String>?
  public var owner: Located<PrincipalName>?
  public var workload: Located<String>?
  public var roles: [Assignment] = []
  public var term = Term()
  public var credential: Credential?
  public var suspended: Located<Bool>?
  public var previously: [Located<PrincipalName>] = []

  public init(name: Located<PrincipalName>) { self.name = name }
}
