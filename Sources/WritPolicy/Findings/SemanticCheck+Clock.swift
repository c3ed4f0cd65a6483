internal import WritSyntax

/// What only the clock brings: all of it warnings.
extension SemanticCheck {
  /// Entries that are over. Those of people who left go with the person.
  mutating func endedEntries() {
    for principal in evaluation.principals {
      if policy.term(of: principal).interval.end <= now { continue }
      for assignment in policy.assignments(of: principal) {
        guard let until = assignment.term.until, until.value <= now else { continue }
        report(
          .entryOver, .warning, "`\(assignment.role.value)` of `\(principal)` ended at \(until.value.rfc3339)",
          at: until.span, help: "take the entry out; history keeps it")
      }
    }
    for grant in policy.grants {
      guard let until = grant.term.until, until.value <= now else { continue }
      report(
        .entryOver, .warning, "this grant ended at \(until.value.rfc3339)", at: until.span,
        help: "take the entry out; history keeps it")
    }
  }

  mutating func owners() {
    for account in policy.serviceAccounts.values {
      guard let owner = account.owner, let person = policy.people[owner.value], account.suspended?.value != true,
        account.term.interval.end > now
      else { continue }
      let name = account.name.value
      if !policy.activity(of: owner.value).contains(now) {
        let reasons = policy.inactivity(of: owner.value, at: now)
        let (text, place) = Self.words(reasons) ?? ("is not active", person.name.span)
        report(
          .ownerInactive, .warning, "`\(owner.value)`, who owns `\(name)`, \(text), so `\(name)` has no access",
          at: owner.span, related: [.init(place, "says so")], help: "name another owner")
      } else if let end = person.term.until, end.value < account.term.interval.end {
        report(
          .outlivesOwner, .warning,
          "`\(name)` outlives its owner `\(owner.value)`, and has no access from \(end.value.rfc3339) on",
          at: account.term.until?.span ?? account.name.span, related: [.init(end.span, "the owner's end")],
          help: "name another owner, or end it with its owner")
      }
    }
  }

  private static func words(_ reasons: [Explanation.Inactivity]) -> (String, SourceSpan)? {
    for reason in reasons {
      switch reason {
      case .suspended(let span): return ("is suspended", span)
      case .over(let since, let span): return ("left at \(since.rfc3339)", span)
      case .notBegun(let from, let span): return ("begins only at \(from.rfc3339)", span)
      case .unknown, .withoutOwner, .owner: continue
      }
    }
    return nil
  }

  /// Resources that somebody can reach now and that soon nobody can. The smallest operation decides: who can do more can do it too.
  mutating func lastReaders() {
    // An end beyond every rule's warning settles a resource without a closer look.
    let longest = policy.expiryRules.compactMap { $0.warnBefore?.value }.max() ?? Self.defaultWarning
    let far = end(of: max(longest, Self.defaultWarning))
    var settled: Set<ResourceName> = []
    var holding: [ResourceName: [Int]] = [:]
    let resources = policy.resources.count + policy.sharingGroups.count
    for index in access.edges.indices {
      if settled.count == resources { return }
      let object = access.edges[index].permission.object
      guard object.folder == nil, !settled.contains(object.resource),
        let end = access.edges[index].holds.end(at: now)
      else { continue }
      if end > far { settled.insert(object.resource) } else { holding[object.resource, default: []].append(index) }
    }
    for (name, indices) in holding where !settled.contains(name) {
      let edges = indices.map { access.edges[$0] }
      let soon = end(of: warning(before: edges))
      let all = access.edges.filter { $0.permission.object.resource == name }
      guard let last = IntervalSet(all.flatMap(\.holds.intervals)).end(at: now), last <= soon else { continue }
      guard let place = policy.resources[name]?.name ?? policy.sharingGroups[name]?.name else { continue }
      let entries = Set(
        edges.filter { $0.holds.end(at: now) == last }.flatMap { edge in
          edge.derivations.filter { $0.holds.end(at: now) == last }.map(\.entry)
        })
      report(
        .lastReader, .warning, "from \(last.rfc3339) on nobody has any access to `\(name)`", at: place.span,
        related: entries.sorted().map { .init($0, "ends last") }, help: "extend an access, or give a new one")
    }
  }

  private func warning(before edges: [Edge]) -> Duration {
    let rules = policy.expiryRules.filter { rule in
      rule.warnBefore != nil
        && edges.contains { matching.isAbout(rule.match, $0.principal) && matching.covers(rule.match, $0.permission) }
    }
    return rules.compactMap { $0.warnBefore?.value }.max() ?? Self.defaultWarning
  }

  /// A team about to have fewer administrators than `min-administrators` (one where it is not written).
  mutating func lastAdministrators() {
    let roles = policy.guards.administratorRoles.map(\.value)
    guard let place = policy.guards.minAdministrators?.span ?? policy.guards.administratorRoles.first?.span else {
      return
    }
    if roles.isEmpty { return }
    let least = policy.guards.minAdministrators?.value ?? 1
    var held: [IntervalSet] = []
    for number in evaluation.principals.indices where policy.people[evaluation.principals[number]] != nil {
      let all = evaluation.rolesHeld(by: number, extras)
      let holds = IntervalSet(roles.flatMap { all[$0]?.intervals ?? [] }).from(now)
      if !holds.isEmpty { held.append(holds) }
    }
    let soon = end(of: Self.defaultWarning)
    // The number only falls where somebody's time ends.
    let ends = Set(held.flatMap { $0.intervals.map(\.end) }).filter { $0 <= soon && $0 != .distantFuture }
    for instant in [now] + ends.sorted() {
      let count = held.count { $0.contains(instant) }
      if count >= least { continue }
      let when = instant == now ? "" : "from \(instant.rfc3339) on "
      let people = count == 1 ? "there is only 1 person" : "there are only \(count) people"
      report(
        .lastAdministrator, .warning,
        "\(when)\(people) with an administrator role, and the guard asks for \(least)", at: place,
        label: "the guard", help: "give the role to somebody else in time")
      return
    }
  }
}
