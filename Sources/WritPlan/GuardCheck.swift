public import WritHistory
public import WritPolicy
internal import WritSyntax

/// The guards over one move from base to desired.
public struct GuardCheck {
  /// Share of edges over which a removal trips when policy writes none, in percent.
  public static let defaultMaxRemovalPercent = 25
  /// Losses of one resource, or on one target, from which its share counts.
  public static let smallestCountedLoss = 5
  /// An end that is brought forward into this time counts as a removal: once written, it would be none when it comes.
  public static let soon = Duration(seconds: 7 * 86_400)

  public let base: Snapshot
  public let baseInstant: Instant
  public let head: Snapshot
  public let instant: Instant
  /// Who applies, when policy knows them.
  public let applier: PrincipalName?
  /// What differs of trees on the targets that stand at base.
  public let trees: [TreeMove]
  /// Everything that the whole move does.
  let items: Set<GuardItem>

  /// - Parameter base: the policy that the target was last brought to, at `baseInstant`.
  public init(
    base: Snapshot, baseInstant: Instant, head: Snapshot, instant: Instant, applier: PrincipalName?,
    trees: [TreeMove] = []
  ) {
    self.base = base
    self.baseInstant = baseInstant
    self.head = head
    self.instant = instant
    self.applier = applier
    self.trees = trees
    items = GuardMove(from: base, to: head, at: instant).items(applier: applier)
  }

  /// What trips, whatever any commit's message says.
  public func tripped() -> [TrippedGuard] { tripped(excusing: []) }

  /// - Parameter excused: items that a trailer speaks for.
  func tripped(excusing excused: Set<GuardItem>) -> [TrippedGuard] {
    let left = items.subtracting(excused)
    return removals(left) + administrators(left) + applierAccess(left) + privileges(left) + treeChanges(left)
  }

  // MARK: shares

  private func removals(_ items: Set<GuardItem>) -> [TrippedGuard] {
    var all = Share()
    var byResource: [ResourceName: Share] = [:]
    var byTarget: [TargetName: Share] = [:]
    for edge in base.access.edges(at: baseInstant) {
      let isLost = items.contains(.edge(edge.key))
      all.count(isLost)
      byResource[edge.permission.object.resource, default: Share()].count(isLost)
      for target in edge.targets { byTarget[target, default: Share()].count(items.contains(.place(edge.key, target))) }
    }
    let limit = head.policy.guards.maxRemovalPercent?.value ?? Self.defaultMaxRemovalPercent
    var out: [TrippedGuard] = []
    func trip(_ share: Share, _ scope: String, _ what: String) {
      out.append(
        TrippedGuard(
          .maxRemoval, scope: scope,
          "\(share.lost) of \(share.held) accesses\(what) would be removed; at most \(limit) % may go at once"))
    }
    if all.exceeds(limit) { trip(all, "", "") }
    for (resource, share) in byResource.sorted(by: { $0.key < $1.key })
    where share.lost >= Self.smallestCountedLoss && share.exceeds(limit) {
      trip(share, resource.text, " to \(resource)")
    }
    // Where accesses end altogether the line above says it; this one is about a target that loses what others keep.
    if out.isEmpty {
      for (target, share) in byTarget.sorted(by: { $0.key < $1.key })
      where share.lost >= Self.smallestCountedLoss && share.exceeds(limit) {
        trip(share, target.description, " on \(target)")
      }
    }
    return out
  }

  private struct Share {
    var held = 0
    var lost = 0

    mutating func count(_ isLost: Bool) {
      held += 1
      if isLost { lost += 1 }
    }

    func exceeds(_ percent: Int) -> Bool { lost > 0 && lost * 100 > held * percent }
  }

  // MARK: people

  private func administrators(_ items: Set<GuardItem>) -> [TrippedGuard] {
    guard let least = head.policy.guards.minAdministrators?.value, !head.policy.guards.administratorRoles.isEmpty,
      items.contains(where: { $0.guardName == .minAdministrators })
    else { return [] }
    let count = head.policy.administrators(at: instant).count
    // Where there were too few already, what takes no further one away need not wait for others.
    guard count < least, count < base.policy.administrators(at: baseInstant).count else { return [] }
    let roles = head.policy.guards.administratorRoles.map(\.value.text).sorted().joined(separator: ", ")
    return [TrippedGuard(.minAdministrators, "\(count) would be left with \(roles); at least \(least) must be")]
  }

  private func applierAccess(_ items: Set<GuardItem>) -> [TrippedGuard] {
    guard let applier else { return [] }
    if items.contains(.applierRole) {
      return [TrippedGuard(.applierAccess, "\(applier), who applies, would be an administrator no longer")]
    }
    let logins = items.compactMap { item -> EdgeKey? in
      if case .applierLogin(let key) = item { key } else { nil }
    }
    guard let first = logins.filter({ base.access.holds($0, at: baseInstant) }).min() else { return [] }
    return [TrippedGuard(.applierAccess, "\(applier), who applies, would lose \(first.permission)")]
  }

  // MARK: root

  private func privileges(_ items: Set<GuardItem>) -> [TrippedGuard] {
    var out: [TrippedGuard] = []
    for resource in head.policy.resources.keys.sorted() {
      if items.contains(.rootCommand(resource)) {
        out.append(TrippedGuard(.rootCommands, scope: resource.text, "\(resource) would newly amount to root"))
      }
      if items.contains(.privileged(resource)) {
        out.append(
          TrippedGuard(.privilegedCommands, scope: resource.text, "\(resource) is privileged, and new or changed"))
      }
    }
    return out
  }
}
