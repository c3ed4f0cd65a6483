internal import WritSyntax

/// Expiry rules bind every assignment and grant that gives a matching permission (design §2, "Matching").
///
/// A rule's `role` is about the roles that the entry gives, held or included; a grant of bare permissions gives none.
extension SemanticCheck {
  /// One entry as it concerns one principal, with the rules that bind it.
  private struct Bound {
    var principal: PrincipalName
    var permission: Permission
    var line: SourceSpan
    /// Rules by number.
    var rules: Set<Int> = []
    /// Whether it gives anything now.
    var holdsNow = false
  }

  private struct Written {
    var text: String
    var name: SourceSpan
    /// The role that it gives; nil where it gives permissions.
    var role: RoleName?
    var term: Term
    var reason: Located<String>?
  }

  private struct BoundKey: Hashable {
    var entry: SourceSpan
    var principal: PrincipalName
  }

  mutating func expiryRules() {
    if policy.expiryRules.isEmpty { return }
    let bound = boundEntries()
    var seen: Set<SourceSpan> = []
    for (key, entry) in bound.sorted(by: { ($0.key.entry, $0.key.principal) < ($1.key.entry, $1.key.principal) }) {
      guard !seen.contains(key.entry), let written = written(key.entry, of: key.principal) else { continue }
      let before = findings.count
      check(entry, written)
      // A grant to several people that is too long for one is one mistake.
      if findings.count > before { seen.insert(key.entry) }
    }
  }

  private func boundEntries() -> [BoundKey: Bound] {
    var bound: [BoundKey: Bound] = [:]
    var covering: [Permission: [Int]] = [:]
    // Most edges are to resources that no rule is about.
    let names = Array(policy.resources.keys) + Array(policy.sharingGroups.keys)
    let touched = names.map { name in
      let operations = policy.operations(of: name).map { Permission(Object(name), $0) }
      return (
        name,
        Set(
          policy.expiryRules.indices.filter { index in
            operations.contains { matching.covers(policy.expiryRules[index].match, $0) }
          })
      )
    }
    let rulesOf = Dictionary(touched) { first, _ in first }
    for principal in evaluation.principals {
      let about = policy.expiryRules.indices.filter { matching.isAbout(policy.expiryRules[$0].match, principal) }
      if about.isEmpty { continue }
      let own = access.edges(of: principal)
      for index in own.indices {
        guard let possible = rulesOf[own[index].permission.object.resource], !possible.isDisjoint(with: about) else {
          continue
        }
        let edge = own[index]
        let rules: [Int]
        if let known = covering[edge.permission] {
          rules = known
        } else {
          rules = policy.expiryRules.indices.filter { matching.covers(policy.expiryRules[$0].match, edge.permission) }
          covering[edge.permission] = rules
        }
        let binding = about.filter(rules.contains)
        if binding.isEmpty { continue }
        for derivation in edge.derivations where derivation.origin != .custodian {
          let these = binding.filter { index in
            guard let roles = policy.expiryRules[index].match.role else { return true }
            return roles.contains { derivation.roles.contains($0.value) }
          }
          if these.isEmpty { continue }
          let key = BoundKey(entry: derivation.entry, principal: principal)
          var entry =
            bound[key] ?? Bound(principal: principal, permission: edge.permission, line: derivation.rule)
          entry.rules.formUnion(these)
          if derivation.holds.contains(now) { entry.holdsNow = true }
          bound[key] = entry
        }
      }
    }
    return bound
  }

  private func written(_ entry: SourceSpan, of principal: PrincipalName) -> Written? {
    if let assignment = policy.assignments(of: principal).first(where: { $0.span == entry }) {
      return Written(
        text: "`\(assignment.role.value)` for `\(principal)`", name: assignment.role.span, role: assignment.role.value,
        term: assignment.term, reason: assignment.reason)
    }
    guard let grant = policy.grants.first(where: { $0.span == entry }),
      let to = grant.to.first(where: { $0.value == principal })
    else { return nil }
    guard case .role(let role) = grant.content else {
      return Written(
        text: "the grant to `\(principal)`", name: to.span, role: nil, term: grant.term, reason: grant.reason)
    }
    return Written(
      text: "the grant of `\(role.value)` to `\(principal)`", name: to.span, role: role.value, term: grant.term,
      reason: grant.reason)
  }

  private mutating func check(_ entry: Bound, _ written: Written) {
    let rules = entry.rules.sorted().map { policy.expiryRules[$0] }
    let line = Finding.Related(entry.line, "gives `\(entry.permission)`")
    let limit = rules.compactMap { rule in rule.maxDuration }.min { $0.value < $1.value }
    if let limit { check(written, of: entry.principal, limit, line) }
    if written.reason == nil, let rule = rules.first(where: \.requireReason) {
      report(
        .missingReason, .error, "\(written.text) has no reason, and an expiry rule demands one", at: written.name,
        label: "gives `\(entry.permission)`", related: [.init(rule.span, "the rule"), line],
        help: "write `reason:` in the entry")
    }
    guard entry.holdsNow, let warning = rules.compactMap({ $0.warnBefore?.value }).max() else { return }
    let own = policy.term(of: entry.principal)
    if let end = [written.term.until, own.until].compactMap({ $0 }).min(by: { $0.value < $1.value }),
      now < end.value, end.value <= self.end(of: warning)
    {
      report(
        .entryEndsSoon, .warning, "\(written.text) ends at \(end.value.rfc3339)", at: end.span,
        label: "no access from then on",
        help:
          "if it is still needed: `writ renew \(entry.principal) \(written.role?.text ?? "\(entry.permission)") --until DATE`"
      )
    }
  }

  private mutating func check(
    _ written: Written, of principal: PrincipalName, _ limit: Located<Duration>, _ line: Finding.Related
  ) {
    let own = policy.term(of: principal)
    let rule = Finding.Related(limit.span, "the longest that is allowed")
    let begin = [written.term.from, own.from].compactMap { $0 }.max { $0.value < $1.value }
    let end = [written.term.until, own.until].compactMap { $0 }.min { $0.value < $1.value }
    guard let begin, let end else {
      let missing = begin == nil ? (end == nil ? "`from` and `until`" : "`from`") : "`until`"
      report(
        .unboundedEntry, .error, "\(written.text) lacks \(missing), and an expiry rule allows \(limit.value)",
        at: written.name, label: line.label, related: [rule, line], help: "write \(missing) in the entry")
      return
    }
    let length = Duration(seconds: end.value.seconds - begin.value.seconds)
    if length > limit.value {
      let last = Instant(seconds: begin.value.seconds + limit.value.seconds)
      report(
        .entryTooLong, .error, "\(written.text) lasts \(length), and an expiry rule allows \(limit.value)",
        at: written.term.until?.span ?? written.name, label: line.label, related: [rule, line],
        help: "end it at \(last.rfc3339) at the latest")
    }
  }
}
