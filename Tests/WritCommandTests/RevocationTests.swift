import Glibc
import Testing
import WritTestSupport

/// `--only revocations`, for a timer: it takes away, gives nothing, and leaves base where it was (design §5).
@Suite(.enabled(if: World.isRoot, "needs root: accounts and trees are given to other ids"))
struct RevocationTests {
  @Test func `only revocations takes away, gives nothing, and does not advance base`() throws {
    let world = try World.withAppliedPolicy()
    let first = try world.repository.git("rev-parse", "HEAD")
    try world.commit(
      World.changed([
        World.unguarded, ("KEY-bob\"], roles: [member]", "KEY-bob\"], roles: [guest]"),
        ("KEY-cas\"], roles: [guest]", "KEY-cas\"], roles: [member]"),
      ]), "bob and cas change places")
    let applied = try world.expect(0, "apply", "--only", "revocations")
    #expect(applied.output.contains("applied: "))
    #expect(try world.members("readers") == ["ann"], "bob is out, cas is not in")
    #expect(try world.members("render") == ["ann"])
    #expect(try !world.opens("lab/basic/token.age", with: "bob"))
    #expect(try !world.opens("lab/basic/token.age", with: "cas"))
    #expect(try world.opens("lab/basic/token.age", with: "ann"))

    let plan = try world.expect(2, "plan", "--detailed-exitcode")
    #expect(plan.output.contains("gpu01 (host)  since \(first.prefix(10))"), "base is still the first apply")
    #expect(plan.output.contains("members: + cas"))
    #expect(!plan.output.contains("(conflict)") && !plan.output.contains("gone from"), "\(plan.output)")
    try world.expect(0, "drift")
    // What other hands do is drift at this moment too.
    chmod(world.host + "/etc/ssh/authorized_keys.d/ann", 0o666)
    #expect(try world.expect(2, "drift").output.contains("1 object has drifted"))
    chmod(world.host + "/etc/ssh/authorized_keys.d/ann", 0o644)
    let again = try world.expect(0, "apply", "--only", "revocations")
    #expect(again.output == "nothing to do\n")

    try world.expect(0, "apply")
    #expect(try world.members("readers") == ["ann", "cas"])
    #expect(try world.opens("lab/basic/token.age", with: "cas"))
    try world.expectSettled()
    try world.expect(0, "verify")
  }

  @Test func `only revocations narrows a tree towards a group that is new`() throws {
    let world = try World.withAppliedPolicy()
    chmod(world.host + "/opt/envs", 0o777)
    try world.commit(
      World.changed([World.unguarded, ("owner: tree-owner, group: readers }", "owner: tree-owner, group: others }")]),
      "Another group")
    let applied = try world.expect(0, "apply", "--only", "revocations")
    #expect(applied.output.contains("applied: "))
    #expect(try world.members("others") == [], "made, and empty")
    var status = stat()
    stat(world.host + "/opt/envs", &status)
    #expect(status.st_mode & 0o007 == 0)
    try world.expect(0, "apply")
    try world.expectSettled()
  }

  /// A timer runs it with nobody looking, so a commit that takes half of everything away by mistake stops here too.
  @Test func `only revocations asks the guards`() throws {
    let world = try World.withAppliedPolicy()
    let text = try World.changed([
      ("ssh-keys: [\"KEY-bob\"], roles: [member]", "ssh-keys: [\"KEY-bob\"], suspended: true, roles: [member]")
    ])
    try world.commit(text, "Suspend bob")
    try world.expect(7, "apply", "--only", "revocations")
    #expect(try world.members("readers") == ["ann", "bob"])
    try world.commit(text + "\n", "Suspend bob\n\nWrit-Override: max-removal the key was stolen (SEC-9)")
    try world.expect(0, "apply", "--only", "revocations")
    #expect(try world.members("readers") == ["ann"])
  }
}
