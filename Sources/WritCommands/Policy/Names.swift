internal import WritHistory
internal import WritPolicy
internal import WritSyntax

/// Names from the command line, looked up in a policy. An unknown one is an error (status 3), never "no".
struct Names {
  let policy: Policy

  func principal(_ text: String) throws -> PrincipalName {
    if let name = PrincipalName(validating: text), policy.isPrincipal(name) { return name }
    throw unknown("person or service account", text, among: policy.principals.map(\.text))
  }

  func resource(_ text: String) throws -> ResourceName {
    if let name = ResourceName(validating: text), resources.contains(name.text) { return name }
    throw unknown("resource or sharing group", text, among: resources)
  }

  private var resources: [String] { policy.resources.keys.map(\.text) + policy.sharingGroups.keys.map(\.text) }

  /// A principal or a resource, whichever has the name.
  func either(_ text: String) throws -> HistorySubject {
    if let name = PrincipalName(validating: text), policy.isPrincipal(name) { return .principal(name) }
    if let name = ResourceName(validating: text), resources.contains(name.text) { return .resource(name) }
    throw unknown(text)
  }

  /// The failure of a name that is neither a principal's nor a resource's.
  func unknown(_ text: String) -> CommandFailure {
    let near = nearestName(to: text, among: policy.principals.map(\.text) + resources)
    return CommandFailure(
      .invalidPolicy, "nobody and nothing is named `\(visible(text))`",
      hint: near.map { "did you mean `\($0)`?" } ?? "")
  }

  /// `resource:operation`; for a tree with a folder for each person the bare resource means `principal`'s own.
  func permission(_ text: String, of principal: PrincipalName) throws -> Permission {
    guard let written = Permission(text) else { throw incomplete(text) }
    let object = written.object
    _ = try resource(object.resource.text)
    let operations = policy.operations(of: object.resource)
    guard operations.contains(written.operation) else {
      throw CommandFailure(
        .invalidPolicy, "`\(object.resource)` has no operation `\(written.operation)`",
        hint: "it has " + operations.map { "`\($0)`" }.joined(separator: ", "))
    }
    guard case .tree(let tree)? = policy.resources[object.resource]?.kind, tree.isPersonal else {
      if object.folder != nil {
        throw CommandFailure(.invalidPolicy, "`\(object.resource)` has no folder for each person")
      }
      return written
    }
    let folder = try object.folder.map { try self.principal($0.text) } ?? principal
    return Permission(Object(object.resource, folder: folder), written.operation)
  }

  func role(_ text: String) throws -> RoleName {
    if let name = RoleName(validating: text), policy.roles[name] != nil { return name }
    throw unknown("role", text, among: policy.roles.keys.map(\.text))
  }

  /// What is no permission at all was mistyped; where it names a resource, its permissions are said.
  private func incomplete(_ text: String) -> CommandFailure {
    let name = ResourceName(validating: String(text.prefix { $0 != ":" && $0 != "/" }))
    let permissions = name.map { name in policy.operations(of: name).map { "`\(name):\($0)`" } } ?? []
    return CommandFailure(
      .usage, "`\(visible(text))` is no permission: one reads `resource:operation`",
      hint: permissions.isEmpty ? "" : "there is " + permissions.joined(separator: ", "))
  }

  private func unknown(_ what: String, _ text: String, among names: [String]) -> CommandFailure {
    let near = nearestName(to: text, among: names)
    return CommandFailure(
      .invalidPolicy, "no \(what) is named `\(visible(text))`", hint: near.map { "did you mean `\($0)`?" } ?? "")
  }
}
