import Testing
import WritHistory
import WritPolicy

/// What was emptied and what was left out is told apart, and a rename is neither.
@Suite struct EmptiedListTests {
  static let base = """
    people:
      ann: { roles: [member, guest] }
      bob: { roles: [member] }
    roles:
      member: { allow: { main: push } }
      guest: { includes: [member] }
    resources:
      main: { external: the branch, operations: [push], tags: [code] }
    grants:
      - { to: bob, allow: { main: push }, until: 2027-01-01 }
    """

  func texts(_ replacements: (String, String)...) throws -> [String] {
    var head = Self.base
    for (old, new) in replacements {
      #expect(head.contains(old))
      head = head.replacing(old, with: new)
    }
    return EmptiedList.all(
      from: try ApprovalWorld.snapshot(Self.base).policy, to: try ApprovalWorld.snapshot(head).policy
    ).map(\.text)
  }

  @Test func `an empty list and one that is left out differ`() throws {
    #expect(
      try texts(("bob: { roles: [member] }", "bob: { roles: [] }")) == ["`roles` of `bob` had 1 entry and is empty now"]
    )
    #expect(try texts(("bob: { roles: [member] }", "bob: {}")) == ["`roles` of `bob` had 1 entry and is left out now"])
    #expect(
      try texts(("{ allow: { main: push } }", "{ allow: {} }")) == ["`allow` of `member` had 1 entry and is empty now"])
    #expect(try texts((", tags: [code]", "")) == ["`tags` of `main` had 1 entry and is left out now"])
  }

  @Test func `a section that goes is told once`() throws {
    let grant = "grants:\n  - { to: bob, allow: { main: push }, until: 2027-01-01 }"
    #expect(try texts((grant, "grants:")) == ["section `grants` had 1 entry and is empty now"])
    #expect(try texts((grant, "grants: []")) == ["section `grants` had 1 entry and is empty now"])
    #expect(try texts((grant, "")) == ["section `grants` had 1 entry and is left out now"])
  }

  @Test func `entries that go, come or change their name are none`() throws {
    #expect(try texts(("  bob: { roles: [member] }\n", ""), ("to: bob", "to: ann")) == [])
    #expect(try texts(("[member, guest]", "[guest]")) == [])
    #expect(
      try texts(("bob: { roles: [member] }", "bo.b: { previously: [bob], roles: [member] }"), ("to: bob", "to: bo.b"))
        == [])
    #expect(
      try texts(("bob: { roles: [member] }", "bo.b: { previously: [bob], roles: [] }"), ("to: bob", "to: bo.b"))
        == ["`roles` of `bo.b` had 1 entry and is empty now"])
  }
}
