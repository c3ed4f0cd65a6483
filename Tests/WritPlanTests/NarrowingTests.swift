import Testing
import WritPolicy

@testable import WritPlan

/// What `apply --only revocations` takes, and what it must leave.
@Suite struct NarrowingTests {
  struct Case: Sendable, CustomStringConvertible {
    var description: String
    var kind: ObjectKind = .sudoers
    var before: [String]
    var wanted: [String]
    var narrowed: [String]
  }

  static func rule(_ end: String?, _ command: String = "/opt/t") -> String {
    "lina ALL=(svc) \(end.map { "NOTAFTER=\($0)Z " } ?? "")NOPASSWD: \(command)"
  }

  static func key(_ end: String?) -> String {
    "restrict,pty\(end.map { ",expiry-time=\"\($0)Z\"" } ?? "") ssh-ed25519 AAAA li.na"
  }

  static let (near, far) = ("20261130235959", "20261231235959")

  static let cases = [
    Case(description: "a later end", before: [rule(near)], wanted: [rule(far)], narrowed: [rule(near)]),
    Case(description: "an end lifted", before: [rule(near)], wanted: [rule(nil)], narrowed: [rule(near)]),
    Case(description: "an earlier end", before: [rule(far)], wanted: [rule(near)], narrowed: [rule(near)]),
    Case(description: "a first end", before: [rule(nil)], wanted: [rule(near)], narrowed: [rule(near)]),
    Case(description: "another command", before: [rule(near)], wanted: [rule(far, "/opt/u")], narrowed: []),
    Case(
      description: "an old line beside the new one", before: [rule(far), rule(near)], wanted: [rule(near)],
      narrowed: [rule(near)]),
    Case(
      description: "an end among the arguments is none", before: [rule(nil, "/opt/t NOTAFTER=\(near)Z")],
      wanted: [rule(nil, "/opt/t NOTAFTER=\(far)Z")], narrowed: []),
    Case(description: "a key's later end", kind: .keys, before: [key(near)], wanted: [key(far)], narrowed: [key(near)]),
    Case(description: "a key's first end", kind: .keys, before: [key(nil)], wanted: [key(far)], narrowed: [key(far)]),
    Case(
      description: "a key added by hand", kind: .keys, before: [key(nil), "x"], wanted: [key(nil)], narrowed: [key(nil)]
    ),
    Case(
      description: "the drop-in of sshd is put back whole", kind: .sshd, before: ["AllowGroups everybody"],
      wanted: ["AllowGroups writ-login", "Match all"], narrowed: ["AllowGroups writ-login", "Match all"]),
  ]

  @Test(arguments: cases) func `revocations leave what only gets a later end`(_ example: Case) {
    let narrowed = Planner.narrowed(
      ObjectState(["lines": .lines(example.before)]), towards: ObjectState(["lines": .lines(example.wanted)]),
      kind: example.kind)
    #expect(narrowed.list("lines") == example.narrowed)
  }

  @Test(arguments: ["!", "!!", "locked"]) func `a lock by hand is not taken off among the revocations`(_ old: String) {
    let narrowed = Planner.narrowed(
      ObjectState(["password": .text(old)]), towards: ObjectState(["password": .text("*")]), kind: .account)
    #expect(narrowed.text("password") == old)
  }

  @Test(arguments: ["set", "empty", "missing"]) func `a password set by hand is taken away`(_ old: String) {
    let narrowed = Planner.narrowed(
      ObjectState(["password": .text(old)]), towards: ObjectState(["password": .text("*")]), kind: .account)
    #expect(narrowed.text("password") == "*")
  }
}
