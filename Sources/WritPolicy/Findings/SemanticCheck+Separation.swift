internal import WritSyntax

/// Separation rules: never too many of some roles in one hand, at any instant; a hand includes the service accounts that a
/// person owns (design §2).
extension SemanticCheck {
  private struct Holding {
    var role: RoleName
    var holder: PrincipalName
    var holds: IntervalSet
    var entry: SourceSpan
  }

  mutating func separationRules() {
    let wanted = Set(policy.separationRules.flatMap { $0.roles.map(\.value) })
    if wanted.isEmpty { return }
    var owned: [PrincipalName: [PrincipalName]] = [:]
    for account in policy.serviceAccounts.values.sorted(by: { $0.name.value < $1.name.value }) {
      if let owner = account.owner?.value { owned[owner, default: []].append(account.name.value) }
    }
    var brings: [RoleName: [RoleName]] = [:]
    for person in policy.people.keys.sorted() {
      var holdings: [Holding] = []
      for holder in [person] + (owned[person] ?? []) { holdings += self.holdings(of: holder, wanted, &brings) }
      if holdings.count < 2 { continue }
      for rule in policy.separationRules { check(rule, person, holdings) }
    }
  }

  private mutating func holdings(
    of principal: PrincipalName, _ wanted: Set<RoleName>, _ brings: inout [RoleName: [RoleName]]
  ) -> [Holding] {
    guard let number = evaluation.number[principal] else { return [] }
    var found: [Holding] = []
    for entry in evaluation.entries(of: number, extras) {
      guard case .role(let role) = entry.content else { continue }
      if brings[role] == nil { brings[role] = evaluation.closedRole(role).roles.filter(wanted.contains) }
      guard let roles = brings[role], !roles.isEmpty else { continue }
      let holds = policy.activity(of: principal).intersection(IntervalSet(entry.term))
      if holds.isEmpty { continue }
      found += roles.map { Holding(role: $0, holder: principal, holds: holds, entry: entry.name) }
    }
    return found
  }

  private mutating func check(_ rule: SeparationRule, _ person: PrincipalName, _ all: [Holding]) {
    let roles = Set(rule.roles.map(\.value))
    let holdings = all.filter { roles.contains($0.role) }
    // The number of roles only grows where one begins.
    for start in Set(holdings.flatMap { $0.holds.intervals.map(\.start) }).sorted() {
      let together = holdings.filter { $0.holds.contains(start) }
      let held = Set(together.map(\.role)).sorted()
      if held.count <= rule.atMost.value { continue }
      let until = together.compactMap { $0.holds.end(at: start) }.min() ?? .distantFuture
      let places = together.sorted { $0.entry < $1.entry }
      guard let last = places.last else { continue }
      let when =
        (start == .distantPast ? "" : " from \(start.rfc3339)")
        + (until == .distantFuture ? "" : " until \(until.rfc3339)")
      var related = places.dropLast().map {
        Finding.Related($0.entry, "gives `\($0.role)` to `\($0.holder)`")
      }
      related.append(.init(rule.atMost.span, "at most \(rule.atMost.value) of these roles"))
      report(
        .separationBroken, .error,
        "\(Self.list(held.map(\.text))) are in the hand of `\(person)` at once\(when)", at: last.entry,
        label: "gives `\(last.role)` to `\(last.holder)`", related: related,
        help: "give one of them to somebody else")
      return
    }
  }
}
