public import WritSyntax

/// Something written that ends by date: a principal's own term, an assignment, a grant.
///
/// It need not take anything away: it may have given nothing, or another entry may carry on what it gave.
public struct EndingEntry: Sendable, Hashable {
  public enum Kind: Sendable, Hashable {
    case principal
    case assignment(RoleName)
    case grantedRole(RoleName)
    case grant
  }

  public var kind: Kind
  /// Whom it is about; sorted. More than one for a grant only.
  public var principals: [PrincipalName]
  /// The first instant after it.
  public var end: Instant
  /// The scalar that says so.
  public var place: SourceSpan
  public var reason: String?
}

extension Policy {
  /// What ends after one instant and no later than another; soonest first, then in file and line order. Entries of a principal
  /// who is suspended or ended before are among them: they are still written.
  public func entries(endingAfter start: Instant, upTo last: Instant) -> [EndingEntry] {
    var found: [EndingEntry] = []
    func add(_ kind: EndingEntry.Kind, _ principals: [PrincipalName], _ term: Term, _ reason: String? = nil) {
      guard let until = term.until, until.value > start, until.value <= last else { return }
      found.append(
        EndingEntry(
          kind: kind, principals: principals.sorted(), end: until.value, place: until.span, reason: reason))
    }
    for principal in principals {
      add(.principal, [principal], term(of: principal))
      for assignment in assignments(of: principal) {
        add(.assignment(assignment.role.value), [principal], assignment.term, assignment.reason?.value)
      }
    }
    for grant in grants {
      var kind = EndingEntry.Kind.grant
      if case .role(let role) = grant.content { kind = .grantedRole(role.value) }
      add(kind, grant.to.map(\.value), grant.term, grant.reason?.value)
    }
    return found.sorted { ($0.end, $0.place) < ($1.end, $1.place) }
  }
}
