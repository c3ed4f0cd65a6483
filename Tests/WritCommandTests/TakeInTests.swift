import Glibc
import Testing
import WritSystem
import WritTestSupport

/// Accounts and groups that are older than writ become writ's only when somebody says so, and then for good.
@Suite(.enabled(if: World.isRoot, "needs root: accounts and trees are given to other ids"))
struct TakeInTests {
  private func text(_ world: World, _ path: String) -> String {
    String(decoding: (try? FileContents.read(world.host + path)) ?? [], as: UTF8.self)
  }

  private func append(_ lines: [String: String], _ world: World) throws {
    for (file, line) in lines {
      try FileContents.replace(
        world.host + "/etc/" + file, with: Array((text(world, "/etc/" + file) + line).utf8), mode: 0o644)
    }
  }

  @Test func `what is older than writ is a conflict until it is taken in, and writ's ever after`() throws {
    let world = try World.withSmallPolicy()
    try append(
      [
        "passwd": "bob:x:20002:100:Bob,,,:/home/bob:/bin/zsh\nolga:x:1500:50007::/:/bin/sh\n",
        "shadow": "bob:$y$j9T$hash:19000:0:99999:7:::\n", "group": "readers:x:50007:bob,nobody\nrender-x:x:1600:\n",
      ], world)
    try world.run("/bin/mkdir", ["-p", world.host + "/etc/ssh/authorized_keys.d", world.host + "/home/bob"])
    try FileContents.replace(
      world.host + "/etc/ssh/authorized_keys.d/bob", with: Array("ssh-ed25519 AAAA old\n".utf8), mode: 0o644)
    let plan = try world.expect(0, "plan").output
    #expect(plan.contains("account bob was there before writ; `--take-in` makes it writ's"), "\(plan)")
    try world.expect(8, "apply", "--bootstrap")
    #expect(text(world, "/etc/passwd").contains("\nbob:x:20002:100:Bob,,,:/home/bob:/bin/zsh\n"))
    #expect(!text(world, "/var/lib/writ/ids").contains("bob"))

    let taking = try world.expect(0, "plan", "--take-in").output
    #expect(taking.contains("older than writ") && taking.contains("taken in"), "\(taking)")
    // Somebody whose primary group it is stays in it: that is no matter of lists, and is said.
    try world.expect(8, "apply", "--take-in")
    try world.run("/bin/sed", ["-i", "s/^olga:x:1500:50007/olga:x:1500:100/", world.host + "/etc/passwd"])
    try world.expect(0, "apply", "--take-in")
    try world.expect(0, "plan", "--detailed-exitcode")
    try world.expect(0, "drift")
    try world.expect(0, "prove")
    #expect(text(world, "/etc/passwd").contains("\nbob:x:20002:20002:bob:/home/bob:/bin/bash\n"))
    #expect(text(world, "/etc/shadow").contains("\nbob:*:"))
    #expect(text(world, "/var/lib/writ/ids").contains("bob account 20002\n"))
    #expect(text(world, "/var/lib/writ/ids").contains("readers group 50007\n"))
    #expect(try world.members("readers")?.sorted() == ["ann", "bob"])
    #expect(!text(world, "/etc/ssh/authorized_keys.d/bob").contains("old"))
    // The ledger alone tells too: without the host's record it stays writ's.
    unlink(world.host + "/var/lib/writ/ids")
    try world.expect(0, "plan", "--detailed-exitcode")
  }

  @Test func `what already is as policy wants it is taken in by a change of its own`() throws {
    let world = try World.withSmallPolicy()
    try append(
      [
        "passwd": "tree-owner:x:19001:19001:tree-owner:/nonexistent:/usr/sbin/nologin\n",
        "shadow": "tree-owner:*:19000:0:99999:7:::\n", "group": "tree-owner:x:19001:\n",
      ], world)
    let before = text(world, "/etc/passwd")
    try world.expect(8, "apply", "--bootstrap")
    try world.expect(2, "plan", "--detailed-exitcode", "--take-in")
    try world.expect(0, "apply", "--take-in")
    #expect(text(world, "/etc/passwd").hasPrefix(before))
    try world.expect(0, "plan", "--detailed-exitcode")
  }

  @Test func `another uid, and a group of the system's, are not taken in`() throws {
    let world = try World.withSmallPolicy()
    try append(
      ["passwd": "bob:x:1500:1500::/home/bob:/bin/sh\n", "group": "readers:x:300:\n"], world)
    let plan = try world.expect(0, "plan", "--take-in").output
    #expect(plan.contains("with uid 1500, and a uid is never changed"), "\(plan)")
    #expect(plan.contains("group readers has gid 300, which is the system's"), "\(plan)")
    try world.expect(8, "apply", "--bootstrap", "--take-in")
    #expect(text(world, "/etc/group").contains("\nreaders:x:300:\n"))
    #expect(text(world, "/etc/passwd").contains("\nbob:x:1500:1500::/home/bob:/bin/sh\n"))
    #expect(!text(world, "/var/lib/writ/ids").contains("bob"))
    #expect(try world.members("render") == ["ann"])
  }
}
