internal import WritPolicy
internal import WritSyntax

/// An edge, whatever its principal and resource were called at the time.
struct EdgeIdentity: Hashable, Sendable {
  var principal: Int
  var resource: Int
  /// -1 for none.
  var folder: Int
  var operation: WritPolicy.Operation
}

/// A way to an edge, whatever the lines and names that say so: how it is held and the chain of roles.
///
/// The rule's resource is the edge's own, so it need not be part of it.
struct PathIdentity: Hashable, Sendable {
  var origin: Derivation.Origin
  var roles: [Int]
}

/// The identities of everything named in a history.
struct HistoryNames: Sendable {
  var principals = NameIdentities<PrincipalTag>()
  var roles = NameIdentities<RoleTag>()
  var resources = NameIdentities<ResourceTag>()

  mutating func advance(_ moves: NameMoves) {
    principals.advance(moves.principals)
    roles.advance(moves.roles)
    resources.advance(moves.resources)
  }

  /// Nil when the history never had one of the names.
  func identity(of key: EdgeKey) -> EdgeIdentity? {
    guard let principal = principals.identity(of: key.principal),
      let resource = resources.identity(of: key.permission.object.resource)
    else { return nil }
    var folder = -1
    if let name = key.permission.object.folder {
      guard let owner = principals.identity(of: name) else { return nil }
      folder = owner
    }
    return EdgeIdentity(
      principal: principal, resource: resource, folder: folder, operation: key.permission.operation)
  }

  func identity(of derivation: Derivation) -> PathIdentity {
    PathIdentity(origin: derivation.origin, roles: derivation.roles.map { roles.identity(of: $0) ?? -1 })
  }

  func canonical(_ identity: EdgeIdentity) -> EdgeIdentity {
    EdgeIdentity(
      principal: principals.canonical(identity.principal), resource: resources.canonical(identity.resource),
      folder: identity.folder < 0 ? -1 : principals.canonical(identity.folder), operation: identity.operation)
  }

  func canonical(_ identity: PathIdentity) -> PathIdentity {
    PathIdentity(origin: identity.origin, roles: identity.roles.map { $0 < 0 ? -1 : roles.canonical($0) })
  }
}
