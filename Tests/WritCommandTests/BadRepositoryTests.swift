import Glibc
import Testing
import WritSystem
import WritTestSupport

/// Repositories that are not as expected: what can be read is read, nothing is applied, and the reason is said.
@Suite(.enabled(if: World.isRoot, "needs root: accounts and trees are given to other ids")) struct BadRepositoryTests {
  @Test func `folders that are no repository, and repositories without a policy`() throws {
    let world = try World()
    mkdir(world.scratch.path + "/plain", 0o755)
    for command in ["validate", "plan", "apply", "drift", "log", "verify", "access", "test"] {
      let outside = try world.writ(command, "-C", world.scratch.path + "/plain")
      #expect(outside.status == 1, "\(command): \(outside.errors)")
      #expect(outside.errors.contains("is in no git repository"), "\(command): \(outside.errors)")
    }
    // No commit yet.
    for command in ["plan", "apply", "access", "test"] {
      let unborn = try world.writ(command)
      #expect(unborn.status == 1, "\(command): \(unborn.errors)")
      #expect(unborn.errors.contains("has no commit yet"), "\(command): \(unborn.errors)")
    }
    try world.repository.write("policies/signers/allowed_signers", "")
    try world.repository.commit("A folder without a policy")
    for arguments in [
      ["validate"], ["validate", "--commit", "HEAD"], ["plan"], ["plan", "--worktree"], ["apply", "--bootstrap"],
    ] {
      let run = try world.run(World.writ, arguments)
      #expect(run.status == 3, "\(arguments): \(run.errors)")
      #expect(run.errors.contains("there is no policy below `policies`"), "\(arguments): \(run.errors)")
    }
    world.repository.remove("policies")
    try world.repository.commit("A file in its place", ["policies": "people: {}\n"])
    for arguments in [["validate"], ["validate", "--commit", "HEAD"], ["plan"], ["plan", "--worktree"], ["apply"]] {
      let run = try world.run(World.writ, arguments)
      #expect(run.status == 3, "\(arguments): \(run.errors)")
      #expect(run.errors.contains("`policies` is a file, not a folder"), "\(arguments): \(run.errors)")
    }
    // What `init` begins is valid.
    world.repository.remove("policies")
    try world.expect(0, "init")
    try world.expect(0, "validate")
    try world.expect(1, "init")
  }

  @Test func `a dirty working tree is planned only on request and never applied`() throws {
    let world = try World.withSmallPolicyApplied()
    let before = try world.footprint()
    try world.repository.write(
      "policies/policy.yaml",
      String(decoding: try FileContents.read(world.lab + "/policies/policy.yaml"), as: UTF8.self)
        .replacing("roles: [guest]", with: "roles: [member]"))
    let plan = try world.expect(0, "plan", "--detailed-exitcode")
    #expect(plan.errors.contains("not looked at, because not committed: policies/policy.yaml"))
    let wished = try world.expect(2, "plan", "--worktree", "--detailed-exitcode")
    #expect(wished.output.contains("cas"))
    let applied = try world.expect(1, "apply")
    #expect(applied.errors.contains("not committed: policies/policy.yaml"))
    try world.expect(64, "plan", "--worktree", "--out", world.scratch.path + "/plan.json")
    // A file that git does not know yet counts, and so do the signers.
    try world.repository.git("checkout", "-q", "policies")
    try world.repository.write("policies/more.yaml", "people: { eve: { roles: [member] } }\n")
    try world.expect(1, "apply")
    world.repository.remove("policies/more.yaml")
    try world.repository.write("policies/signers/allowed_signers", "bob \(try world.key("bob"))\n")
    try world.expect(1, "apply")
    #expect(try world.footprint() == before)
    try world.repository.git("checkout", "-q", "policies")
    // What is no policy may lie around.
    try world.repository.write("notes.txt", "not policy\n")
    #expect(try world.expect(0, "apply").output == "nothing to do\n")
    try world.expectWhole()
  }

  @Test func `a shallow clone says what it cannot know`() throws {
    let world = try World.withSmallPolicyApplied()
    let before = try world.footprint()
    try world.commit(World.small.replacing("roles: [guest]", with: "roles: [member]"), "Let cas in")
    // Beside the repository, so that the policy's paths lead to the same targets.
    let clone = world.scratch.path + "/shallow"
    try world.repository.git("clone", "-q", "--depth", "1", "file://" + world.lab, clone)
    try world.expect(0, "validate", "-C", clone)
    let key = world.keys + "/ann"
    let applied = try world.writ("apply", "-C", clone, "--key", key)
    #expect(applied.status == 5)
    #expect(applied.errors.contains("--unshallow"))
    for arguments in [["plan"], ["drift"], ["access", "--at", "2001-01-01T00:00:00Z"]] {
      let run = try world.run(World.writ, arguments + ["-C", clone])
      #expect(run.status == 1, "\(arguments): \(run.errors)")
      #expect(run.errors.contains("--unshallow"), "\(arguments): \(run.errors)")
    }
    #expect(try world.footprint() == before)
    try world.repository.git(in: clone, "fetch", "-q", "--unshallow")
    try world.expect(0, "apply", "-C", clone, "--key", key, "--identity", key)
    try world.expectWhole()
  }

  @Test func `a bare repository is read by commit`() throws {
    let world = try World.withSmallPolicy()
    let bare = world.scratch.path + "/bare.git"
    try world.repository.git("clone", "-q", "--bare", world.lab, bare)
    let refused = try world.expect(1, "validate", "-C", bare)
    #expect(refused.errors.contains("--commit"))
    try world.expect(0, "validate", "-C", bare, "--commit", "main")
    try world.expect(0, "access", "-C", bare)
  }

  @Test func `a policy of another user's is not trusted, and the hint names the folder`() throws {
    let world = try World.withSmallPolicy()
    chmod(world.scratch.path, 0o755)
    let run = try world.run(
      "/usr/bin/setpriv", ["--reuid", "65534", "--regid", "65534", "--clear-groups", World.writ, "plan"])
    #expect(run.status == 1)
    #expect(run.errors.contains("safe.directory \(world.lab)"))
  }

  @Test func `the ledger is begun once, and not forgotten when its branch goes away`() throws {
    let world = try World.withSmallPolicy()
    let empty = try world.changeTimes(world.host)
    for arguments in [["apply"], ["drift"], ["secret", "put", "basic/token"]] {
      let run = try world.run(World.writ, arguments, input: "x")
      #expect(run.status == 1, "\(arguments)")
      #expect(run.errors.contains("there is no ledger yet"), "\(arguments): \(run.errors)")
    }
    #expect(try world.changeTimes(world.host) == empty)
    try world.expect(0, "apply", "--bootstrap")
    try world.expect(0, "secret", "put", "basic/token", input: "value")
    let before = try world.footprint()
    try world.expect(9, "apply", "--bootstrap")
    let ledger = try world.repository.git("rev-parse", "writ/ledger")
    try world.repository.git("update-ref", "-d", "refs/heads/writ/ledger")
    for arguments in [
      ["plan"], ["apply"], ["apply", "--bootstrap"], ["drift"], ["log"], ["verify"], ["secret", "get", "basic/token"],
    ] {
      let run = try world.run(World.writ, arguments)
      #expect(run.status == 9, "\(arguments): \(run.errors)")
      #expect(run.output == "" || arguments == ["verify"], "\(arguments): \(run.output)")
    }
    // A new clone knows nothing, but the host does.
    let clone = world.scratch.path + "/clone"
    try world.repository.git("clone", "-q", world.lab, clone)
    let again = try world.writ("apply", "--bootstrap", "-C", clone, "--key", world.keys + "/ann")
    #expect(again.status == 9, "\(again.errors)")
    #expect(try world.footprint() == before)
    try world.repository.git("update-ref", "refs/heads/writ/ledger", ledger)
    try world.expectWhole()
  }
}
