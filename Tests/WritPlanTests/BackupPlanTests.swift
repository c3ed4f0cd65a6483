import Testing
import WritPolicy

@testable import WritPlan

@Suite struct BackupPlanTests {
  private static let text = """
    hosts: { gpu01: { connect: "root:/nowhere", labels: [gpu] } }
    resources:
      envs: { hosts: [gpu], tree: /opt/envs, group: readers, backup: { every: 36h, keep: 14, to: /srv/backup/envs } }
      own: { hosts: [gpu], tree: "/srv/out/{account}", backup: { every: 1d, keep: 2, to: /srv/backup/out } }
      plain: { hosts: [gpu], tree: /opt/plain }
    """
  private static let id = ObjectID(.backup, "envs")

  private func plan(_ live: ObjectState?, base: String?, _ desired: String) throws -> [Change] {
    let now = try instant("2026-11-21T12:00:00Z")
    let sample = try Sample(desired)
    let wanted = sample.host(at: now)
    let known = try base.map { try Sample($0).host(at: now) } ?? DesiredState()
    func only(_ state: DesiredState) -> DesiredState { DesiredState(state.objects.filter { $0.key == Self.id }) }
    let host = try #require(HostName(validating: "gpu01"))
    let planned = Planner(
      target: .host(host), base: only(known), desired: only(wanted),
      live: LiveState(objects: [Self.id: live.map(Observed.present) ?? .absent]), owned: [], access: sample.access,
      instant: now, readiness: { _ in .ready }
    ).targetPlan()
    let whole = Plan(commit: "c", base: [:], at: now, validUntil: nil, targets: Plan.numbered([planned]))
    #expect(PlanCheck.faults(in: whole) == [])
    return planned.changes
  }

  private func state() throws -> ObjectState {
    try #require(try Sample(Self.text).host(at: instant("2026-11-21T12:00:00Z")).objects[Self.id]?.state)
  }

  @Test func `each backup is an object of its own, and of personal trees the folder around them`() throws {
    let objects = try Sample(Self.text).host(at: try instant("2026-11-21T12:00:00Z")).objects
    #expect(objects.keys.filter { $0.kind == .backup }.map(\.name).sorted() == ["envs", "own"])
    let envs = try state()
    #expect(envs.text("every") == "36h" && envs.text("keep") == "14" && envs.text("to") == "/srv/backup/envs")
    #expect(objects[ObjectID(.backup, "own")]?.state.text("tree") == "/srv/out")
    #expect(objects[Self.id]?.causes.first?.text == "resource envs is backed up")
  }

  @Test func `what becomes of the snapshots is said when a backup moves or goes`() throws {
    #expect(try plan(nil, base: nil, Self.text).map(\.action) == [.create])
    #expect(try plan(state(), base: Self.text, Self.text) == [])
    let moved = try plan(state(), base: Self.text, Self.text.replacing("/srv/backup/envs", with: "/srv/backup/e"))
    #expect(moved.map(\.risk) == ["the snapshots in /srv/backup/envs stay there; no apply removes them"])
    let fewer = try plan(state(), base: Self.text, Self.text.replacing("keep: 14", with: "keep: 7"))
    #expect(fewer.map(\.action) == [.update] && fewer[0].risk == "" && fewer[0].difference == .change)
    let gone = Self.text.replacing(", backup: { every: 36h, keep: 14, to: /srv/backup/envs }", with: "")
    let last = try plan(state(), base: Self.text, gone)
    #expect(last.map(\.action) == [.remove] && last[0].risk == moved[0].risk)
  }

  @Test func `an open folder is shut with the revocations, all else waits`() throws {
    var live = try state()
    live["faults"] = .lines(["- open", "+ without its timer"])
    let changes = try plan(live, base: Self.text, Self.text)
    #expect(changes.map(\.phase) == [.revoke, .grant] && changes.allSatisfy { $0.difference == .drift })
    let host = try #require(HostName(validating: "gpu01"))
    func kept(_ changes: [Change]) -> Int {
      Plan(
        commit: "c", base: [:], at: Instant(seconds: 0), validUntil: nil,
        targets: [
          TargetPlan(target: .host(host), standing: .complete, liveDigest: LiveState().digest, changes: changes)
        ]
      ).onlyRevocations.changes.count
    }
    #expect(kept(changes) == 1)
    let gone = Self.text.replacing(", backup: { every: 36h, keep: 14, to: /srv/backup/envs }", with: "")
    #expect(kept(try plan(state(), base: Self.text, gone)) == 0)
  }
}
