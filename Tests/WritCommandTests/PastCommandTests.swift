import Glibc
import Testing
import WritDigest
import WritTestSupport

/// What one person or resource went through: `access --during`, `access --applied`, `log --principal`, `log --resource`.
@Suite struct PastCommandTests {
  private static func policy(_ bob: String, resource: String = "repo") -> [String: String] {
    [
      "policies/policy.yaml": """
      resources: { \(resource): { external: the git host, operations: [push] } }
      roles: { dev: { allow: { \(resource): push } } }
      people: { ann: { roles: [dev] }, bob: { \(bob) } }

      """
    ]
  }

  /// Four commits a minute apart: bob has nothing, the role, nothing, the role with an end.
  private static func world() throws -> (world: World, commits: [String], times: [String]) {
    let world = try World()
    var (commits, times): ([String], [String]) = ([], [])
    for (text, message) in [
      ("", "Begin"), ("roles: [dev]", "Let bob in"), ("", "Take it from bob"),
      ("roles: [{ role: dev, until: 2023-11-15T00:00:00Z }]", "Revert \"Take it from bob\""),
    ] {
      times.append(World.text(world.repository.time))
      commits.append(try world.repository.commit(message, policy(text)))
    }
    return (world, commits, times)
  }

  private static func json(_ run: World.Run) throws -> JSONValue {
    try JSONValue(canonicalLine: Array(run.output.utf8))
  }

  @Test func `during a time, everything that held at some instant is listed with its periods`() throws {
    let (world, commits, times) = try Self.world()
    let whole = try Self.json(
      world.expect(0, "access", "bob", "--during", "\(commits[0])..", "--format", "json"))
    let periods = try #require(whole["edges"]?.array?.first?["periods"]?.array)
    #expect(periods.map { $0["start"] } == [.string(times[1]), .string(times[3])])
    #expect(periods.map { $0["end"] } == [.string(times[2]), "2023-11-15T00:00:00Z"])
    #expect(periods.map { $0["from"]?["commit"] } == [.string(commits[1]), .string(commits[3])])
    #expect(periods.map { $0["ended_by"] } == ["commit", "date"])
    // Both sides count, and what lies beside them does not.
    for (range, count) in [
      ("\(times[0])..\(times[0])", 0), ("\(times[0])..\(times[1])", 1), ("\(times[2])..\(times[2])", 0),
      ("..\(times[2])", 1), ("\(times[2])..\(commits[3])", 1), ("2023-11-15T00:00:00Z..2023-11-16T00:00:00Z", 0),
    ] {
      let found = try Self.json(world.expect(0, "access", "bob", "--during", range, "--format", "json"))
      let periods = found["edges"]?.array?.first?["periods"]?.array ?? []
      #expect(periods.count == count, "\(range)")
    }
    let text = try world.expect(0, "access", "repo", "--during", "..").output
    #expect(text.contains("ann  repo:push  \(times[0])") && text.contains("taken away by \(commits[2].prefix(10))"))
    #expect(try world.expect(0, "access", "bob", "--during", "..\(times[0])").output == "no access in that time\n")
  }

  @Test func `a question that means nothing is refused`() throws {
    let (world, commits, times) = try Self.world()
    for arguments in [
      ["--during", times[0]], ["--during", "\(times[2])..\(times[1])"], ["--during", "..", "--at", times[0]],
      ["--during", "..", "--worktree"], ["--applied", "--worktree"], ["--applied", "--at", commits[0]],
    ] {
      #expect(try world.run(World.writ, ["access"] + arguments).status == 64, "\(arguments)")
    }
    #expect(try world.expect(3, "access", "bbo", "--during", "..").errors.contains("did you mean `bob`?"))
    #expect(try world.expect(1, "access", "--during", "nothing..").errors.contains("names no commit"))
    #expect(try world.expect(1, "access", "--applied").errors.contains("there is no ledger yet"))
    try world.expect(64, "log", "--principal", "bob", "--resource", "repo")
    #expect(try world.expect(3, "log", "--principal", "bbo").errors.contains("did you mean `bob`?"))
    #expect(try world.expect(3, "log", "--resource", "rpo").errors.contains("did you mean `repo`?"))
  }

