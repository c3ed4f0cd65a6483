import Testing
import WritPolicy
import WritSyntax

@testable import WritPlan

/// Egress holds back, so that what widens elsewhere narrows here.
@Suite struct EgressPlanTests {
  private static let id = ObjectID(.egress, "writ")
  private static let now = "2026-11-21T12:00:00Z"

  /// `ann` gets out until the year's end, `bob` does not, nor does the service account.
  private static let text = """
    settings: { internal-networks: [10.1.0.0/16, 10.0.0.0/16, "fd00::/8"] }
    hosts: { gpu01: { connect: "root:/nowhere", labels: [gpu] } }
    people:
      ann: { uid: 20001, roles: [member, { role: traveller, until: 2026-12-31T00:00Z }] }
      bob: { uid: 20002, roles: [member] }
    service-accounts:
      svc: { owner: ann, uid: 19001 }
    roles:
      member: { allow: { train: run } }
      traveller: { allow: { internet: connect } }
    resources:
      train: { hosts: [gpu], command: /opt/bin/train, run-as: svc }
      internet: { hosts: [gpu], egress: external }
    """

  private func plan(_ target: SimulatedTarget, base: Sample?, _ desired: Sample, at text: String = now) throws
    -> TargetPlan
  {
    let now = try instant(text)
    let (base, wanted) = (base?.host(at: try instant(Self.now)) ?? DesiredState(), desired.host(at: now))
    let scope = Set(base.objects.keys).union(wanted.objects.keys)
    let host = try #require(HostName(validating: "gpu01"))
    let plan = Planner(
      target: .host(host), base: base, desired: wanted, live: target.live(scope), owned: [], access: desired.access,
      instant: now, readiness: { _ in .ready }
    ).targetPlan()
    let whole = Plan(commit: "c", base: [:], at: now, validUntil: nil, targets: Plan.numbered([plan]))
    #expect(PlanCheck.faults(in: whole) == [])
    return plan
  }

  private func applied(_ sample: Sample) throws -> SimulatedTarget {
    var target = SimulatedTarget()
    for change in try plan(target, base: nil, sample).changes { _ = target.apply(change) }
    return target
  }

  private func changes(_ plan: TargetPlan) -> [Change] { plan.changes.filter { $0.object == Self.id } }

  @Test func `everybody with an account is on one of two lists, and the end is left on the host`() throws {
    let objects = try Sample(Self.text).host(at: try instant(Self.now)).objects
    let state = try #require(objects[Self.id]?.state)
    #expect(state.list("allowed") == ["20001"] && state.list("denied") == ["19001", "20002"])
    #expect(state.list("internal") == ["10.0.0.0/15", "fd00::/8"] && state["faults"] == .lines([]))
    #expect(objects[ObjectID(.ends, "writ")]?.state.list("lines") == ["2026-12-31T00:00:00Z remove egress ann"])
    let none = try Sample(
      Self.text.replacing("  internet: { hosts: [gpu], egress: external }", with: "")
        .replacing("internet: connect", with: "train: run"))
    #expect(none.host(at: try instant(Self.now)).objects[Self.id] == nil)
  }

  @Test func `rules come with the revocations and go with the grants`() throws {
    let sample = try Sample(Self.text)
    let first = changes(try plan(SimulatedTarget(), base: nil, sample))
    #expect(first.map(\.action) == [.create] && first.map(\.phase) == [.revoke])
    #expect(first[0].causes.contains { $0.edge?.principal.text == "ann" } && !first[0].risk.isEmpty)
    let target = try applied(sample)
    let without = try Sample(
      Self.text.replacing(
        "internet: { hosts: [gpu], egress: external }", with: "render: { hosts: [gpu], unix-group: render }"
      )
      .replacing("internet: connect", with: "render: member"))
    let last = changes(try plan(target, base: sample, without))
    #expect(last.map(\.action) == [.remove] && last.map(\.phase) == [.grant])
    #expect(last[0].causes.map(\.text) == ["no longer needed: egress internet"])
    var plan = Plan(commit: "c", base: [:], at: try instant(Self.now), validUntil: nil, targets: [])
    plan.targets = [try self.plan(target, base: sample, without)]
    #expect(!plan.onlyRevocations.changes.contains { $0.object == Self.id })
    plan.targets[0].changes[plan.targets[0].changes.firstIndex { $0.object == Self.id } ?? 0].phase = .revoke
    #expect(PlanCheck.faults(in: plan).contains { $0.text.contains("among the revocations") })
  }

