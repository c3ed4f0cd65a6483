internal import WritApply
internal import WritPlan
internal import WritPolicy

/// A host that drift is adopted from: what writ left there, and what it shows now.
final class AdoptedHost {
  let target: any Target
  let host: HostName
  let base: DesiredState
  let owned: Set<ObjectID>
  /// In order.
  let drifted: [ObjectID]
  /// What it shows, as far as it was looked at for the policy that the working tree began with.
  private let live: LiveState
  private var further: [ObjectID: (wanted: ObjectState, seen: Observed)] = [:]

  /// Looks at the host.
  ///
  /// - Parameter desired: what the policy of the working tree wants there.
  init(
    _ target: any Target, host: HostName, base: DesiredState, owned: Set<ObjectID>, drifted: [ObjectID],
    desired: DesiredState
  ) throws {
    self.target = target
    self.host = host
    self.base = base
    self.owned = owned.union(base.objects.keys)
    self.drifted = drifted
    live = try target.readLive(Scope(owned: self.owned, desired: desired, base: base))
  }

  /// What the host shows, as far as `desired` needs it.
  ///
  /// - Parameter tree: a tree that is to be looked at anew, because what it is compared with has changed.
  func live(for desired: DesiredState, tree: ObjectID?) throws -> LiveState {
    var live = live
    var missing: [ObjectID: DesiredState.Entry] = [:]
    for (id, entry) in desired.objects {
      if let known = further[id], known.wanted == entry.state {
        live.objects[id] = known.seen
      } else if live.objects[id] == nil || id == tree {
        missing[id] = entry
      }
    }
    guard !missing.isEmpty else { return live }
    // A tree stops at others, and its rule names accounts: it is looked at with everything.
    let scope =
      missing.keys.contains { $0.kind == .tree }
      ? Scope(owned: owned, desired: desired, base: base)
      : Scope(owned: owned.intersection(missing.keys), desired: DesiredState(missing), base: DesiredState())
    let found = try target.readLive(scope)
    for (id, entry) in missing {
      let seen = found.objects[id] ?? .unknown(reason: "the target said nothing of it")
      further[id] = (entry.state, seen)
      live.objects[id] = seen
      live.obstacles[id] = found.obstacles[id]
    }
    return live
  }

  /// What an apply of `reading` would change there.
  func changes(_ reading: Workspace.Reading, tree: ObjectID?) throws -> [Change] {
    let desired = Planning.desired(.host(host), in: reading)
    let planner = Planner(
      target: target.name, base: base, desired: desired, live: try live(for: desired, tree: tree), owned: owned,
      access: reading.access, instant: reading.instant, readinessOfAll: { $0.map { _ in .ready } })
    return planner.targetPlan().changes
  }

  func steps(for id: ObjectID, _ reading: Workspace.Reading, _ terms: AdoptionTerms) throws -> [AdoptionStep] {
    let desired = Planning.desired(.host(host), in: reading)
    return AdoptionSteps(
      host: host, policy: reading.policy, access: reading.access, desired: desired,
      live: try live(for: desired, tree: id.kind == .tree ? id : nil), at: reading.instant, terms: terms
    ).steps(for: id)
  }
}