  @Test func `the log of a person has grants, ends and re-grants, newest first, and goes on under a new name`() throws {
    let (world, commits, times) = try Self.world()
    let log = try Self.json(world.expect(0, "log", "--principal", "bob", "--format", "json"))
    let events = try #require(log["events"]?.array)
    #expect(events.map { $0["event"] } == ["expired", "re-granted", "ended", "granted"])
    #expect(
      events.map { $0["by"]?["commit"] }
        == [.string(commits[3]), .string(commits[3]), .string(commits[2]), .string(commits[1])])
    #expect(events.map { $0["time"] }.dropFirst() == [.string(times[3]), .string(times[2]), .string(times[1])])
    #expect(events.map { $0["until"] } == [.null, "2023-11-15T00:00:00Z", .null, .null])
    #expect(try world.expect(0, "log", "--principal", "bob", "-n", "1").output.split(separator: "\n").count == 2)
    #expect(try world.expect(0, "log", "--resource", "repo").output.contains("ann repo:push"))
    // The resource goes; its history stays.
    try world.repository.commit(
      "Rename bob, drop the resource",
      ["policies/policy.yaml": "people: { ann: {}, rob: { previously: [bob] } }\n"])
    for name in ["bob", "rob"] {
      let lines = try world.expect(0, "log", "--principal", name).output.split(separator: "\n").dropFirst()
      #expect(lines.count == 4 && lines.allSatisfy { $0.contains("rob repo:push") }, "\(lines)")
    }
    #expect(try world.expect(0, "log", "--resource", "repo").output.contains("ended"))
  }

  @Test(.enabled(if: World.isRoot, "needs root: accounts and trees are given to other ids"))
  func `what was applied is told apart from what policy says`() throws {
    let world = try World.withAppliedPolicy()
    let before = try world.expect(0, "access", "--applied").output
    #expect(before.contains("bob") && before.contains("envs:read") && before.contains("vault:team: entry 2"))
    try world.commit(
      World.changed([
        World.unguarded, ("KEY-bob\"], roles: [member]", "KEY-bob\"], roles: [guest]"),
        ("KEY-cas\"], roles: [guest]", "KEY-cas\"], roles: [member]"),
      ]), "bob and cas change places")
    func has(_ name: String, _ arguments: String...) throws -> [String] {
      let run = try world.run(World.writ, ["access", "--applied", "--format", "json"] + arguments)
      return (try Self.json(run)["edges"]?.array ?? []).filter { $0["principal"] == .string(name) }
        .compactMap { edge in edge["permission"]?.canonicalText }
    }
    #expect(try has("bob").contains(#""envs:read""#) && has("cas") == [#""login:ssh""#])
    let waiting = try world.expect(0, "log", "--principal", "cas").output
    #expect(waiting.contains("not on host:gpu01") && waiting.contains("not on vault:team"))
    let between = World.text(Int64(time(nil)))
    World.sleep(until: Int64(time(nil)) + 1)
    try world.expect(0, "apply", "--only", "revocations")
    #expect(try has("bob") == [#""login:ssh""#] && has("cas") == [#""login:ssh""#])
    #expect(try world.expect(0, "access", "--applied").output.contains("took away what commit"))
    let taken = try world.expect(0, "log", "--principal", "bob").output
    #expect(!taken.contains("not on"), "\(taken)")
    try world.expect(0, "apply")
    #expect(try has("cas").contains(#""envs:read""#))
    #expect(try has("bob", "--at", between).contains(#""envs:read""#))
    #expect(try has("cas", "--at", "2020-01-01T00:00:00Z").isEmpty)
    let done = try Self.json(world.expect(0, "log", "--principal", "cas", "--format", "json"))
    let granted = try #require(
      done["events"]?.array?.first { $0["permission"] == "envs:read" && $0["event"] == "granted" })
    #expect(granted["applied"]?.array?.first?["target"] == "host:gpu01" && granted["waiting"] == [])
    #expect(try world.expect(3, "access", "--applied", "bbo").errors.contains("did you mean `bob`?"))
  }
}