  @Test func `whoever loses it is held back first, whoever gains it is let go last`() throws {
    let old = try Sample(Self.text)
    let new = try Sample(
      Self.text.replacing("roles: [member, {", with: "roles: [member] }\n  cas: { uid: 20003, roles: [member, {")
        .replacing("bob: { uid: 20002, roles: [member] }", with: "bob: { uid: 20002, roles: [member, traveller] }")
        .replacing("10.0.0.0/16", with: "10.8.0.0/16"))
    let found = changes(try plan(try applied(old), base: old, new))
    #expect(found.map(\.phase) == [.revoke, .grant] && found.allSatisfy { $0.difference == .change })
    let (narrowed, after) = (try #require(found[0].after), try #require(found[1].after))
    #expect(narrowed.list("denied") == ["19001", "20001", "20002"] && narrowed.list("allowed").isEmpty)
    #expect(narrowed.list("internal") == ["fd00::/8"])
    #expect(after.list("denied") == ["19001", "20001"] && after.list("allowed") == ["20002", "20003"])
    #expect(found[0].causes.contains { $0.kind == .revoked && $0.edge?.principal.text == "ann" })
    #expect(found[1].causes.contains { $0.kind == .granted && $0.edge?.principal.text == "bob" })
    var widening = found[0]
    widening.after?["denied"] = .members(["19001"])
    let plan = Plan(
      commit: "c", base: [:], at: try instant(Self.now), validUntil: nil,
      targets: [
        TargetPlan(target: widening.target, standing: .complete, liveDigest: LiveState().digest, changes: [widening])
      ])
    #expect(PlanCheck.faults(in: plan).contains { $0.text.contains("gives something") })
  }

  @Test func `an end that passed is the cause, and what hands changed is drift`() throws {
    let sample = try Sample(Self.text)
    var target = try applied(sample)
    let ended = changes(try plan(target, base: sample, sample, at: "2027-01-01T00:00:00Z"))
    #expect(ended.map(\.phase) == [.revoke] && ended[0].causes.map(\.kind) == [.ended])
    target.objects[Self.id]?["denied"] = .members(["20002"])
    target.objects[Self.id]?["internal"] = .members(["10.0.0.0/15", "203.0.113.0/24", "fd00::/8"])
    let drift = changes(try plan(target, base: sample, sample))
    #expect(drift.map(\.phase) == [.revoke] && drift[0].difference == .drift)
    #expect(drift[0].causes.map(\.text).contains("`19001` is gone from denied"), "\(drift[0].causes)")
    target.objects[Self.id]?["faults"] = .lines(["+ the resolver 10.0.0.53 is not reached", "- not loaded"])
    #expect(changes(try plan(target, base: sample, sample)).map(\.phase) == [.revoke, .grant])
  }

  @Test func `an account that is somebody else's is neither let out nor held back`() throws {
    let sample = try Sample(Self.text)
    let wanted = sample.host(at: try instant(Self.now))
    var live = LiveState()
    for id in wanted.objects.keys { live.objects[id] = .absent }
    live.objects[ObjectID(.account, "bob")] = .foreign(ObjectState([:]))
    live.obstacles[ObjectID(.account, "ann")] = "uid 20001 is postgres's"
    let given = Strangers(wanted, live).givenNothing(by: wanted).objects[Self.id]?.state
    #expect(given?.list("denied") == ["19001"] && given?.list("allowed") == [])
  }

  @Test func `nobody is let in while an account that should be held back is not`() throws {
    let host = try #require(TargetName("host:gpu01"))
    func change(_ kind: ObjectKind, _ name: String = "writ", _ phase: Change.Phase = .grant) -> Change {
      Change(
        id: "c", target: host, action: .update, phase: phase, difference: .change, object: ObjectID(kind, name),
        before: ObjectState([:]), after: ObjectState([:]), causes: [Cause(.granted, "x")])
    }
    let failed = change(.egress, "writ", .revoke)
    for (kind, name, waits) in [
      (ObjectKind.keys, "bob", true), (.sudoers, "writ", true), (.group, "writ-login", true), (.egress, "writ", true),
      (.group, "readers", false), (.tree, "/srv/x", false),
    ] { #expect(change(kind, name).mustWait(for: failed) == waits, "\(kind)") }
    #expect(change(.egress).mustWait(for: change(.account, "bob", .revoke)))
  }
}
