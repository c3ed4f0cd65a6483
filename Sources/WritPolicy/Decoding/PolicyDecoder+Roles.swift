internal import WritSyntax

extension PolicyDecoder {
  func readRoles(_ parts: [Node.Entry]) {
    eachEntry(parts, "a role", in: \.roles) { name, node in
      guard let entries = mappingOrBlank(node, "role `\(name.value)`") else { return }
      var role = Role(name: name)
      for entry in entries {
        switch entry.key.value {
        case "description": role.description = text(entry.value, "`description`")
        case "includes": role.includes = names(entry.value, "`includes`", each: "a name of a role")
        case "allow": role.allow = permissions(entry.value, "`allow`")
        case "deny": role.deny = permissions(entry.value, "`deny`")
        case "previously": role.previously = names(entry.value, "`previously`", each: "a name of a role")
        default:
          unknownKey(
            entry.key, known: ["description", "includes", "allow", "deny", "previously"], in: "role `\(name.value)`")
        }
      }
      policy.roles[name.value] = role
    }
  }
}
