internal import WritSyntax

/// Resources that nobody can reach, roles that give nothing, tests about nobody.
extension SemanticCheck {
  mutating func unreachable() {
    let names = policy.resources.values.map(\.name) + policy.sharingGroups.values.map(\.name)
    var reached: Set<ResourceName> = []
    for index in access.edges.indices {
      // A few people reach most of what there is, so the rest seldom needs to be looked at.
      if reached.count == names.count { return }
      let resource = access.edges[index].permission.object.resource
      if reached.contains(resource) || access.edges[index].holds.from(now).isEmpty { continue }
      reached.insert(resource)
    }
    for name in names where !reached.contains(name.value) {
      report(
        .unreachableResource, .warning, "nobody has any access to `\(name.value)`, now or later", at: name.span,
        help: "allow it in a role that somebody holds, or take it out")
    }
  }

  mutating func emptyRoles() {
    for role in policy.roles.values {
      let closed = evaluation.closedRole(role.name.value)
      if closed.allow.isEmpty, closed.deny.isEmpty {
        report(
          .emptyRole, .warning, "the role `\(role.name.value)` gives nothing", at: role.name.span,
          help: "write `allow:` or `includes:`, or take it out")
      }
    }
  }

  mutating func tests() {
    for test in policy.tests {
      guard case .who(let match) = test.subject else { continue }
      let somebody = evaluation.principals.contains { !matching.matches(match, $0).from(now).isEmpty }
      if !somebody {
        report(
          .testMatchesNobody, .warning, "nobody matches this test, now or later, so it proves nothing", at: match.span,
          help: "correct the match, or take the test out")
      }
    }
  }
}
