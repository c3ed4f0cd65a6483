import Glibc
import Testing
import WritDigest
import WritSystem
import WritTestSupport

/// Repositories that are not a plain clone with its files beside it: the answers are the same, or say what cannot be seen.
@Suite struct OddRepositoryTests {
  /// Three commits: ann alone, then bob, then a third who is nobody's business.
  private static func world() throws -> (world: World, commits: [String]) {
    let world = try World()
    let commits = try ["", ", bob: { roles: [dev] }", ", bob: { roles: [dev] }, cas: {}"].map { more in
      try world.repository.commit(
        "Change \(more)",
        [
          "policies/policy.yaml": """
          resources: { repo: { external: the git host, operations: [push] } }
          roles: { dev: { allow: { repo: push } } }
          people: { ann: { roles: [dev] }\(more) }

          """
        ])
    }
    return (world, commits)
  }

  private static func since(_ world: World, in folder: String, _ who: String) throws -> JSONValue {
    let run = try world.expect(in: folder, 0, "blame", who, "repo:push", "--format", "json")
    return try JSONValue(canonicalLine: Array(run.output.utf8))
  }

  @Test func `a bare clone, a linked working tree, packed refs and a checked-out folder answer alike`() throws {
    let (world, commits) = try Self.world()
    let repository = world.repository
    let (bare, linked) = (world.scratch.path + "/bare.git", world.scratch.path + "/linked")
    try repository.git("clone", "-q", "--bare", world.lab, bare)
    try repository.git(in: bare, "pack-refs", "--all")
    try repository.git("worktree", "add", "-q", "--detach", linked)
    try repository.git("gc", "-q")
    for folder in [world.lab, bare, linked, linked + "/policies"] {
      let found = try Self.since(world, in: folder, "bob")
      #expect(found["since"]?["commit"] == .string(commits[1]) && found["history_is_cut"] == nil, "\(folder)")
      for arguments in [["access", "bob"], ["log", "--principal", "bob"], ["access", "--during", ".."]] {
        let here = try world.run(World.writ, arguments, in: folder)
        #expect(here.status == 0 && here.errors == "", "\(folder) \(arguments): \(here.errors)")
        #expect(here.output == (try world.run(World.writ, arguments).output), "\(folder) \(arguments)")
      }
    }
    // What a sparse checkout sets changes nothing about objects.
    try repository.git("sparse-checkout", "set", "nothing")
    try repository.git("config", "core.repositoryformatversion", "1")
    try repository.git("config", "extensions.partialClone", "origin")
    #expect(try Self.since(world, in: world.lab, "bob")["since"]?["commit"] == .string(commits[1]))
  }

  @Test func `replace refs and grafts change no answer`() throws {
    let (world, commits) = try Self.world()
    let before = try world.expect(0, "blame", "bob", "repo:push").output
    try world.repository.git("checkout", "-q", "--orphan", "other")
    let other = try world.repository.commit("Other", ["policies/policy.yaml": "people: { bob: {} }\n"])
    try world.repository.git("replace", commits[1], other)
    try world.repository.git("checkout", "-q", "main")
    #expect(try world.repository.git("log", "-1", "--format=%s", commits[1]) == "Other")
    #expect(try world.expect(0, "blame", "bob", "repo:push").output == before)
    try FileContents.replace(world.lab + "/.git/info/grafts", with: Array("\(commits[2])\n".utf8), mode: 0o644)
    #expect(try world.expect(0, "blame", "bob", "repo:push").output == before)
  }

  @Test func `a shallow clone says that an access may be older`() throws {
    let (world, commits) = try Self.world()
    let clone = world.scratch.path + "/shallow"
    try world.repository.git("clone", "-q", "--depth", "2", "file://" + world.lab, clone)
    let ann = try Self.since(world, in: clone, "ann")
    #expect(ann["since"]?["commit"] == .string(commits[1]) && ann["history_is_cut"] == true)
    let run = try world.expect(in: clone, 0, "blame", "ann", "repo:push")
    #expect(run.output.contains("perhaps older") && run.errors.contains("shallow or partial"))
    for arguments in [["log", "--principal", "ann"], ["access", "--during", ".."], ["blame", "ann"]] {
      #expect(try world.run(World.writ, arguments, in: clone).errors.contains("shallow or partial"), "\(arguments)")
    }
    let past = try world.writ(in: clone, "access", "--at", "2000-01-01T00:00:00Z")
    #expect(past.status == 1 && past.errors.contains("--unshallow"))
  }

  @Test(arguments: ["blob:none", "blob:limit=10"])
  func `a partial clone answers from where everything is there, and fetches nothing`(_ filter: String) throws {
    let (world, commits) = try Self.world()
    try world.repository.git("config", "uploadpack.allowFilter", "true")
    let clone = world.scratch.path + "/partial"
    try world.repository.git("clone", "-q", "--filter=" + filter, "file://" + world.lab, clone)
    // Whatever would fetch could only wait for this.
    try world.repository.git(in: clone, "remote", "set-url", "origin", "ext::/bin/sleep 600")
    let objects = try world.changeTimes(clone + "/.git/objects")
    let found = try Self.since(world, in: clone, "ann")
    #expect(found["since"]?["commit"] == .string(commits[2]) && found["history_is_cut"] == true)
    #expect(try world.expect(in: clone, 0, "blame", "ann", "repo:push").errors.contains("shallow or partial"))
    #expect(try world.expect(in: clone, 0, "access").output == (try world.expect(0, "access").output))
    let missing = try world.expect(in: clone, 1, "access", "--commit", "HEAD~2")
    #expect(missing.errors.contains("is not in this clone") && missing.errors.contains("--refetch"))
    #expect(try world.changeTimes(clone + "/.git/objects") == objects)
  }

  @Test func `a repository of SHA-256 objects is refused as what it is`() throws {
    let world = try World()
    let other = world.scratch.path + "/sha256"
    try world.repository.git("init", "-q", "--object-format=sha256", other)
    for command in ["validate", "access", "plan", "log"] {
      let run = try world.expect(in: other, 1, command)
      #expect(run.errors.contains("SHA-256") && run.output == "", "\(command): \(run.errors)")
    }
  }
}
