import Glibc
import Testing
import WritApply
import WritPlan
import WritPolicy
import WritTestSupport

@testable import WritHostLinux

/// What the planner wants is what the host shows afterwards, whatever came before.
@Suite(.enabled(if: isRoot, "needs root, or root of a user namespace, to give files away"))
struct HostLawTests {
  private static let people = ["li", "wu", "sun", "zhao"]

  /// A desired state as the planner derives them, at random.
  private func desired(_ random: inout SeededGenerator) -> DesiredState {
    var objects: [ObjectID: DesiredState.Entry] = [:]
    func add(_ kind: ObjectKind, _ name: String, _ state: ObjectState) {
      objects[ObjectID(kind, name)] = .init(state, causes: [Cause(.granted, "test")])
    }
    let present = Self.people.filter { _ in Bool.random(using: &random) }
    func some() -> [String] { present.filter { _ in Bool.random(using: &random) } }
    for name in present {
      let uid = 20001 + (Self.people.firstIndex(of: name) ?? 0)
      let expires = Bool.random(using: &random) ? "20819" : ""
      let shell = Bool.random(using: &random) ? "/bin/bash" : "/usr/sbin/nologin"
      add(.account, name, account(uid, home: "/home/\(name)", homeFolder: "private", shell: shell, expires: expires))
    }
    add(.account, "svc", account(19002, home: "/nonexistent", shell: "/usr/sbin/nologin"))
    for name in some() { add(.membership, "render/\(name)", membership) }
    for name in some() {
      add(.keys, name, lines("restrict,pty ssh-ed25519 AAAA\(Int.random(in: 0...2, using: &random)) \(name)"))
    }
    let rules = some().map { #"\#($0) ALL=(svc) NOPASSWD: /opt/bin/train """# }
    if !rules.isEmpty { add(.sudoers, "writ", ObjectState(["lines": .lines(rules)])) }
    if Bool.random(using: &random) {
      add(.group, "writ-login", ObjectState(["members": .members(some())]))
      add(
        .sshd, "writ", lines("AllowGroups root writ-login", "Match Group writ-login", "    PasswordAuthentication no"))
    }
    if Bool.random(using: &random) { add(.ends, "writ", lines("2027-01-01T00:00:00Z lock svc")) }
    for file in SessionUmask.files where Bool.random(using: &random) {
      let mask = "02\(Int.random(in: 2...3, using: &random))"
      add(.umask, file, lines("session optional pam_umask.so umask=\(mask) nousergroups"))
    }
    for program in ["server", "notebook"] where Bool.random(using: &random) {
      add(.jupyter, program, lines("c.ServerApp.port = \(Int.random(in: 8888...8889, using: &random))"))
    }
    func tree(_ path: String, _ group: String, writers: [String], inner: [String] = [], passers: [String] = []) {
      add(
        .tree, path,
        ObjectState([
          "owner": .text(Bool.random(using: &random) ? "root" : "svc"), "group": .text(group),
          "directories": .text("2750"), "files": .text("0640"), "readers": .set([]), "writers": .members(writers),
          "account-readers": .members(some()), "account-writers": .set([]), "passers": .members(passers),
          "inner": .members(inner), "deviations": .lines([]),
        ]))
    }
    let hasInner = Bool.random(using: &random)
    if Bool.random(using: &random) {
      add(.group, "team", ObjectState(["members": .members(some())]))
      var writers: [String] = []
      if Bool.random(using: &random) {
        add(.group, "team-w", ObjectState(["members": .members(some())]))
        writers = ["team-w"]
      }
      tree(
        "/srv/data", "team", writers: writers, inner: hasInner ? ["/srv/data/in/deep"] : [],
        passers: hasInner ? ["/srv/data deep", "/srv/data/in deep"] : [])
    }
    if hasInner {
      add(.group, "deep", ObjectState(["members": .members(some())]))
      tree("/srv/data/in/deep", "deep", writers: [])
    }
    return DesiredState(objects)
  }

  private func plan(
    _ host: LinuxHost, base: DesiredState, desired: DesiredState, owned: Set<ObjectID>
  ) throws -> TargetPlan {
    let live = try host.readLive(Scope(owned: owned, desired: desired, base: base))
    var plan = Planner(
      target: host.name, base: base, desired: desired, live: live, owned: owned, access: Access([]),
      instant: Instant(seconds: 0), readiness: { host.readiness(of: $0) }
    ).targetPlan()
    plan.changes = Plan.numbered([plan])[0].changes
    return plan
  }

  @Test(arguments: [1, 2, 3, 101, 102] as [UInt64])
  func `one desired state after another is reached, and then nothing is left to do`(_ seed: UInt64) throws {
    var random = SeededGenerator(seed: seed)
    let box = try Sandbox()
    mkdir(box.root + "/opt/bin", 0o755)
    try box.write("#!/bin/sh\n", to: "/opt/bin/train", mode: 0o755)
    var base = DesiredState()
    var owned: Set<ObjectID> = []
    for step in 0..<4 {
      let next = desired(&random)
      let host = box.host("step\(step)")
      let found = try plan(host, base: base, desired: next, owned: owned)
      #expect(found.standing == .complete, "seed \(seed) step \(step): \(found.standing)")
      owned.formUnion(next.objects.keys)
      for phase in [Change.Phase.prepare, .revoke, .grant] {
        let changes = found.changes.filter { $0.phase == phase }
        for (id, status) in try box.apply(changes, by: host) where !status.isOK {
          let object = changes.first { $0.id == id }?.object
          Issue.record("seed \(seed) step \(step) \(phase) \(object.map(\.description) ?? id): \(status)")
        }
      }
      base = next
      let before = box.fingerprint()
      let left = try plan(box.host("later"), base: base, desired: next, owned: owned)
      #expect(left.changes.isEmpty, "seed \(seed) step \(step): \(left.changes)")
      for phase in [Change.Phase.prepare, .revoke, .grant] {
        let again = found.changes.filter { $0.phase == phase && $0.action != .update }
        if phase == .grant { _ = try box.apply(again.filter { $0.after != nil && $0.object.kind != .group }, by: host) }
      }
      #expect(box.fingerprint() == before, "seed \(seed) step \(step)")
    }
  }
}
