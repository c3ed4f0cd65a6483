internal import WritApply
internal import WritHistory
internal import WritPlan
internal import WritPolicy
internal import WritSSHSignature
internal import WritSyntax
internal import WritSystem

/// Puts together what a plan needs: desired from git, base from the ledger, live from the targets.
struct Planning {
  let reading: Workspace.Reading
  /// Nil before the first apply.
  let ledger: LedgerState?
  let bases: PlanBases
  let targets: [any Target]
  /// Those of the targets that the policy no longer names.
  let leaving: Set<TargetName>
  /// Whether what is older than writ becomes writ's where the policy names it.
  var takesIn = false
  var crew = TargetCrew()

  /// The finished plan, with what the guards need to judge it.
  struct Result {
    var plan: Plan
    var bases: [TargetName: PlanBases.Base]
  }

  /// A target, with all that is known of it before it is asked.
  struct Inquiry {
    let target: any Target
    let base: PlanBases.Base
    fileprivate let question: Question
    fileprivate let planning: Planning
  }

  func result() throws -> Result {
    let inquiries = try inquiries()
    return try result(Self.answers(inquiries, crew), to: inquiries)
  }

  /// In the order of the targets. Git is read here, by one thread; the targets by several.
  func inquiries() throws -> [Inquiry] {
    try targets.map {
      let base = try bases.base(of: lastName(of: $0.name))
      return Inquiry(target: $0, base: base, question: try question(about: $0.name, base: base), planning: self)
    }
  }

  /// Asks targets, several at a time, perhaps those of several readings; the answers in the order of the inquiries.
  static func answers(_ inquiries: [Inquiry], _ crew: TargetCrew) -> [TargetPlan] {
    let known = Dictionary(inquiries.map { ($0.target.name, $0) }) { first, _ in first }
    return crew.map(inquiries.map(\.target)) { target in
      known[target.name].map { $0.planning.plan(target, $0.question) }
    }.compactMap { $0 }
  }

  /// Makes a plan of what was answered.
  func result(_ plans: [TargetPlan], to inquiries: [Inquiry]) throws -> Result {
    let found = Dictionary(inquiries.map { ($0.target.name, $0.base) }) { first, _ in first }
    let plan = Plan(
      commit: reading.commit ?? "working-tree", base: found.compactMapValues(\.point), at: reading.instant,
      validUntil: reading.access.nextChange(after: reading.instant), targets: Plan.numbered(plans))
    let faults = PlanCheck.faults(in: plan)
    guard faults.isEmpty else {
      throw CommandFailure(
        .bug, "the plan failed its own check: " + faults.map { "\($0.change) \($0.text)" }.joined(separator: "; "),
        hint: "nothing was changed; please report this")
    }
    return Result(plan: plan, bases: found)
  }

  /// All that is known of a target before it is asked.
  fileprivate struct Question {
    var wanted: DesiredState
    var before = DesiredState()
    var owned: Set<ObjectID>
    var remarks: [String] = []
  }

  private func question(about target: TargetName, base: PlanBases.Base) throws -> Question {
    let wanted = Self.desired(target, in: reading)
    let lastName = lastName(of: target)
    var before = DesiredState()
    var owned = [target, lastName].reduce(Set<ObjectID>()) { $0.union(ledger?.owned[$1] ?? []) }
    var remarks: [String] = []
    switch base {
    case .none: break
    case .readable(let reading, _): before = Self.desired(lastName, in: reading)
    case .unreadable(let point, let problem):
      owned.formUnion(try bases.made(on: lastName))
      remarks.append(
        "its base, commit \(point.commit.prefix(10)), is a policy that this version finds wrong (\(problem)): what writ made "
          + "here is known from the plans in the ledger, and no difference is called drift")
    }
    owned.formUnion(before.objects.keys)
    if leaving.contains(target) { remarks.append(Self.farewell(target)) }
    return Question(wanted: wanted, before: before, owned: owned, remarks: remarks)
  }

  private func plan(_ target: any Target, _ asked: Question) -> TargetPlan {
    var plan: TargetPlan
    do {
      let live = try target.readLive(Scope(owned: asked.owned, desired: asked.wanted, base: asked.before))
      var planner = Planner(
        target: target.name, base: asked.before, desired: asked.wanted, live: live, owned: asked.owned,
        access: reading.access, instant: reading.instant, readinessOfAll: { target.readiness(of: $0) })
      planner.takesIn = takesIn
      plan = planner.targetPlan()
    } catch {
      let reason = CommandFailure.from(error)?.advice ?? visible(String(describing: error))
      plan = TargetPlan(
        target: target.name, standing: .unreachable(reason), liveDigest: LiveState().digest, changes: [])
    }
    plan.remarks += asked.remarks
    plan.isLeaving = leaving.contains(target.name)
    return plan
  }

  private static func farewell(_ target: TargetName) -> String {
    "the policy no longer names it: what writ made there is taken away, and then the ledger lets it go; if it cannot be "
      + "reached any more: writ apply --release \(target) REASON"
  }

  /// What a target was called at its last complete apply: a host that is renamed takes its base along, or whoever leaves
  /// with that commit would keep what they have there.
  private func lastName(of target: TargetName) -> TargetName {
    guard case .host(let name) = target, let ledger, ledger.base[target] == nil else { return target }
    let former = (reading.policy.hosts[name]?.previously ?? []).map(\.value)
    return former.first { reading.policy.hosts[$0] == nil && ledger.base[.host($0)] != nil }.map(TargetName.host)
      ?? target
  }

  /// What a target shall look like; of one that the policy does not name, nothing.
  static func desired(_ target: TargetName, in reading: Workspace.Reading) -> DesiredState {
    guard reading.policy.names(target) else { return DesiredState() }
    switch target {
    case .host(let host):
      return .host(host, policy: reading.policy, access: reading.access, at: reading.instant)
    case .vault(let vault):
      return .vault(vault, policy: reading.policy, access: reading.access, at: reading.instant)
    }
  }
}
