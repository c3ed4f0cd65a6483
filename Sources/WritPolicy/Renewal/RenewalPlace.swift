public import WritSyntax

/// A written entry that gives somebody what is to be renewed, and when it ends.
public struct RenewalPlace: Sendable, Hashable {
  public enum Kind: Sendable, Hashable {
    case assignment(RoleName)
    /// The others who are named in the same grant.
    case grant(others: [PrincipalName])
  }

  public var kind: Kind
  /// The whole entry.
  public var entry: SourceSpan
  /// The scalar after `until:`; nil where none is written.
  public var until: Located<Instant>?
  public var reason: String?

  public static func == (a: RenewalPlace, b: RenewalPlace) -> Bool { a.entry == b.entry }
  public func hash(into hasher: inout Hasher) { hasher.combine(entry) }

  /// The first instant at which the entry gives nothing.
  public var end: Instant { until?.value ?? .distantFuture }
}

extension Policy {
  /// What is renewed.
  public enum Renewable: Sendable, Hashable {
    /// A role, held by an assignment or a grant, or included by one that is.
    case role(RoleName)
    case permission(Permission)
  }

  /// The entries that give `principal` what is asked for at `instant` or later, or, where none does any more, those that did.
  /// In file and line order. What a custodian has follows from the vault and ends with no entry.
  public func places(of wanted: Renewable, for principal: PrincipalName, access: Access, at instant: Instant)
    -> [RenewalPlace]
  {
    let entries: Set<SourceSpan>
    switch wanted {
    case .permission(let permission):
      let edge = access[EdgeKey(principal, permission)]
      entries = Set((edge?.derivations ?? []).filter { $0.origin != .custodian }.map(\.entry))
    case .role(let role):
      var evaluation = Evaluation(self)
      guard let number = evaluation.number[principal] else { return [] }
      let extras = evaluation.extras()
      let giving = evaluation.entries(of: number, extras).filter { entry in
        guard case .role(let held) = entry.content else { return false }
        return evaluation.closedRole(held).roles.contains(role)
      }
      entries = Set(giving.map(\.span))
    }
    let all = written(for: principal).filter { entries.contains($0.entry) }.sorted { $0.entry < $1.entry }
    let current = all.filter { $0.end > instant }
    return current.isEmpty ? all : current
  }

  private func written(for principal: PrincipalName) -> [RenewalPlace] {
    assignments(of: principal).map {
      RenewalPlace(
        kind: .assignment($0.role.value), entry: $0.span, until: $0.term.until, reason: $0.reason?.value)
    }
      + grants.filter { $0.to.contains { $0.value == principal } }.map { grant in
        RenewalPlace(
          kind: .grant(others: grant.to.map(\.value).filter { $0 != principal }), entry: grant.span,
          until: grant.term.until, reason: grant.reason?.value)
      }
  }
}
