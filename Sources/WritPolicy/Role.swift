public import WritSyntax

/// `{ resource: operation }` as a role, grant or test writes it; one rule for each operation.
public struct PermissionRule: Sendable, Hashable {
  /// What stands before the colon.
  public enum Scope: Sendable, Hashable {
    /// The resource; for an `{account}` tree, one's own folder.
    case whole
    /// `outputs/sun.hao`
    case folder(PrincipalName)
    /// `outputs/others`: all folders but one's own.
    case others
  }
  public enum Operations: Sendable, Hashable {
    case one(Operation)
    /// `all`: every operation that the resource's kind has.
    case all
  }

  public var resource: Located<ResourceName>
  public var scope: Scope
  public var operation: Located<Operations>

  public init(resource: Located<ResourceName>, scope: Scope, operation: Located<Operations>) {
    self.resource = resource
    self.scope = scope
    self.operation = operation
  }
}

public struct Role: Sendable {
  public var name: Located<RoleName>
  public var description: Located<String>?
  public var includes: [Located<RoleName>] = []
  public var allow: [PermissionRule] = []
  public var deny: [PermissionRule] = []
  public var previously: [Located<RoleName>] = []

  public init(name: Located<RoleName>) { self.name = name }
}
