internal import WritPolicy
internal import WritSyntax

/// Accesses that somebody gave or took by hand.
extension AdoptionSteps {
  /// Roles that are tried at most for one access.
  private static let mostRoles = 12

  func group(_ id: ObjectID, _ wanted: ObjectState, _ seen: ObjectState) -> [AdoptionStep] {
    let (added, gone) = differing(wanted.list("members"), seen.list("members"))
    var given: [(ResourceName, Operation)] = []
    for resource in resources({ _ in true }) {
      let name = resource.name.value
      switch resource.kind {
      case .tree(let tree) where !tree.isPersonal:
        if policy.readersGroup(of: name) == id.name { given.append((name, .read)) }
        if policy.writersGroup(of: name) == id.name { given.append((name, .write)) }
      case .login where id.name == DesiredState.loginGroup: given.append((name, .ssh))
      default: continue
      }
    }
    return added.map { gained($0, "`\(visible($0))` was added to the group", given) }
      + gone.map {
        lost(desired.objects[id]?.elementCauses["members=\($0)"] ?? [], "`\(visible($0))` was taken out of the group")
      }
  }

  func membership(_ id: ObjectID, _ wanted: ObjectState?, _ seen: ObjectState?) -> [AdoptionStep] {
    let halves = id.name.split(separator: "/", maxSplits: 1).map(String.init)
    guard halves.count == 2, (wanted == nil) != (seen == nil) else { return [] }
    if wanted != nil { return [lost(desired.objects[id]?.causes ?? [], "the account was taken out of the group")] }
    let given = resources { if case .unixGroup(let group) = $0.kind { group.value == halves[0] } else { false } }
    return [gained(halves[1], "the account was added to the group", given.map { ($0.name.value, .member) })]
  }

  func sudoers(_ wanted: [String], _ seen: [String]) -> [AdoptionStep] {
    let (added, gone) = differing(wanted, seen)
    let causes = desired.objects[ObjectID(.sudoers, "writ")]?.elementCauses ?? [:]
    return added.map { line in
      let found = "this line was added: \(visible(line))"
      if line.hasPrefix("#") {
        return AdoptionStep(found, problem: "the file is writ's own, and is put back as it was")
      }
      let account = String(line.prefix { $0 != " " })
      // Which line a command makes is for the policy to say; here it is enough that it could be this one.
      let given = resources {
        if case .command(let command) = $0.kind { line.contains(" " + command.path.value) } else { false }
      }
      var step = gained(account, found, given.map { ($0.name.value, .run) })
      step.choices = step.choices.map { choice in
        var choice = choice
        choice.sensitive = "sudo"
        return choice
      }
      return step
    } + gone.map { lost(causes["lines=\($0)"] ?? [], "this line was taken out: \(visible($0))") }
  }

  // MARK: gained

  /// - Parameter given: the permissions of which each would put the account there.
  private func gained(_ account: String, _ found: String, _ given: [(ResourceName, Operation)]) -> AdoptionStep {
    guard let principal = principal(account) else {
      return AdoptionStep(found, problem: "the policy names nobody who has the account `\(visible(account))`")
    }
    guard let (resource, operation) = given.first else {
      return AdoptionStep(found, problem: "no resource of the policy gives that on \(host)")
    }
    guard given.count == 1 else {
      let names = given.map { "`\($0.0):\($0.1)`" }.joined(separator: ", ")
      return AdoptionStep(found, problem: "each of \(names) gives that: write the one that is meant")
    }
    let permission = "\(resource):\(operation)"
    let move = AccessMove.gains(principal, resource)
    let sensitive = policy.resources[resource]?.privileged?.value == true ? "privileged" : ""
    if terms.until != nil {
      let choice = AdoptionChoice(
        exception(principal, "allow: { \(resource): \(operation) }"), "\(principal): an exception for `\(permission)`",
        move,
        sensitive: sensitive)
      return AdoptionStep(found, choices: [choice], problem: "an exception for `\(permission)` does not do it")
    }
    guard let place = entry(principal) else { return AdoptionStep(found, problem: "`\(principal)` has no entry") }
    let choices = roles(giving: resource, to: principal).map { role in
      let item = terms.reason == nil ? role.text : "{ role: \(role)\(terms.yaml) }"
      return AdoptionChoice(
        [.append(item, to: place.path + ["roles"], in: place.source)], "\(principal): role \(role)", move,
        sensitive: sensitive)
    }
    return AdoptionStep(
      found, choices: choices,
      problem: "no role gives `\(principal)` exactly `\(permission)`; `--until DATE` writes an exception that ends")
  }

