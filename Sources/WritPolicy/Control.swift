internal import WritDigest
internal import WritSyntax

/// How permissions are enforced, as a digest (design §3): it changes when a change of the resource needs the approvals of a
/// new edge, and does not change with spans, with the order of lines, or with a new name for the resource or a principal
/// as long as what is on the target stays the same.
struct Control {
  let policy: Policy

  func digest(of object: Object, _ operation: Operation) -> Digest {
    Digest(of: JSONValue.object(description(of: object, operation)).canonical)
  }

  private func description(of object: Object, _ operation: Operation) -> [String: JSONValue] {
    if let group = policy.sharingGroups[object.resource] { return Self.description(of: group) }
    guard let resource = policy.resources[object.resource] else { return [:] }
    switch resource.kind {
    case .tree(let tree):
      return description(of: tree, named: resource.name.value, folder: object.folder, operation)
    case .command(let command):
      // What is not written is left out, so that the digests of other commands stay what they were.
      var members: [String: JSONValue] = [
        "kind": "command", "path": .string(command.path.value), "run-as": .string(account(command.runAs)),
        "arguments": Self.description(of: command.arguments?.value ?? .none),
        "privileged": .bool(resource.privileged?.value ?? false),
      ]
      if let digest = command.sha256 { members["sha256"] = .string(digest.value) }
      if command.logsOutput?.value == true { members["log-output"] = .bool(true) }
      return members
    case .login(let login):
      return ["kind": "login", "login": .string(login.value)]
    case .unixGroup(let group):
      return [
        "kind": "unix-group", "group": .string(group.value), "privileged": .bool(resource.privileged?.value ?? false),
      ]
    case .egress(let egress):
      return ["kind": "egress", "egress": .string(egress.value)]
    case .external:
      return ["kind": "external"]
    }
  }

  private func description(
    of tree: Resource.Tree, named name: ResourceName, folder: PrincipalName?, _ operation: Operation
  ) -> [String: JSONValue] {
    var members: [String: JSONValue] = [
      "kind": "tree", "path": .string(tree.path.value), "owner": .string(account(tree.owner)),
    ]
    if let mode = tree.directories?.value { members["directories"] = .integer(Int(mode)) }
    if let mode = tree.files?.value { members["files"] = .integer(Int(mode)) }
    if let folder {
      // Access to a personal folder is the account's own or an ACL entry: no derived group takes part.
      members["folder"] = .string(policy.account(of: folder))
    } else {
      let group = tree.group?.value ?? name.text
      members["group"] = .string(group)
      // Readers are not in the writers' group, so it is no part of how they are let in.
      if operation == .write { members["writers"] = .string(tree.writers?.value ?? group + "-w") }
    }
    return members
  }

  private static func description(of group: SharingGroup) -> [String: JSONValue] {
    var members: [String: JSONValue] = [
      "kind": "sharing-group", "vault": .string(group.vault.value.text), "folder": .string(group.folder.value),
    ]
    if let mfa = group.mfa { members["mfa"] = .string(mfa.value) }
    if let approval = group.approval { members["approval"] = .string(approval.value) }
    return members
  }

  private static func description(of arguments: Resource.Arguments) -> JSONValue {
    switch arguments {
    case .none: "none"
    case .any: "any"
    case .exactly(let words): .array(words.map(JSONValue.string))
    case .pattern(let pattern): ["pattern": .string(pattern)]
    }
  }

  private func account(_ principal: Located<PrincipalName>?) -> String {
    principal.map { policy.account(of: $0.value) } ?? "root"
  }
}
