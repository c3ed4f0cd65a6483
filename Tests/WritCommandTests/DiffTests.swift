import Testing
import WritDigest
import WritTestSupport

/// `diff` takes revisions as git does, and says what a change gives.
@Suite struct `diff` {
  private static let policy = World.small
  private static func with(_ old: String, _ new: String) throws -> String { try World.changed([(old, new)]) }

  private func document(_ world: World, _ arguments: [String]) throws -> JSONMembers {
    let run = try world.run(World.writ, ["diff", "--format", "json"] + arguments)
    guard run.status == 0 else { throw World.Failure(description: run.errors) }
    return try JSONMembers(try JSONValue(canonicalLine: Array(run.output.utf8)))
  }

  /// Everything that a commit gives.
  private func access(_ world: World, _ commit: String) throws -> [String] {
    let run = try world.expect(0, "access", "--commit", commit, "--format", "json")
    return try JSONMembers(try JSONValue(canonicalLine: Array(run.output.utf8))).objects("edges").map {
      "\(try $0.text("principal")) \(try $0.text("permission"))"
    }
  }

  private func gained(_ world: World, _ arguments: String...) throws -> [String] {
    try document(world, arguments).objects("gained").map {
      "\(try $0.text("principal")) \(try $0.text("permission"))"
    }
  }

  @Test func `takes revisions as git diff does`() throws {
    let world = try World()
    try world.commit(Self.policy, "Begin")
    try world.repository.git("switch", "-qc", "topic")
    try world.commit(
      try Self.with(
        "cas: { uid: 20003, ssh-keys: [\"KEY-cas\"], roles: [guest] }",
        "cas: { uid: 20003, ssh-keys: [\"KEY-cas\"], roles: [guest, maintainer] }"), "Make cas a maintainer")
    try world.repository.git("switch", "-q", "main")
    try world.commit(try Self.with("roles: [member] }", "roles: [member, maintainer] }"), "Make bob a maintainer")
    let cas = [
      "cas basic:manage", "cas basic:read", "cas basic:use", "cas basic:write", "cas envs:read",
      "cas envs:write", "cas update:run",
    ]
    let bob = ["bob basic:manage", "bob basic:write", "bob envs:write", "bob update:run"]
    // What topic gives, without what main got meanwhile; and both ways between the two tips.
    #expect(try gained(world, "main...topic") == cas)
    #expect(try gained(world, "main..topic") == cas)
    #expect(try gained(world, "main", "topic") == cas)
    #expect(try gained(world, "topic..main") == bob)
    #expect(try gained(world, "topic..") == bob)
    #expect(try gained(world, "..topic") == cas)
    #expect(try gained(world, "HEAD^!") == bob)
    // The first commit has no parent: everything is gained.
    #expect(try gained(world, "HEAD~1^!") == access(world, "HEAD~1"))
    // With a single revision, or none, the working tree is the later side.
    #expect(try gained(world, "HEAD~1") == bob)
    #expect(try gained(world).isEmpty)
    try world.repository.write("policies/more.yaml", "grants: [{ to: cas, role: maintainer, until: 2090-01-01 }]\n")
    #expect(try gained(world) == cas)
    #expect(try gained(world, "HEAD~1") == bob + cas)
    #expect(try document(world, []).text("head") == "working-tree")
    for bad in [["a..b", "c"], ["a", "b", "c"], ["main..topic", "--format", "sarif"]] {
      #expect(try world.run(World.writ, ["diff"] + bad).status == 64)
    }
  }

  @Test func `ends with 2 only where something differs, and says so where nothing does`() throws {
    let world = try World()
    try world.commit(Self.policy, "Begin")
    try world.commit("# A comment.\n" + Self.policy, "Say more")
    let none = try world.expect(0, "diff", "HEAD^!", "--exit-code")
    #expect(none.output == "no access change\n")
    try world.commit(try Self.with("uid: 20002", "uid: 20022"), "Move bob's uid")
    // No access changes, and still something does.
    let uid = try world.expect(2, "diff", "HEAD^!", "--exit-code")
    #expect(uid.output.hasPrefix("no access change\nsensitive (1)\n  ! uid bob  - 20002  + 20022"))
    try world.expect(0, "diff", "HEAD^!")
    try world.repository.write("policies/policy.yaml", "people: [")
    try world.expect(3, "diff", "--exit-code")
  }

  @Test func `compares with the last valid policy, and the first with nothing`() throws {
    let world = try World()
    try world.repository.commit("Nothing yet", ["README": "x"])
    try world.commit(Self.policy, "Begin")
    #expect(try gained(world, "HEAD~1..HEAD") == access(world, "HEAD"))
    try world.commit("people: [\n", "Break it")
    try world.commit(try Self.with("roles: [guest]", "roles: [member]"), "Mend it and let cas in")
    let run = try world.expect(0, "diff", "HEAD~1..HEAD")
    #expect(run.output.contains("+ cas\n") && !run.output.contains("bob"))
    #expect(run.errors.contains("is invalid; the last valid one before it is compared"))
    #expect(try world.writ("diff", "HEAD~2..HEAD~1").status == 3)
  }

  @Test func `points at commits that do not say what they give`() throws {
    let world = try World()
    try world.commit(Self.policy, "Begin")
    try world.commit(try Self.with("roles: [guest]", "roles: [guest, member]"), "Let cas in")
    let second = try Self.with("roles: [guest]", "roles: [guest, member]")
      .replacing("roles: [member] }", with: "roles: [member, maintainer] }")
    let silent = try world.commit(second, "Tidy up @ann\n\nNothing to see.")
    try world.commit("# note\n" + second, "Tidy up more")
    let found = try document(world, ["HEAD~3..HEAD"])
    let commits = try found.objects("silent_commits")
    #expect(commits.count == 1)
    #expect(try commits.first?.object("commit").text("commit") == silent)
    let text = try world.expect(0, "diff", "HEAD~3..HEAD").output
    #expect(text.contains("commits whose message names nothing of what they give (1)\n"))
    #expect(try found.integer("unchecked_commits") == 0)
    // Seen as one change of its own, the merge's message counts.
    try world.repository.git("switch", "-qc", "side", "HEAD~3")
    try world.repository.git("merge", "-q", "--no-ff", "-m", "Merge what bob and cas asked for", "main")
    #expect(try document(world, ["HEAD^!"]).objects("silent_commits").isEmpty)
  }
}
