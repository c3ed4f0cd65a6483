import Testing
import WritPlan
import WritPolicy

/// What waits when something could not be narrowed, and what does not.
@Suite struct ChangeDependencyTests {
  static func change(
    _ kind: ObjectKind, _ name: String, _ phase: Change.Phase, _ before: [String: AttributeValue]?,
    _ after: [String: AttributeValue]?, on target: String = "host:gpu01"
  ) throws -> Change {
    Change(
      id: "c", target: try #require(TargetName(target)),
      action: before == nil ? .create : after == nil ? .remove : .update,
      phase: phase, difference: .change, object: ObjectID(kind, name), before: before.map { ObjectState($0) },
      after: after.map { ObjectState($0) }, causes: [Cause(.granted, "a line")])
  }

  static let tree: [String: AttributeValue] = [
    "owner": .text("svc"), "group": .text("readers"), "readers": .set([]), "writers": .set(["readers-w"]),
    "passers": .set(["/opt/envs/lib modellers"]), "account-readers": .set(["ann"]), "deviations": .lines(["- open"]),
  ]

  @Test(arguments: [
    (ObjectKind.group, "readers", true), (.group, "readers-w", true), (.group, "modellers", true),
    (.group, "others", false), (.membership, "readers/bob", true), (.membership, "render/bob", false),
    (.keys, "bob", false),
  ])
  func `nobody enters a tree that is still too open`(kind: ObjectKind, name: String, waits: Bool) throws {
    let narrowing = try Self.change(.tree, "/opt/envs", .revoke, Self.tree, Self.tree)
    let members: [String: AttributeValue] = ["members": .set(["bob"])]
    let grant = try Self.change(kind, name, .grant, ["members": .set([])], members)
    #expect(grant.mustWait(for: narrowing) == waits)
    let elsewhere = try Self.change(kind, name, .grant, ["members": .set([])], members, on: "host:gpu02")
    #expect(!elsewhere.mustWait(for: narrowing))
  }

  @Test func `a group that somebody should have left gets no tree`() throws {
    let narrowing = try Self.change(
      .group, "readers", .revoke, ["members": .set(["bob", "cas"])], ["members": .set(["cas"])])
    #expect(try Self.change(.tree, "/opt/envs", .grant, nil, Self.tree).mustWait(for: narrowing))
    #expect(try Self.change(.tree, "/srv/x", .grant, nil, ["group": .text("others")]).mustWait(for: narrowing) == false)
    let more = try Self.change(.group, "readers", .grant, ["members": .set([])], ["members": .set(["dan"])])
    #expect(more.mustWait(for: narrowing))
  }

  @Test func `somebody who kept too much gets nothing more`() throws {
    let narrowing = try Self.change(.keys, "bob", .revoke, ["lines": .lines(["old"])], ["lines": .lines([])])
    func waits(_ kind: ObjectKind, _ name: String, _ after: [String: AttributeValue]) throws -> Bool {
      try Self.change(kind, name, .grant, [:], after).mustWait(for: narrowing)
    }
    #expect(try waits(.group, "readers", ["members": .set(["ann", "bob"])]))
    #expect(try !waits(.group, "readers", ["members": .set(["ann"])]))
    #expect(try waits(.membership, "render/bob", ["state": .text("member")]))
    #expect(try waits(.sudoers, "writ", ["lines": .lines(["bob ALL=(svc) NOPASSWD: /x"])]))
    #expect(try !waits(.sudoers, "writ", ["lines": .lines(["bobby ALL=(svc) NOPASSWD: /x"])]))
    #expect(try !waits(.keys, "ann", ["lines": .lines(["key"])]))
  }

  @Test func `what ends is not given while its end could not be left`() throws {
    let ends = try Self.change(
      .ends, "writ", .prepare, nil, ["lines": .lines(["2026-12-31T00:00:00Z remove member readers bob"])])
    let bob = try Self.change(.group, "readers", .grant, ["members": .set([])], ["members": .set(["bob"])])
    let ann = try Self.change(.group, "readers", .grant, ["members": .set([])], ["members": .set(["ann"])])
    #expect(bob.mustWait(for: ends) && !ann.mustWait(for: ends))
  }
}