  /// Where the other exceptions are; without any, beside the principal.
  private func exception(_ principal: PrincipalName, _ content: String) -> [PolicyEdit] {
    guard let source = policy.grants.last?.span.source ?? entry(principal)?.source else { return [] }
    return [.append("{ to: \(principal), \(content)\(terms.yaml) }", to: ["grants"], in: source)]
  }

  /// Roles that give the resource and nothing that the principal does not have anyway.
  private func roles(giving resource: ResourceName, to principal: PrincipalName) -> [RoleName] {
    let had = Set(access.edges(of: principal).filter { $0.holds.contains(instant) }.map(\.permission.object.resource))
    let held = Set(policy.assignments(of: principal).filter { $0.term.interval.end > instant }.map(\.role.value))
    let found = policy.roles.keys.filter { role in
      let given = resources(ofRole: role)
      return !held.contains(role) && given.contains(resource) && given.subtracting(had).subtracting([resource]).isEmpty
    }
    return Array(found.sorted().prefix(Self.mostRoles))
  }

  private func resources(ofRole name: RoleName) -> Set<ResourceName> {
    var (seen, rest, found): (Set<RoleName>, [RoleName], Set<ResourceName>) = ([], [name], [])
    while let next = rest.popLast() {
      guard seen.insert(next).inserted, let role = policy.roles[next] else { continue }
      found.formUnion(role.allow.map(\.resource.value))
      rest += role.includes.map(\.value)
    }
    return found
  }

  // MARK: lost

  /// - Parameter causes: why the policy wants it there.
  private func lost(_ causes: [Cause], _ found: String) -> AdoptionStep {
    let edges = Set(causes.compactMap(\.edge))
    guard let first = edges.min(), edges.allSatisfy({ $0.principal == first.principal }) else {
      return AdoptionStep(found, problem: "no access of the policy's gives it, so none can be taken out")
    }
    let (principal, resource) = (first.principal, first.permission.object.resource)
    guard edges.allSatisfy({ $0.permission.object.resource == resource }) else {
      return AdoptionStep(found, problem: "several resources give it to `\(principal)`: take out what is meant")
    }
    let entries = Set(
      access.edges(of: principal).filter { $0.permission.object.resource == resource }
        .flatMap(\.derivations).filter { $0.holds.contains(instant) }.map(\.entry))
    var edits: [PolicyEdit] = []
    for entry in entries.sorted() {
      guard let edit = removal(of: entry, principal, resource) else {
        return AdoptionStep(
          found, problem: "what gives it, \(policy.sources.place(of: entry)), is no entry that can be taken out alone")
      }
      edits.append(edit)
    }
    let words = "\(principal): without `\(first.permission)`"
    return AdoptionStep(
      found, choices: [AdoptionChoice(edits, words, .loses(principal, resource))],
      problem: "what gives `\(first.permission)` to `\(principal)` gives more than that")
  }

  /// How one entry of the policy gives nothing of a resource to a principal any more.
  private func removal(of entry: SourceSpan, _ principal: PrincipalName, _ resource: ResourceName) -> PolicyEdit? {
    guard let grant = policy.grants.first(where: { $0.span == entry }) else {
      return policy.assignments(of: principal).contains { $0.span == entry } ? .remove(entry) : nil
    }
    if grant.to.count > 1 {
      return grant.to.first { $0.value == principal }.map { .remove($0.span) }
    }
    if case .permissions(let rules) = grant.content {
      let keys = Set(rules.map(\.resource.span))
      let own = Set(rules.filter { $0.resource.value == resource }.map(\.resource.span))
      if keys.count > own.count { return own.count == 1 ? own.first.map { .removeKey($0) } : nil }
    }
    return .remove(entry)
  }
}
