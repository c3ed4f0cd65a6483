import Testing
import WritPolicy
import WritSyntax

@testable import WritPlan

@Suite struct BaselinePlanTests {
  static let hosts = """
    hosts: { gpu01: { connect: "root:/nowhere", labels: [gpu] } }

    """
  static let both = """
    host-baselines:
      shared: { hosts: [gpu], umask: "027", jupyter: { bind: loopback } }
      ports: { hosts: [gpu01], jupyter: { bind: loopback, port: 8888 } }
    """

  private func plan(_ target: SimulatedTarget, base: String, desired: String) throws -> Plan {
    let now = try instant("2026-11-21T12:00:00Z")
    let (before, sample) = (try Sample(Self.hosts + base).host(at: now), try Sample(Self.hosts + desired))
    let wanted = sample.host(at: now)
    let scope = Set(before.objects.keys).union(wanted.objects.keys)
    let plan = Planner(
      target: .host(try #require(HostName(validating: "gpu01"))), base: before, desired: wanted,
      live: target.live(scope), owned: [], access: sample.access, instant: now, readiness: { _ in .ready }
    ).targetPlan()
    let whole = Plan(commit: "c", base: [:], at: now, validUntil: nil, targets: Plan.numbered([plan]))
    #expect(PlanCheck.faults(in: whole) == [])
    return whole
  }

  private func applied(_ text: String) throws -> SimulatedTarget {
    var target = SimulatedTarget()
    for change in try plan(target, base: "", desired: text).changes {
      let matched = target.apply(change)
      #expect(matched)
    }
    return target
  }

  @Test func `several baselines of one host add up, and each is a cause`() throws {
    let state = try Sample(Self.hosts + Self.both).host(at: try instant("2026-11-21T12:00:00Z"))
    #expect(
      state.objects.keys.sorted().map(\.description) == [
        "jupyter notebook", "jupyter server", "umask common-session", "umask common-session-noninteractive",
      ])
    let server = try #require(state.objects[ObjectID(.jupyter, "server")])
    #expect(
      server.state.list("lines") == [
        #"c.ServerApp.ip = "127.0.0.1""#, "c.ServerApp.allow_remote_access = False", "c.ServerApp.port = 8888",
        "c.ServerApp.open_browser = False",
      ])
    #expect(server.causes.map(\.text) == ["host baseline ports", "host baseline shared"])
    #expect(
      state.objects[ObjectID(.umask, "common-session-noninteractive")]?.state.list("lines")
        == ["session optional pam_umask.so umask=027 nousergroups"])
  }

  @Test func `they come before anybody gets anything, and what was done once is done`() throws {
    let target = try applied(Self.both)
    #expect(try plan(SimulatedTarget(), base: "", desired: Self.both).changes.allSatisfy { $0.phase == .prepare })
    #expect(try plan(target, base: Self.both, desired: Self.both).changes.isEmpty)
  }

  @Test func `a mask that a hand changed is drift, and one that the policy changed is none`() throws {
    var target = try applied(Self.both)
    let weaker = Self.both.replacing("\"027\"", with: "\"022\"")
    #expect(try plan(target, base: Self.both, desired: weaker).changes.map(\.difference) == [.change, .change])
    target.objects[ObjectID(.umask, "common-session")]?["lines"] = .lines(["session optional pam_umask.so umask=000"])
    let drift = try plan(target, base: Self.both, desired: Self.both)
    #expect(drift.changes.map { "\($0.object) \($0.difference) \($0.phase)" } == ["umask common-session drift prepare"])
  }

  /// Taking a restriction away gives something, so it waits for its approvals like a gain.
  @Test func `neither a weaker baseline nor one that goes is among the revocations`() throws {
    let target = try applied(Self.both)
    let gone = try plan(target, base: Self.both, desired: "")
    #expect(gone.changes.count == 4 && gone.changes.allSatisfy { $0.action == .remove && $0.phase == .revoke })
    #expect(gone.onlyRevocations.changes.isEmpty)
    let weaker = try plan(target, base: Self.both, desired: Self.both.replacing("\"027\"", with: "\"002\""))
    #expect(weaker.changes.count == 2 && weaker.onlyRevocations.changes.isEmpty)
  }
}
