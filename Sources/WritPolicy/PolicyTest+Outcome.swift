public import WritSyntax

/// What running one entry of `tests:` found.
public struct TestOutcome: Sendable {
  /// Somebody for whom a claim is not so.
  public struct Counterexample: Sendable {
    public enum Fault: Sendable, Hashable {
      /// `can` was claimed, and the access does not hold now.
      case missing
      /// `cannot` or `only` was claimed, and the access holds now or will.
      case unwanted
    }
    public var fault: Fault
    public var principal: PrincipalName
    public var permission: Permission
    /// When the claim is broken; for `missing` from now until the access begins, if ever.
    public var during: IntervalSet
    /// What gives the unwanted access in that time; empty for `missing`.
    public var derivations: [Derivation]
    /// The line of the claim.
    public var rule: SourceSpan
  }

  public var test: PolicyTest
  /// In the order of the claims, then by principal and permission. Empty: the test passed.
  public var counterexamples: [Counterexample]
  /// A `who` that matches nobody, now or later, proves nothing.
  public var matchesNobody: Bool

  public var passed: Bool { counterexamples.isEmpty }
}

/// Runs every entry of `tests:`: `can` holds now; `cannot` and `only` hold at every instant from now on (design §2, "Tests").
///
/// Whoever matches a `who` only for a time is judged in that time: an intern who will be an engineer may have as an engineer
/// what interns must not. `cannot: { x: write }` is about `write` alone. `only` looks at access that the policy gives, not at what
/// somebody reaches by running a command as another account; for that see ``indirectAccess(of:access:)``.
public func testOutcomes(of policy: Policy, access: Access, at now: Instant) -> [TestOutcome] {
  if policy.tests.isEmpty { return [] }
  var run = TestRun(policy, access, now)
  return policy.tests.map { run.outcome(of: $0) }
}

private struct TestRun {
  let now: Instant
  var matching: PolicyMatching
  var evaluation: Evaluation
  let folders: [Int: [Int]]
  /// Where in the access each resource occurs.
  let places: [ResourceName: [Int]]

  init(_ policy: Policy, _ access: Access, _ now: Instant) {
    self.now = now
    matching = PolicyMatching(policy, access)
    evaluation = Evaluation(policy)
    folders = evaluation.folders(evaluation.extras())
    var places: [ResourceName: [Int]] = [:]
    for (index, edge) in access.edges.enumerated() {
      places[edge.permission.object.resource, default: []].append(index)
    }
    self.places = places
  }

  mutating func outcome(of test: PolicyTest) -> TestOutcome {
    var outcome = TestOutcome(test: test, counterexamples: [], matchesNobody: false)
    switch test.subject {
    case .only(let names):
      let allowed = Set(names.map(\.value))
      for claim in test.claims {
        switch claim {
        case .can(let rules):
          for rule in rules { outcome.counterexamples += others(than: allowed, who: rule) }
        case .cannot(let rules):
          for name in allowed.sorted() { outcome.counterexamples += rules.flatMap { unwanted(name, $0, .always) } }
        }
      }
    case .who(let match):
      let who = matching.policy.principals.compactMap { name in
        let when = matching.matches(match, name).from(now)
        return when.isEmpty ? nil : (name, when)
      }
      outcome.matchesNobody = who.isEmpty
      for claim in test.claims {
        for (name, when) in who {
          switch claim {
          case .can(let rules):
            if when.contains(now) {
              for rule in rules { outcome.counterexamples += missing(name, rule) }
            }
          case .cannot(let rules): outcome.counterexamples += rules.flatMap { unwanted(name, $0, when) }
          }
        }
      }
    }
    return outcome
  }

  private mutating func missing(_ name: PrincipalName, _ rule: PermissionRule) -> [TestOutcome.Counterexample] {
    guard let principal = evaluation.number[name] else { return [] }
    var found: [TestOutcome.Counterexample] = []
    for key in evaluation.selectors(of: rule, .named).flatMap({ evaluation.keys(of: $0, for: principal, folders) }) {
      let permission = evaluation.permission(of: key)
      let holds = matching.access[EdgeKey(name, permission)]?.holds.from(now) ?? .empty
      if holds.contains(now) { continue }
      let begin = holds.intervals.first?.start ?? .distantFuture
      found.append(
        TestOutcome.Counterexample(
          fault: .missing, principal: name, permission: permission, during: IntervalSet(Interval(now, begin)),
          derivations: [], rule: rule.operation.span))
    }
    return found
  }

  private func unwanted(
    _ name: PrincipalName, _ rule: PermissionRule, _ when: IntervalSet
  ) -> [TestOutcome.Counterexample] {
    matching.access.edges(of: name).compactMap { unwanted($0, rule, when) }
  }

  private func others(than allowed: Set<PrincipalName>, who rule: PermissionRule) -> [TestOutcome.Counterexample] {
    (places[rule.resource.value] ?? []).map { matching.access.edges[$0] }
      .compactMap { allowed.contains($0.principal) ? nil : unwanted($0, rule, .always) }
  }

  private func unwanted(_ edge: Edge, _ rule: PermissionRule, _ when: IntervalSet) -> TestOutcome.Counterexample? {
    guard matches(edge, rule) else { return nil }
    let during = edge.holds.intersection(when).from(now)
    if during.isEmpty { return nil }
    return TestOutcome.Counterexample(
      fault: .unwanted, principal: edge.principal, permission: edge.permission, during: during,
      derivations: edge.derivations.filter { !$0.holds.intersection(during).isEmpty }, rule: rule.operation.span)
  }

  private func matches(_ edge: Edge, _ rule: PermissionRule) -> Bool {
    guard edge.permission.object.resource == rule.resource.value else { return false }
    if case .one(let operation) = rule.operation.value, operation != edge.permission.operation { return false }
    guard let folder = edge.permission.object.folder else { return rule.scope == .whole }
    switch rule.scope {
    case .whole: return folder == edge.principal
    case .others: return folder != edge.principal
    case .folder(let owner): return folder == owner
    }
  }
}
