public import WritPolicy
internal import WritSyntax

/// What somebody who reviews a change has to know of it: the accesses that it moves, and what belongs beside them.
///
/// Names are those of the later policy. Nothing here decides anything; approvals and guards do.
public struct Review: Sendable {
  public var difference: AccessDifference
  /// Resources and sharing groups that carry the tag `high-risk` before or after.
  public var highRisk: Set<ResourceName>
  /// What somebody comes to reach, or no longer reaches, by running commands as another account.
  public var indirectGained: [IndirectEdge]
  public var indirectLost: [IndirectEdge]
  /// Accesses that both policies give and that end at another time.
  public var movedEnds: [MovedEnd]
  /// Entries of those whom the change concerns that end within ``window``, soonest first.
  public var comingEnds: [ComingEnd]
  public var expiryRules: [BindingExpiryRule]
  public var separationRules: [TouchedSeparationRule]
  /// What has to be signed before it may be applied, and what is; nil where nobody judged that.
  public var approvals: ApprovalSummary?
  /// Lists and sections that hold nothing any more.
  public var emptied: [EmptiedList]
  /// Commits that give something and name nothing of it, oldest first. Found by ``SilentCommit``; empty until then.
  public var silentCommits: [SilentCommit] = []
  /// Commits of the range, the oldest, whose messages were not compared with what they give.
  public var uncheckedCommits = 0

  /// The tag that says that an access is never left out of a shortened review.
  public static let highRiskTag = "high-risk"
  /// How soon an end is worth a word to a reviewer.
  public static let window = Duration(seconds: 14 * 86_400)

  public init(_ difference: AccessDifference, base: Snapshot, head: Snapshot) {
    self.difference = difference
    let renames = Renames(from: base.policy, to: head.policy)
    highRisk = Self.highRisk(base.policy, renames).union(Self.highRisk(head.policy, nil))
    (indirectGained, indirectLost) = IndirectEdge.difference(base, head, renames, from: difference.from)
    movedEnds = MovedEnd.all(base.access, head.access, renames, from: difference.from)
    comingEnds = ComingEnd.all(head, concerning: difference.principals, from: difference.from)
    var reach = RuleReach(head.policy, head.access)
    expiryRules = BindingExpiryRule.all(difference, head.policy, reach)
    separationRules = TouchedSeparationRule.all(base, head, &reach, renames, from: difference.from)
    emptied = EmptiedList.all(from: base.policy, to: head.policy)
  }

  public func isHighRisk(_ change: AccessDifference.Change) -> Bool {
    highRisk.contains(change.key.permission.object.resource)
  }

  private static func highRisk(_ policy: Policy, _ renames: Renames?) -> Set<ResourceName> {
    let all = Array(policy.resources.keys) + Array(policy.sharingGroups.keys)
    let risky = all.filter { name in policy.tags(of: name).contains { $0.value == highRiskTag } }
    return Set(risky.map { renames?.now($0) ?? $0 })
  }
}

extension AccessDifference {
  /// Everybody whom it concerns.
  var principals: Set<PrincipalName> {
    Set((gained + lost).map(\.key.principal) + sensitive.flatMap(\.principals))
      .union(sensitive.compactMap { PrincipalName(validating: $0.subject) })
  }
}

extension IndirectEdge {
  /// What the later policy lets somebody reach that the earlier one did not, and the other way round.
  static func difference(
    _ base: Snapshot, _ head: Snapshot, _ renames: Renames, from now: Instant
  ) -> (gained: [IndirectEdge], lost: [IndirectEdge]) {
    func coming(_ edges: [IndirectEdge]) -> [IndirectEdge] { edges.filter { !$0.holds.from(now).isEmpty } }
    let old = coming(indirectAccess(of: base.policy, access: base.access)).map { edge in
      var edge = edge
      edge.principal = renames.now(edge.principal)
      edge.reached = renames.now(edge.reached)
      edge.via = edge.via.map { renames.now(EdgeKey(edge.principal, $0)).permission }
      return edge
    }
    let new = coming(indirectAccess(of: head.policy, access: head.access))
    let (was, now) = (Set(old.map(Way.init)), Set(new.map(Way.init)))
    return (new.filter { !was.contains(Way($0)) }, old.filter { !now.contains(Way($0)) })
  }

  /// Who reaches what as whom, whatever the time and the hosts: those follow the access to the command, which is told itself.
  private struct Way: Hashable {
    var principal: PrincipalName
    var reached: EdgeKey

    init(_ edge: IndirectEdge) {
      principal = edge.principal
      reached = edge.reached
    }
  }
}
