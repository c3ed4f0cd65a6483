internal import WritApply
internal import WritPlan
internal import WritPolicy
internal import WritSyntax

/// The hosts of a session with what drifted there.
struct DriftedHosts {
  private(set) var hosts: [AdoptedHost] = []
  /// Of hosts from which nothing is adopted, why; for people.
  private(set) var problems: [String] = []

  /// - Parameter working: the policy that is to be edited.
  init(_ session: PlanningSession, _ state: LedgerState, _ working: Workspace.Reading) throws {
    let targets = session.targets.filter { if case .host = $0.name { true } else { false } }
    for plan in try session.drift(from: state, targets) {
      guard let target = targets.first(where: { $0.name == plan.target }), case .host(let name) = plan.target else {
        continue
      }
      do {
        try add(target, name, plan, session, state, working)
      } catch {
        problems.append("\(name): " + (CommandFailure.from(error)?.advice ?? visible(String(describing: error))))
      }
    }
  }

  private mutating func add(
    _ target: any Target, _ name: HostName, _ plan: TargetPlan, _ session: PlanningSession, _ state: LedgerState,
    _ working: Workspace.Reading
  ) throws {
    switch plan.standing {
    case .complete: break
    // What is not known of a host could be what an edit would have to say.
    case .partial(let missing):
      return problems.append(
        "\(name) was not read whole, so nothing is adopted: \(visible(missing.joined(separator: "; ")))")
    case .unreachable(let reason): return problems.append("\(name) could not be read: \(visible(reason))")
    }
    let drifted = Array(Set(plan.changes.map(\.object))).sorted()
    guard working.policy.hosts[name] != nil else {
      if !drifted.isEmpty { problems.append("\(name): the policy no longer names it, and what is writ's there goes") }
      return
    }
    guard case .readable(let base, _) = try session.bases.base(of: target.name) else { return }
    hosts.append(
      try AdoptedHost(
        target, host: name, base: Planning.desired(target.name, in: base), owned: state.owned[target.name] ?? [],
        drifted: drifted, desired: Planning.desired(target.name, in: working)))
  }

  /// The objects that are named, or all, in the order of hosts and objects.
  ///
  /// - Throws: ``CommandFailure`` with status 3 for one that has not drifted.
  func chosen(_ names: [String]) throws -> [(AdoptedHost, ObjectID)] {
    let all = hosts.flatMap { host in host.drifted.map { (host, $0) } }
    if names.isEmpty { return all }
    let wanted = names.compactMap { ObjectID(written: $0) }
    for id in wanted where !all.contains(where: { $0.1 == id }) {
      throw CommandFailure(
        .invalidPolicy, "`\(visible(id.description))` has not drifted on any host that was looked at",
        hint: "`writ drift` lists what has")
    }
    return all.filter { wanted.contains($0.1) }
  }
}
