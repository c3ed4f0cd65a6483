import Testing
import WritTestSupport

/// What was applied last may be a policy that this version of writ finds wrong, or does not find; a leaver's access goes all
/// the same.
@Suite(.enabled(if: World.isRoot, "needs root: accounts and trees are given to other ids"))
struct UnreadableBaseTests {
  /// The policy moves to another folder, so that base has none where it is looked for.
  static func moved(_ world: World, _ text: String) throws {
    world.repository.remove("policies")
    var text = text
    for name in ["ann", "bob", "cas"] { text = text.replacing("KEY-\(name)", with: try world.key(name)) }
    try world.repository.commit(
      "Move the policy",
      ["access/policy.yaml": text, "access/signers/allowed_signers": "ann \(try world.key("ann"))\n"])
  }

  @Test func `what base's policy made is taken away although it cannot be read`() throws {
    let world = try World.withAppliedPolicy()
    // Made by the first apply, and in none of the plans since.
    try world.commit(World.changed([("roles: [guest]", "roles: [member]")]), "cas becomes a member")
    try world.expect(0, "apply")
    try Self.moved(world, World.changed([("  bob: { uid: 20002, ssh-keys: [\"KEY-bob\"], roles: [member] }\n", "")]))
    let plan = try world.expect(0, "plan", "--policies", "access").output
    #expect(plan.contains("finds wrong"), "\(plan)")
    #expect(!plan.contains("(drift)"), "\(plan)")
    try world.expect(0, "apply", "--policies", "access", "--only", "revocations")
    #expect(try world.members("readers")?.contains("bob") == false)
    #expect(try LeavingTargetTests.shadow("bob", world.host).hasPrefix("bob:!*:"))
    #expect(try !world.opens("lab/basic/token.age", with: "bob"))
    // Whose approval anything needs that is given cannot be known, so nothing is.
    let refused = try world.expect(6, "apply", "--policies", "access")
    #expect(refused.errors.contains("says of approvals cannot be read"), "\(refused.errors)")
  }
}
