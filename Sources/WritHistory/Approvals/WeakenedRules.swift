internal import WritPolicy
internal import WritSyntax

/// Accepted rules that the change drops or weakens, and those whose approvers it appoints.
struct WeakenedRules {
  private let change: ApprovalChange
  private let weakened: Set<Int>

  init(_ change: ApprovalChange) {
    self.change = change
    let now = change.head.policy.approvalRules
    weakened = Set(
      change.accepted.policy.approvalRules.enumerated()
        .filter { _, rule in !now.contains { Self.isAsStrict($0, as: rule, change.renames) } }.map(\.offset))
  }

  /// What the item changes about the rule itself; empty when nothing.
  func concerns(
    of rule: ApprovalRule, at index: Int, _ subject: ApprovalChange.Subject
  ) -> [ApprovalChange.Concern] {
    guard case .sensitive(let item) = subject.item else { return [] }
    switch item.kind {
    case .approvalRules: return weakened.contains(index) ? subject.concerns : []
    case .approvers:
      let appointed = rule.approverRoles.contains { change.renames.now($0.value).text == item.subject }
      return appointed ? subject.concerns : []
    case .manager: return rule.acceptsManager ? subject.concerns : []
    default: return []
    }
  }

  /// Whether `new` demands everything that `old` does, of everything that `old` is about.
  static func isAsStrict(_ new: ApprovalRule, as old: ApprovalRule, _ renames: Renames) -> Bool {
    new.approvals.value >= old.approvals.value && new.level >= old.level
      && (new.maxAge?.value.seconds ?? .max) <= (old.maxAge?.value.seconds ?? .max)
      && new.excluded.isSuperset(of: old.excluded)
      && Set(new.by.map(\.value)).isSubset(of: old.by.map { renamed($0.value, renames) })
      && isAsWide(new.match, as: old.match, renames)
  }

  private static func renamed(
    _ approver: ApprovalRule.Approver, _ renames: Renames
  ) -> ApprovalRule.Approver {
    if case .role(let role) = approver { .role(renames.now(role)) } else { approver }
  }

  private static func isAsWide(_ new: Match, as old: Match, _ renames: Renames) -> Bool {
    covers(new.principal, old.principal, renames.now) && covers(new.kind, old.kind) { $0 }
      && covers(new.userType, old.userType) { $0 } && covers(new.role, old.role, renames.now)
      && covers(new.resource, old.resource, renames.now) && covers(new.operation, old.operation) { $0 }
      && covers(new.tags, old.tags) { $0 } && coversChanges(new, old)
  }

  /// A key that is not written covers everything.
  private static func covers<Value: Hashable>(
    _ new: [Located<Value>]?, _ old: [Located<Value>]?, _ renamed: (Value) -> Value
  ) -> Bool {
    guard let new else { return true }
    guard let old else { return false }
    return Set(new.map(\.value)).isSuperset(of: old.map { renamed($0.value) })
  }

  /// Without `change` a rule is about gains too, with it only about those kinds: neither covers the other, except that a
  /// rule about any access is about all that is sensitive.
  private static func coversChanges(_ new: Match, _ old: Match) -> Bool {
    func kinds(_ match: Match) -> Set<SensitiveKind>? {
      match.change.map { $0.reduce(into: []) { $0.formUnion($1.value.kinds) } }
    }
    guard let now = kinds(new) else { return true }
    guard let then = kinds(old) else { return false }
    return now.isSuperset(of: then)
  }
}
