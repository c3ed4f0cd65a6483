internal import WritSyntax

extension Policy {
  /// When a principal is active: in its term, not suspended, and for a service account while its owner is active too.
  ///
  /// Empty for a name that is nobody's, and for a service account whose owner is missing or no person: what cannot be
  /// evaluated grants nothing.
  public func activity(of principal: PrincipalName) -> IntervalSet {
    if let person = people[principal] {
      return Self.activity(term: person.term, suspended: person.suspended)
    }
    guard let account = serviceAccounts[principal] else { return .empty }
    guard let owner = account.owner, let person = people[owner.value] else { return .empty }
    return Self.activity(term: account.term, suspended: account.suspended)
      .intersection(Self.activity(term: person.term, suspended: person.suspended))
  }

  private static func activity(term: Term, suspended: Located<Bool>?) -> IntervalSet {
    if suspended?.value == true { return .empty }
    if term.from == nil, term.until == nil { return .always }
    return IntervalSet(term.interval)
  }
}
