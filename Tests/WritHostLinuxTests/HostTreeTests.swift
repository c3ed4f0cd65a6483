import Glibc
import Testing
import WritApply
import WritPlan
import WritSystem
import WritTestSupport

@testable import WritHostLinux

@Suite(.enabled(if: isRoot, "needs root, or root of a user namespace, to give files away"))
struct HostTreeTests {
  private let id = ObjectID(.tree, "/srv/data")

  private func tree(_ group: String = "team", readers: String..., deviations: String...) -> ObjectState {
    ObjectState([
      "owner": .text("root"), "group": .text(group), "directories": .text("2750"), "files": .text("0640"),
      "readers": .members(readers), "writers": .set([]), "account-readers": .set([]), "account-writers": .set([]),
      "passers": .set([]), "inner": .set([]), "deviations": .lines(deviations),
    ])
  }

  @Test func `a tree is absent, made, right, drifted, mended and closed`() throws {
    let box = try Sandbox()
    let host = box.host()
    let scope = Scope(
      owned: [], desired: DesiredState([id: .init(tree(), causes: [Cause(.granted, "test")])]), base: DesiredState())
    #expect(try host.readLive(scope).objects[id] == .absent)
    let made = try box.apply(
      [change(.create, .group, "team", members(), phase: .prepare), change(.create, .tree, "/srv/data", tree())],
      by: host)
    #expect(made.allOK, "\(made)")
    #expect(box.status("/srv/data").permissions == 0o2750 && box.status("/srv/data").st_gid == 50000)
    #expect(try host.readLive(scope).objects[id] == .present(tree()))
    let before = box.fingerprint()
    #expect(try box.apply([change(.create, .tree, "/srv/data", tree())], by: host).allOK)
    #expect(box.fingerprint() == before)

    try box.write("x", to: "/srv/data/wide", mode: 0o666)
    try box.write("x", to: "/srv/data/narrow", mode: 0o200)
    let drifted = try #require(try host.readLive(scope).objects[id]?.state)
    let lines = drifted.list("deviations")
    #expect(lines.contains { $0.hasPrefix("- ") } && lines.contains { $0.hasPrefix("+ ") }, "\(lines)")
    var narrowed = drifted
    narrowed["deviations"] = .lines(lines.filter { $0.hasPrefix("+ ") })
    let narrowing = change(.update, .tree, "/srv/data", narrowed, before: drifted, phase: .revoke)
    #expect(try box.apply([narrowing], by: host).allOK)
    #expect(box.status("/srv/data/wide").permissions & 0o007 == 0)
    #expect(box.status("/srv/data/narrow").permissions == 0o200)
    #expect(try box.apply([change(.update, .tree, "/srv/data", tree(), before: narrowed)], by: host).allOK)
    #expect(box.status("/srv/data/narrow").permissions == 0o640)
    #expect(try host.readLive(scope).objects[id] == .present(tree()))

    let gone = Scope(owned: [id], desired: DesiredState(), base: DesiredState())
    #expect(try host.readLive(gone).objects[id]?.state != nil)
    #expect(try box.apply([change(.remove, .tree, "/srv/data", nil, before: tree(), phase: .revoke)], by: host).allOK)
    #expect(box.status("/srv/data").permissions == 0o700 && box.exists("/srv/data/wide"))
    #expect(try host.readLive(gone).objects[id] == .absent)
  }

  @Test func `from a group that is yet to be made everything deviates`() throws {
    let box = try Sandbox()
    mkdir(box.root + "/srv/data", 0o750)
    let scope = Scope(
      owned: [], desired: DesiredState([id: .init(tree(), causes: [Cause(.granted, "test")])]), base: DesiredState())
    let lines = try box.host().readLive(scope).objects[id]?.state?.list("deviations") ?? []
    #expect(lines.contains { $0.contains("→ team") }, "\(lines)")
    let result = try box.apply([change(.create, .tree, "/srv/data", tree())])
    #expect(result["tree /srv/data"]?.failure == "there is no group team")
  }

  @Test func `a rule that cannot be leaves the other trees readable`() throws {
    let box = try Sandbox()
    let odd = ObjectID(.tree, "/etc")
    var state = tree()
    state["group"] = .text("root")
    let cause = [Cause(.granted, "test")]
    let scope = Scope(
      owned: [], desired: DesiredState([id: .init(state, causes: cause), odd: .init(state, causes: cause)]),
      base: DesiredState())
    let live = try box.host().readLive(scope)
    #expect(live.objects[id] == .absent)
    guard case .unknown? = live.objects[odd] else {
      Issue.record("not unknown")
      return
    }
    let result = try box.apply([change(.create, .tree, "/etc", state), change(.create, .tree, "/var/x", state)])
    #expect(result.values.filter { $0.failure.contains("/etc/writ/limits: trees: /opt /srv /data /") }.count == 2)
  }

  @Test func `a closed tree lets others pass to an inner one that is in use, and no longer`() throws {
    let box = try Sandbox()
    let inner = ObjectID(.tree, "/srv/data/in/deep")
    #expect(
      try box.apply([
        change(.create, .group, "team", members(), phase: .prepare), change(.create, .tree, "/srv/data", tree()),
        change(.create, .tree, inner.name, tree()),
      ]).allOK)
    let host = box.host()
    let half = Scope(
      owned: [id, inner], desired: DesiredState([inner: .init(tree(), causes: [Cause(.granted, "test")])]),
      base: DesiredState())
    _ = try host.readLive(half)
    #expect(try box.apply([change(.remove, .tree, "/srv/data", nil, before: tree(), phase: .revoke)], by: host).allOK)
    #expect(box.status("/srv/data").permissions == 0o711 && box.status("/srv/data/in").permissions == 0o711)
    let live = try host.readLive(half)
    #expect(live.objects[id] == .absent && live.objects[inner] == .present(tree()))
    let gone = Scope(owned: [id, inner], desired: DesiredState(), base: DesiredState())
    _ = try host.readLive(gone)
    #expect(
      try box.apply(
        ["/srv/data", inner.name].map { change(.remove, .tree, $0, nil, before: tree(), phase: .revoke) }, by: host
      ).allOK)
    for path in ["/srv/data", "/srv/data/in", inner.name] { #expect(box.status(path).permissions == 0o700) }
    #expect(try host.readLive(gone).objects[id] == .absent)
  }
}
