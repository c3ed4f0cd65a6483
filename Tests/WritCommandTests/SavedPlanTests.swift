import Glibc
import Testing
import WritSystem
import WritTestSupport

/// A saved plan is applied as it is or not at all (design §5): whatever moved since is named.
@Suite(.enabled(if: World.isRoot, "needs root: accounts and trees are given to other ids"))
struct SavedPlanTests {
  static func waiting() throws -> World {
    let world = try World.withAppliedPolicy()
    try world.commit(World.changed([("roles: [guest]", "roles: [guest, member]")]), "cas becomes a member")
    try world.expect(0, "plan", "--out", "../plan.json")
    return world
  }

  /// Refused with status 5, with `words` in the message, and nothing touched.
  static func expectStale(_ world: World, _ words: String, sourceLocation: SourceLocation = #_sourceLocation) throws {
    let (host, vault) = (try world.changeTimes(world.host), try world.changeTimes(world.vault))
    let found = try world.expect(5, "apply", "../plan.json")
    #expect(found.errors.contains("what moved: "), sourceLocation: sourceLocation)
    #expect(found.errors.contains(words), "\(found.errors)", sourceLocation: sourceLocation)
    #expect(try world.changeTimes(world.host) == host, sourceLocation: sourceLocation)
    #expect(try world.changeTimes(world.vault) == vault, sourceLocation: sourceLocation)
  }

  @Test func `a fresh plan is applied, and is stale afterwards`() throws {
    let world = try Self.waiting()
    let applied = try world.expect(0, "apply", "../plan.json")
    #expect(applied.output.contains("applied: "))
    #expect(try world.members("readers") == ["ann", "bob", "cas"])
    try world.expectSettled()
    try Self.expectStale(world, "base of host:gpu01")
  }

  @Test func `a plan is stale when base moved alone`() throws {
    let world = try World.withAppliedPolicy()
    try world.commit(World.small + "# more words\n", "Add words")
    try world.expect(0, "plan", "--out", "../plan.json")
    // No access changed, so targets show what they showed; but they are known to stand at this commit now.
    try world.expect(0, "apply")
    try Self.expectStale(world, "base of host:gpu01: it was applied since")
  }

  @Test func `a plan is stale when the commit moved`() throws {
    let world = try Self.waiting()
    try world.commit(World.small, "Undo it")
    try Self.expectStale(world, "the commit")
  }

  @Test func `a plan is stale when the host moved`() throws {
    let world = try Self.waiting()
    chmod(world.host + "/opt/envs", 0o777)
    try Self.expectStale(world, "host:gpu01 itself: it shows something else now")
  }

  @Test func `a plan is stale when the vault moved`() throws {
    let world = try Self.waiting()
    let path = world.vault + "/lab/basic/.age-recipients"
    try FileContents.replace(
      path, with: FileContents.read(path) + Array((try world.key("eve") + "\n").utf8), mode: 0o644)
    try Self.expectStale(world, "vault:team itself: it shows something else now")
  }

  @Test func `a plan for one host is applied to that host alone`() throws {
    let world = try World.withAppliedPolicy()
    try world.commit(World.changed([("roles: [guest]", "roles: [guest, member]")]), "cas becomes a member")
    try world.expect(0, "plan", "--host", "gpu01", "--out", "../plan.json")
    try world.expect(0, "apply", "../plan.json")
    #expect(try world.members("readers") == ["ann", "bob", "cas"])
    #expect(try !world.opens("lab/basic/token.age", with: "cas"))
    try world.expect(0, "apply")
    #expect(try world.opens("lab/basic/token.age", with: "cas"))
    try world.expectSettled()
  }

  @Test func `a plan file that was edited is no plan`() throws {
    let world = try Self.waiting()
    let path = world.scratch.path + "/plan.json"
    let text = String(decoding: try FileContents.read(path), as: UTF8.self)
    let edited = text.replacing("\"cas\"", with: "\"eve\"")
    #expect(edited != text)
    try FileContents.replace(path, with: Array(edited.utf8), mode: 0o600)
    try Self.expectStale(world, "the changes that follow from it")
  }
}
