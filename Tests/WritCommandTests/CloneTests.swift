import Glibc
import Testing
import WritSystem
import WritTestSupport

/// Two clones of one remote, both of which apply: the ledger on the remote is the lock (design §9).
@Suite(.enabled(if: World.isRoot, "needs root: accounts and trees are given to other ids"))
struct CloneTests {
  /// A world whose repository has a bare remote and a sibling clone, from which the same sandbox is reached.
  static func two() throws -> (world: World, remote: String, second: String) {
    let world = try World.withSmallPolicy()
    let (remote, second) = (world.scratch.path + "/remote.git", world.scratch.path + "/second")
    try world.repository.git("init", "-q", "--bare", "-b", "main", remote)
    try world.repository.git("remote", "add", "origin", remote)
    try world.repository.git("push", "-q", "-u", "origin", "main")
    try world.expect(0, "apply", "--bootstrap")
    try world.repository.git("clone", "-q", remote, second)
    for name in ["writ.key", "writ.identity"] {
      try world.repository.git(in: second, "config", name, world.keys + "/ann")
    }
    return (world, remote, second)
  }

  @Test func `two clones apply alternately`() throws {
    let (world, _, second) = try Self.two()
    var text = World.small
    for (turn, name) in ["dan", "eve", "fay", "gus"].enumerated() {
      text = text.replacing(
        "service-accounts:",
        with:
          "  \(name): { uid: \(20010 + turn), ssh-keys: [\"\(try world.key(name))\"], roles: [guest] }\nservice-accounts:"
      )
      try world.commit(text, "Welcome \(name)")
      try world.repository.git("push", "-q", "origin", "main")
      try world.repository.git(in: second, "pull", "-q")
      let folder = turn % 2 == 0 ? second : world.lab
      let other = turn % 2 == 0 ? world.lab : second
      try world.expect(in: folder, 0, "apply")
      #expect(try world.members("writ-login")?.contains(name) == true)
      let idle = try world.expect(in: other, 0, "apply")
      #expect(idle.output == "nothing to do\n")
    }
    let (first, copy) = (
      try world.expect(0, "log", "--format", "json"), try world.expect(in: second, 0, "log", "--format", "json")
    )
    #expect(first.output == copy.output)
    #expect(first.output.split(separator: "\n").count == 1 + 2 * 5)
    try world.expect(0, "verify")
    try world.expect(in: second, 0, "verify")
  }

  @Test func `a clone that has not fetched the newest policy is refused`() throws {
    let (world, _, second) = try Self.two()
    try world.commit(World.changed([("roles: [guest]", "roles: [member]")]), "cas becomes a member")
    try world.repository.git("push", "-q", "origin", "main")
    try world.expect(0, "apply")
    let refused = try world.expect(in: second, 5, "apply")
    #expect(refused.errors.contains("which was accepted before"))
  }

  @Test func `who comes second plans again`() throws {
    let (world, remote, second) = try Self.two()
    try world.commit(World.changed([("roles: [guest]", "roles: [member]")]), "cas becomes a member")
    try world.repository.git("push", "-q", "origin", "main")
    try world.repository.git(in: second, "pull", "-q")
    // In the very moment in which the second clone offers its intent, the first one applies from beginning to end.
    let hook = """
      #!/bin/sh
      [ ! -e ../raced ] || exit 0
      touch ../raced
      env -i PATH=/usr/bin:/bin HOME=\(world.scratch.path)/home GIT_CONFIG_NOSYSTEM=1 GIT_CONFIG_GLOBAL=/dev/null \\
        sh -c 'cd \(world.lab) && exec \(World.writ) apply' >../raced 2>&1

      """
    try FileContents.replace(remote + "/hooks/pre-receive", with: Array(hook.utf8), mode: 0o755)
    let found = try world.expect(in: second, 0, "apply")
    let raced = String(decoding: try FileContents.read(world.scratch.path + "/raced"), as: UTF8.self)
    #expect(raced.contains("applied: "), "\(raced)")
    #expect(found.errors.contains("planning anew"), "\(found.errors)")
    #expect(found.output.hasSuffix("nothing to do\n"))
    #expect(try world.members("readers") == ["ann", "bob", "cas"])
    try world.expect(in: second, 0, "verify")
    try world.expectSettled()
  }

  @Test func `a saved plan is not planned anew when somebody else was faster`() throws {
    let (world, _, second) = try Self.two()
    try world.commit(World.changed([("roles: [guest]", "roles: [member]")]), "cas becomes a member")
    try world.repository.git("push", "-q", "origin", "main")
    try world.repository.git(in: second, "pull", "-q")
    try world.expect(in: second, 0, "plan", "--out", "../plan.json")
    try world.expect(0, "apply")
    let refused = try world.expect(in: second, 5, "apply", "../plan.json")
    #expect(refused.errors.contains("base of host:gpu01"))
  }

  @Test func `a commit that was not pushed is not applied`() throws {
    let (world, _, _) = try Self.two()
    try world.commit(World.changed([("roles: [guest]", "roles: [member]")]), "cas becomes a member")
    let refused = try world.expect(1, "apply")
    #expect(refused.errors.contains("is not on branch `main` of the remote `origin`"), "\(refused.errors)")
    try world.repository.git("push", "-q", "origin", "main")
    try world.expect(0, "apply")
  }

  @Test func `no commit names the branch it lies on`() throws {
    let (world, _, _) = try Self.two()
    try world.repository.git("checkout", "-q", "-b", "side")
    try world.commit(
      World.changed([("roles: [guest]", "roles: [member]"), ("settings:\n", "settings:\n  branch: side\n")]), "sideways"
    )
    try world.repository.git("push", "-q", "origin", "side")
    let refused = try world.expect(1, "apply")
    #expect(refused.errors.contains("is not on branch `main`"), "\(refused.errors)")
  }
}
