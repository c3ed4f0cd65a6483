import Glibc
import Testing
import WritSystem
import WritTestSupport

/// What the clock alone does, with no edit (design §5, §8).
@Suite(.enabled(if: World.isRoot, "needs root: accounts and trees are given to other ids"))
struct ClockTests {
  /// Two hosts, so that one can lag behind.
  static func policy(_ assignment: String) throws -> String {
    try World.changed([
      (
        "labels: [gpu] }\n",
        "labels: [gpu] }\n  gpu02: { connect: \"root:../../sandbox/gpu02\", labels: [gpu] }\n"
      ), ("KEY-cas\"], roles: [guest]", "KEY-cas\"], roles: [guest\(assignment)]"),
    ])
  }

  static func world() throws -> World {
    let world = try World()
    world.repository.time = Int64(time(nil)) - 86400
    try world.commit(policy(""), "Begin")
    for name in ["gpu01", "gpu02"] {
      let host = world.scratch.path + "/sandbox/" + name
      try world.expect(0, "init", "--host-root", host, "--name", name)
      try FileContents.replace(host + "/etc/writ/limits", with: Array("run-as: root\n".utf8), mode: 0o644)
      try world.makeProgram("/opt/bin/update", below: host)
    }
    try world.use("ann")
    try world.expect(0, "apply", "--bootstrap")
    try world.expect(0, "secret", "put", "basic/token", input: "value")
    return world
  }

  @Test func `an end passes, and nothing else is needed`() throws {
    let world = try Self.world()
    let second = world.scratch.path + "/sandbox/gpu02"
    // Long enough ahead for what has to happen before, on a busy machine too.
    let before = Int64(time(nil))
    try world.expect(0, "plan")
    let end = Int64(time(nil)) + 5 + 8 * (Int64(time(nil)) - before + 1)
    try world.commit(Self.policy(", { role: member, until: \"\(World.text(end))\" }"), "cas helps out")
    let diff = try world.expect(0, "diff", "HEAD~1..HEAD")
    #expect(diff.output.contains("cas") && diff.output.contains(World.text(end)), "\(diff.output)")
    try world.expect(0, "apply")
    #expect(try world.members("readers") == ["ann", "bob", "cas"])
    #expect(try world.members("readers", of: second) == ["ann", "bob", "cas"])
    #expect(try world.opens("lab/basic/token.age", with: "cas"))
    let later = try world.expect(2, "plan", "--detailed-exitcode", "--as-of", World.text(end + 1))
    #expect(later.output.contains("members: - cas"))
    // Of the commit that was applied: what it gave then is known from then, not from the instant that is looked at.
    #expect(later.output.contains("until \(World.text(end))") && !later.output.contains("(drift)"), "\(later.output)")
    // A plan made now holds until the next edge changes.
    try world.commit(Self.policy(", { role: member, until: \"\(World.text(end))\" }") + "# words\n", "Add words")
    try world.expect(0, "plan", "--out", "../plan.json")
    try #require(Int64(time(nil)) < end, "the machine is too slow for this test")

    World.sleep(until: end)
    let stale = try world.expect(5, "apply", "../plan.json")
    #expect(stale.errors.contains("the clock: access changed at \(World.text(end))"), "\(stale.errors)")
    try world.expect(0, "validate")
    let plan = try world.expect(2, "plan", "--detailed-exitcode")
    #expect(plan.output.contains("members: - cas"))
    #expect(plan.output.contains("until \(World.text(end))"), "\(plan.output)")
    #expect(!plan.output.contains("(drift)"), "\(plan.output)")
    let shown = try world.expect(0, "diff", "HEAD~2..HEAD~1", "--as-of", World.text(before))
    #expect(shown.output.contains(World.text(end)))

    // One host has a timer.
    let timer = try world.run(World.agent, ["expire", "--root", world.host])
    #expect(timer.status == 0 && timer.output.contains("remove member readers cas"), "\(timer)")
    #expect(try world.members("readers") == ["ann", "bob"])
    #expect(try world.members("readers", of: second) == ["ann", "bob", "cas"])

    // One target is caught up at a time; the other one lags and keeps its base.
    try world.expect(0, "apply", "--host", "gpu01")
    let lagging = try world.expect(2, "plan", "--detailed-exitcode")
    #expect(lagging.output.contains("gpu02 (host)  since "))
    #expect(try world.members("readers", of: second) == ["ann", "bob", "cas"])
    try world.expect(0, "apply")
    #expect(try world.members("readers", of: second) == ["ann", "bob"])
    #expect(try !world.opens("lab/basic/token.age", with: "cas"))
    try world.expectSettled()
    try world.expect(0, "validate")
    try world.expect(0, "verify")
  }

  @Test func `a beginning ahead is a gain on the day it is written, and comes by itself`() throws {
    let world = try Self.world()
    let before = Int64(time(nil))
    try world.expect(0, "plan")
    let start = Int64(time(nil)) + 5 + 5 * (Int64(time(nil)) - before + 1)
    try world.commit(Self.policy(", { role: member, from: \"\(World.text(start))\" }"), "cas will come")
    let diff = try world.expect(2, "diff", "HEAD~1..HEAD", "--exit-code")
    #expect(diff.output.contains("envs:read") && diff.output.contains(World.text(start)), "\(diff.output)")
    try world.expect(0, "apply")
    #expect(try world.members("readers") == ["ann", "bob"])
    try #require(Int64(time(nil)) < start, "the machine is too slow for this test")
    World.sleep(until: start)
    let plan = try world.expect(2, "plan", "--detailed-exitcode")
    #expect(plan.output.contains("members: + cas"))
    #expect(!plan.output.contains("(drift)") && !plan.output.contains("gone from"), "\(plan.output)")
    try world.expect(0, "apply")
    #expect(try world.members("readers") == ["ann", "bob", "cas"])
    try world.expectSettled()
  }

  @Test func `a lagging host is caught up over several commits`() throws {
    let world = try Self.world()
    let second = world.scratch.path + "/sandbox/gpu02"
    for (text, message) in [
      (try Self.policy(", member"), "cas becomes a member"),
      (
        try Self.policy(", member").replacing("KEY-bob\"], roles: [member]", with: "KEY-bob\"], roles: [guest]"),
        "bob does not\n\nWrit-Override: max-removal meant"
      ),
    ] {
      try world.commit(text, message)
      try world.expect(0, "apply", "--host", "gpu01", "--vault", "team")
    }
    #expect(try world.members("readers") == ["ann", "cas"])
    #expect(try world.members("readers", of: second) == ["ann", "bob"])
    try world.expect(0, "apply")
    #expect(try world.members("readers", of: second) == ["ann", "cas"])
    try world.expectSettled()
  }

  @Test func `an older commit is refused after a newer one`() throws {
    let world = try World.withAppliedPolicy()
    let old = try world.repository.git("rev-parse", "HEAD")
    try world.commit(World.changed([("roles: [guest]", "roles: [member]")]), "cas becomes a member")
    try world.expect(0, "apply")
    try world.repository.git("checkout", "-q", old)
    let (host, vault) = (try world.changeTimes(world.host), try world.changeTimes(world.vault))
    let refused = try world.expect(5, "apply")
    #expect(refused.errors.contains("which was accepted before"))
    #expect(try world.expect(5, "apply", "--only", "revocations").errors.contains("which was accepted before"))
    #expect(try world.changeTimes(world.host) == host)
    #expect(try world.changeTimes(world.vault) == vault)
    try world.repository.git("checkout", "-q", "main")
    try world.expectSettled()
  }
}
