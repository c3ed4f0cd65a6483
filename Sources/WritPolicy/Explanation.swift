public import WritSyntax

/// Why a principal has a permission, or why it has not.
public struct Explanation: Sendable {
  /// One written way to the permission, whether or not it leads there now.
  public struct Way: Sendable {
    public enum State: Sendable, Hashable {
      /// It gives the permission until then; ``Instant/distantFuture`` when no end is written.
      case holds(until: Instant)
      case over(since: Instant)
      case notBegun(from: Instant)
      /// It would, but for ``Explanation/denials`` that hold.
      case denied
      /// It would, but the principal is not active; see ``Explanation/inactivity``.
      case inactive
    }
    public var origin: Derivation.Origin
    public var roles: [RoleName]
    public var entry: SourceSpan
    public var rule: SourceSpan
    /// The entry's own term.
    public var term: Interval
    public var reason: String?
    public var state: State
  }

  /// A `deny` line that takes the permission from this principal.
  public struct Denial: Sendable {
    /// From the role that is held to the role with the line.
    public var roles: [RoleName]
    public var entry: SourceSpan
    public var rule: SourceSpan
    public var term: Interval
    /// Whether its role is held now.
    public var holds: Bool
  }

  /// Why a principal is not active; each with the line that says so.
  public enum Inactivity: Sendable, Hashable {
    case unknown
    case suspended(SourceSpan)
    case notBegun(from: Instant, SourceSpan)
    case over(since: Instant, SourceSpan)
    case withoutOwner(SourceSpan)
    /// The owner of a service account is not active.
    case owner(PrincipalName, SourceSpan)
  }

  public var key: EdgeKey
  public var at: Instant
  /// Whether the access holds at that instant.
  public var holds: Bool
  /// The end of the access that holds; nil when it does not.
  public var until: Instant?
  /// Empty when the principal is active.
  public var inactivity: [Inactivity]
  /// In file and line order. Empty: nothing ever gives it.
  public var ways: [Way]
  /// In file and line order, those that hold first.
  public var denials: [Denial]
}

/// Says of one access what gives it, what takes it, and what is over or still to come, at `instant`.
public func explanation(of key: EdgeKey, in policy: Policy, access: Access, at instant: Instant) -> Explanation {
  var result = Explanation(
    key: key, at: instant, holds: access.holds(key, at: instant), until: access[key]?.holds.end(at: instant),
    inactivity: policy.inactivity(of: key.principal, at: instant), ways: [], denials: [])
  var evaluation = Evaluation(policy)
  guard let principal = evaluation.number[key.principal], let wanted = evaluation.key(of: key.permission) else {
    return result
  }
  let extras = evaluation.extras()
  // Working out everybody's folders is only worth it when somebody else's is asked for.
  let folders = wanted.folder.map { $0 != principal } ?? false ? evaluation.folders(extras) : [:]
  for entry in evaluation.entries(of: principal, extras) {
    let given = evaluation.given(by: entry)
    for rule in given.deny where evaluation.denies(rule.selector, wanted, to: principal) {
      result.denials.append(
        .init(
          roles: rule.chain, entry: entry.span, rule: rule.span, term: entry.term,
          holds: entry.term.contains(instant)))
    }
    for rule in given.allow
    where evaluation.keys(of: rule.selector, for: principal, folders).contains(wanted) {
      result.ways.append(
        .init(
          origin: entry.origin, roles: rule.chain, entry: entry.span, rule: rule.span, term: entry.term,
          reason: entry.reason, state: .denied))
    }
  }
  result.ways.sort { ($0.entry, $0.rule, $0.roles.count) < ($1.entry, $1.rule, $1.roles.count) }
  result.denials.sort { a, b in a.holds != b.holds ? a.holds : (a.entry, a.rule) < (b.entry, b.rule) }
  for index in result.ways.indices {
    result.ways[index].state = result.state(of: result.ways[index], access[key])
  }
  return result
}

extension Explanation {
  fileprivate func state(of way: Way, _ edge: Edge?) -> Way.State {
    if at < way.term.start { return .notBegun(from: way.term.start) }
    if at >= way.term.end { return .over(since: way.term.end) }
    if !inactivity.isEmpty { return .inactive }
    let derivation = edge?.derivations.first {
      $0.entry == way.entry && $0.rule == way.rule && $0.roles == way.roles
    }
    if let end = derivation?.holds.end(at: at) { return .holds(until: end) }
    return .denied
  }
}

extension Evaluation {
  func denies(_ selector: Selector, _ wanted: Key, to principal: Int) -> Bool {
    var denials = Denials()
    denials.add(selector, for: principal, .always)
    return !denials.denied(wanted, to: principal).isEmpty
  }
}

extension Policy {
  /// Every reason why the principal is not active at `instant`; empty when it is.
  public func inactivity(of principal: PrincipalName, at instant: Instant) -> [Explanation.Inactivity] {
    guard let place = place(of: principal) else { return [.unknown] }
    var found: [Explanation.Inactivity] = []
    if let suspended = people[principal]?.suspended ?? serviceAccounts[principal]?.suspended, suspended.value {
      found.append(.suspended(suspended.span))
    }
    let term = term(of: principal)
    if let from = term.from, instant < from.value { found.append(.notBegun(from: from.value, from.span)) }
    if let until = term.until, instant >= until.value { found.append(.over(since: until.value, until.span)) }
    if let account = serviceAccounts[principal] {
      if let owner = account.owner, people[owner.value] != nil {
        if !activity(of: owner.value).contains(instant) { found.append(.owner(owner.value, owner.span)) }
      } else {
        found.append(.withoutOwner(account.owner?.span ?? place))
      }
    }
    return found
  }
}
