import Testing
import WritHistory
import WritPlan
import WritPolicy
import WritSyntax

@Suite struct PlannerTests {
  static let lab = """
    hosts:
      gpu01: { connect: "root:/nowhere", labels: [gpu] }
    people:
      li.na:
        uid: 20001
        ssh-keys: ["ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOzSnlWD8Zo+8WtBb1bzq8FmPvBKMS4m3AQuB5s8XhNP li.na"]
        roles: [member, { role: maintainer, until: 2026-12-31T00:00Z }]
      wang.fang:
        uid: 20002
        roles: [member]
    service-accounts:
      conda-user: { owner: li.na, uid: 19001 }
    roles:
      member: { allow: { envs: read, outputs: write, login: ssh, render: member } }
      maintainer: { allow: { update: run, envs: write } }
    resources:
      envs: { hosts: [gpu], tree: /opt/envs, owner: conda-user, group: readers }
      outputs: { hosts: [gpu], tree: "/srv/outputs/{account}" }
      login: { hosts: [gpu], login: ssh }
      render: { hosts: [gpu], unix-group: render }
      update: { hosts: [gpu], command: /opt/bin/update, arguments: [--all], run-as: conda-user }
    """

  static let now = "2026-11-21T12:00:00Z"

  func plan(
    base: DesiredState, desired: Sample, at now: Instant, _ target: SimulatedTarget
  ) throws -> TargetPlan {
    let wanted = desired.host(at: now)
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

  @Test func `the host of a policy has exactly the objects that it names`() throws {
    let now = try instant(Self.now)
    let state = try Sample(Self.lab).host(at: now)
    #expect(
      state.objects.keys.sorted().map(\.description) == [
        "account conda-user", "account lina", "account wangfang", "ends writ", "group readers", "group readers-w",
        "group writ-login", "keys lina", "membership render/lina", "membership render/wangfang", "sshd writ",
        "sudoers writ", "tree /opt/envs", "tree /srv/outputs/lina", "tree /srv/outputs/wangfang",
      ])
    #expect(state.objects[ObjectID(.group, "readers")]?.state.list("members") == ["lina", "wangfang"])
    #expect(state.objects[ObjectID(.group, "readers-w")]?.state.list("members") == ["lina"])
    #expect(
      state.objects[ObjectID(.sudoers, "writ")]?.state.list("lines") == [
        "lina ALL=(conda-user) NOTAFTER=20261230235959Z NOPASSWD: /opt/bin/update --all"
      ])
    #expect(state.objects[ObjectID(.tree, "/opt/envs")]?.state.text("owner") == "conda-user")
    #expect(
      state.objects[ObjectID(.ends, "writ")]?.state.list("lines") == [
        "2026-12-31T00:00:00Z remove member readers-w lina"
      ])
    // wang.fang has no key, so nothing lets her in yet.
    #expect(state.objects[ObjectID(.group, "writ-login")]?.state.list("members") == ["lina"])
  }

  @Test func `a plan after a perfect apply is empty`() throws {
    let now = try instant(Self.now)
    let sample = try Sample(Self.lab)
    var target = SimulatedTarget()
    let first = try plan(base: DesiredState(), desired: sample, at: now, target)
    for change in first.changes {
      let matched = target.apply(change)
      #expect(matched, "\(change.object)")
    }
    let second = try plan(base: sample.host(at: now), desired: sample, at: now, target)
    #expect(second.changes == [])
    #expect(target.objects == sample.host(at: now).objects.mapValues(\.state))
  }

  @Test func `revocations come before grants and each says why`() throws {
    let now = try instant(Self.now)
    let old = try Sample(Self.lab)
    let new = try Sample(
      Self.lab.replacing("  wang.fang:\n    uid: 20002\n    roles: [member]\n", with: "")
        .replacing(
          "service-accounts:",
          with: "  zhang.wei: { uid: 20003, roles: [member] }\nservice-accounts:"))
    var target = SimulatedTarget()
    for change in try plan(base: DesiredState(), desired: old, at: now, target).changes { _ = target.apply(change) }
    let moved = try plan(base: old.host(at: now), desired: new, at: now, target)
    let readers = moved.changes.filter { $0.object == ObjectID(.group, "readers") }
    #expect(readers.map(\.phase) == [.revoke, .grant])
    #expect(readers.first?.after?.list("members") == ["lina"])
    #expect(readers.last?.after?.list("members") == ["lina", "zhangwei"])
    #expect(readers.first?.causes.first?.kind == .revoked)
    #expect(readers.first?.causes.first?.text == "policy no longer gives wang.fang envs:read")
    #expect(moved.changes.contains { $0.object == ObjectID(.account, "wangfang") && $0.action == .retire })
    for change in moved.changes {
      let matched = target.apply(change)
      #expect(matched, "\(change.object)")
    }
    // What is retired stays and is no difference any more.
    #expect(target.objects[ObjectID(.account, "wangfang")]?.text("password") == "!*")
  }

  @Test func `an end that passed is named as the cause`() throws {
    let before = try instant(Self.now)
    let after = try instant("2027-01-01T00:00:00Z")
    let sample = try Sample(Self.lab)
    var target = SimulatedTarget()
    for change in try plan(base: DesiredState(), desired: sample, at: before, target).changes {
      _ = target.apply(change)
    }
    let moved = try plan(base: sample.host(at: before), desired: sample, at: after, target)
    let writers = try #require(moved.changes.first { $0.object == ObjectID(.group, "readers-w") })
    #expect(writers.phase == .revoke)
    #expect(writers.causes.map(\.kind) == [.ended])
    #expect(writers.causes.first?.until == (try instant("2026-12-31T00:00:00Z")))
    #expect(moved.changes.contains { $0.object == ObjectID(.sudoers, "writ") && $0.action == .remove })
  }

  @Test func `what somebody did by hand is drift and what is unknown is left alone`() throws {
    let now = try instant(Self.now)
    let sample = try Sample(Self.lab)
    var target = SimulatedTarget()
    for change in try plan(base: DesiredState(), desired: sample, at: now, target).changes { _ = target.apply(change) }
    let readers = ObjectID(.group, "readers")
    target.objects[readers]?["members"] = .members(["lina", "wangfang", "mallory"])
    let tree = ObjectID(.tree, "/opt/envs")
    target.objects[tree]?["deviations"] = .lines([
      "- files mode 0666 → 0640: 2 (a, b)", "+ files mode 0600 → 0640: 1 (c)",
    ])
    let base = sample.host(at: now)
    let drift = try plan(base: base, desired: sample, at: now, target)
    #expect(drift.changes.map(\.object) == [readers, tree, tree])
    #expect(drift.changes.allSatisfy { $0.difference == .drift })
    #expect(drift.changes[0].causes.first?.text == "`mallory` was added to members on the target")
    #expect(drift.changes[1].phase == .revoke && drift.changes[2].phase == .grant)
    for change in drift.changes {
      let matched = target.apply(change)
      #expect(matched, "\(change.object)")
    }
    #expect(try plan(base: base, desired: sample, at: now, target).changes == [])

    var live = target.live(base.objects.keys)
    live.objects[readers] = .unknown(reason: "cannot be read")
    let host = try #require(HostName(validating: "gpu01"))
    let partial = Planner(
      target: .host(host), base: base, desired: DesiredState(), live: live, owned: [], access: sample.access,
      instant: now, readiness: { _ in .ready }
    ).targetPlan()
    #expect(partial.standing == .partial(missing: ["group readers: cannot be read"]))
    #expect(!partial.changes.contains { $0.object == readers })
  }

  @Test func `what was there before writ is a conflict and blocked`() throws {
    let now = try instant(Self.now)
    let sample = try Sample(Self.lab)
    var live = SimulatedTarget().live(sample.host(at: now).objects.keys)
    let account = ObjectID(.account, "lina")
    live.objects[account] = .foreign(ObjectState(["uid": .text("1000")]))
    let host = try #require(HostName(validating: "gpu01"))
    let changes = Planner(
      target: .host(host), base: DesiredState(), desired: sample.host(at: now), live: live, owned: [],
      access: sample.access, instant: now, readiness: { _ in .ready }
    ).targetPlan().changes
    let change = try #require(changes.first { $0.object == account })
    #expect(change.difference == .conflict)
    #expect(change.readiness != .ready)
  }

  @Test func `a renamed person's new account does not take the uid of the old one`() throws {
    let now = try instant(Self.now)
    let old = try Sample(Self.lab)
    let new = try Sample(
      Self.lab.replacing("  wang.fang:\n", with: "  wang.li:\n    previously: [wang.fang]\n"))
    var target = SimulatedTarget()
    for change in try plan(base: DesiredState(), desired: old, at: now, target).changes { _ = target.apply(change) }
    let moved = try plan(base: old.host(at: now), desired: new, at: now, target)
    let account = try #require(moved.changes.first { $0.object == ObjectID(.account, "wangli") })
    guard case .blocked(let reason) = account.readiness else {
      Issue.record("it is ready")
      return
    }
    #expect(reason.contains("write `account: wangfang`"))
  }

  @Test func `each coming end says whose it is`() throws {
    let now = try instant(Self.now)
    let entry = try #require(try Sample(Self.lab).host(at: now).objects[ObjectID(.ends, "writ")])
    #expect(entry.elementCauses.values.flatMap { $0 }.map(\.edge?.principal.text) == ["li.na"])
    #expect(entry.elementCauses.keys.sorted() == entry.state.list("lines").map { "lines=\($0)" })
  }

  func changes(foreign: [ObjectID], unsaid: Set<ObjectID> = []) throws -> [Change] {
    let now = try instant(Self.now)
    let sample = try Sample(Self.lab)
    let desired = sample.host(at: now)
    var live = SimulatedTarget().live(desired.objects.keys.filter { !unsaid.contains($0) })
    for id in foreign {
      live.objects[id] = .foreign(ObjectState(["uid": .text("1000"), "members": .set(["mallory"])]))
    }
    let host = try #require(HostName(validating: "gpu01"))
    return Planner(
      target: .host(host), base: DesiredState(), desired: desired, live: live, owned: [], access: sample.access,
      instant: now, readiness: { _ in .ready }
    ).targetPlan().changes
  }

  /// An account of that name belonged to somebody else, who got the groups, keys and sudo of the namesake.
  @Test func `an account that was there before writ is given nothing`() throws {
    let changes = try changes(foreign: [ObjectID(.account, "lina")])
    for change in changes where change.readiness == .ready {
      #expect(!change.after.debugDescription.contains("lina"), "\(change.object)")
    }
    let blocked = Set(changes.filter { $0.readiness != .ready }.map(\.object.description))
    #expect(blocked == ["account lina", "keys lina", "membership render/lina", "tree /srv/outputs/lina"])
    #expect(!changes.contains { $0.object.kind == .sudoers })
  }

  /// Members of a group that had the name before got the tree.
  @Test func `no tree is opened to a group that was there before writ`() throws {
    let changes = try changes(foreign: [ObjectID(.group, "readers")])
    let blocked = Set(changes.filter { $0.readiness != .ready }.map(\.object.description))
    #expect(blocked == ["group readers", "tree /opt/envs"])
  }

  @Test func `what a target says nothing of is unknown and not absent`() throws {
    let id = ObjectID(.sudoers, "writ")
    #expect(!(try changes(foreign: [], unsaid: [id])).contains { $0.object == id })
  }

  /// Without a drop-in a former member's own `~/.ssh/authorized_keys` would count again.
  @Test func `accounts on a host without logins are denied, and nobody else is`() throws {
    let now = try instant(Self.now)
    let sample = try Sample(
      Self.lab.replacing("  login: { hosts: [gpu], login: ssh }\n", with: "").replacing("login: ssh, ", with: ""))
    let sshd = try #require(sample.host(at: now).objects[ObjectID(.sshd, "writ")])
    #expect(
      sshd.state.list("lines") == ["DenyUsers conda-user", "DenyUsers lina", "DenyUsers wangfang"])
  }
}
