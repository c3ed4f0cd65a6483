internal import WritSyntax

/// What `match:` and `who:` choose (design §2, "Matching").
///
/// Every key given must match, and a list means any of them. About a principal, `role` means that it holds the role (an
/// included one too), and `resource`, `operation` and `tags` that it has an access to which they apply.
struct PolicyMatching {
  let access: Access
  private(set) var evaluation: Evaluation
  private let extras: Evaluation.Extras
  private var held: [Int: [RoleName: IntervalSet]] = [:]

  init(_ policy: Policy, _ access: Access) {
    let evaluation = Evaluation(policy)
    self.init(evaluation, evaluation.extras(), access)
  }

  /// With an evaluation of the policy that is there already.
  init(_ evaluation: Evaluation, _ extras: Evaluation.Extras, _ access: Access) {
    self.evaluation = evaluation
    self.extras = extras
    self.access = access
  }

  var policy: Policy { evaluation.policy }

  /// When `principal` matches; empty when never. Nobody matches while not active.
  mutating func matches(_ match: Match, _ principal: PrincipalName) -> IntervalSet {
    guard isAbout(match, principal), let number = evaluation.number[principal] else { return .empty }
    var when = policy.activity(of: principal)
    if let roles = match.role {
      let held = rolesHeld(by: number)
      when = when.intersection(IntervalSet(roles.flatMap { held[$0.value]?.intervals ?? [] }))
    }
    if match.resource != nil || match.operation != nil || match.tags != nil {
      let edges = access.edges(of: principal).filter { covers(match, $0.permission) }
      when = when.intersection(IntervalSet(edges.flatMap(\.holds.intervals)))
    }
    return when
  }

  mutating func rolesHeld(by number: Int) -> [RoleName: IntervalSet] {
    if let known = held[number] { return known }
    let found = evaluation.rolesHeld(by: number, extras)
    held[number] = found
    return found
  }

  /// `principal`, `kind` and `user-type`. A service account has no user type, so none matches it.
  func isAbout(_ match: Match, _ principal: PrincipalName) -> Bool {
    if let names = match.principal, !names.contains(where: { $0.value == principal }) { return false }
    let person = policy.people[principal]
    if let kinds = match.kind {
      let kind: Match.PrincipalKind = person == nil ? .serviceAccount : .person
      if !kinds.contains(where: { $0.value == kind }) { return false }
    }
    if let types = match.userType, !types.contains(where: { $0.value == person?.userType }) { return false }
    return true
  }

  /// `resource`, `operation` and `tags`.
  func covers(_ match: Match, _ permission: Permission) -> Bool {
    if let names = match.resource, !names.contains(where: { $0.value == permission.object.resource }) { return false }
    if let operations = match.operation, !operations.contains(where: { $0.value == permission.operation }) {
      return false
    }
    if let tags = match.tags {
      let own = policy.tags(of: permission.object.resource)
      if !tags.contains(where: { own.contains($0) }) { return false }
    }
    return true
  }
}
