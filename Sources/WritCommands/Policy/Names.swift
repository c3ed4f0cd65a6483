internal import WritPolicy
internal import WritSyntax

/// Names from the command line, looked up in a policy. An unknown one is an error (status 3), never "no".
struct Names {
  let policy: Policy

  func principal(_ text: String) throws -> PrincipalName {
    if let name = PrincipalName(validating: text), policy.isPrincipal(name) { return name }
    throw unknown("person or service account", text, among: policy.principals.map(\.text))
  }

  /// `resource:operation`; for a tree with a folder for each person the bare resource means `principal`'s own.
  func permission(_ text: String, of principal: PrincipalName) throws -> Permission {
    guard let written = Permission(text) else {
      throw CommandFailure(
        .invalidPolicy, "`\(visible(text))` is no permission", hint: "a permission reads `resource:operation`")
    }
    let object = written.object
    let resources = policy.resources.keys.map(\.text) + policy.sharingGroups.keys.map(\.text)
    guard resources.contains(object.resource.text) else {
      throw unknown("resource or sharing group", object.resource.text, among: resources)
    }
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

  private func unknown(_ what: String, _ text: String, among names: [String]) -> CommandFailure {
    let near = nearestName(to: text, among: names)
    return CommandFailure(
      .invalidPolicy, "no \(what) is named `\(visible(text))`", hint: near.map { "did you mean `\($0)`?" } ?? "")
  }
}
