import Glibc
import Testing
import WritSystem
import WritTestSupport

/// What cannot be carried out because of what was on a host before writ shows in the plan, not only when it is applied.
@Suite(.enabled(if: World.isRoot, "needs root: accounts and trees are given to other ids"))
struct ConflictTests {
  @Test(arguments: [
    ("/etc/passwd", "intruder:x:20002:100::/:/bin/sh\n", "uid 20002 belongs to intruder"),
    ("/etc/group", "intruders:x:20002:\n", "gid 20002 belongs to intruders"),
    ("/var/lib/writ/ids", "leaver account 20002\n", "uid 20002 was given to leaver before and never comes back"),
  ])
  func `an id that somebody else has is a conflict`(file: String, line: String, reason: String) throws {
    let world = try World.withSmallPolicy()
    try world.run("/bin/mkdir", ["-p", world.host + "/var/lib/writ"])
    let old = (try? FileContents.read(world.host + file)) ?? []
    try FileContents.replace(world.host + file, with: old + Array(line.utf8), mode: 0o644)
    let plan = try world.expect(0, "plan").output
    #expect(plan.contains("+ account    bob  (conflict)") && plan.contains("blocked: \(reason)"), "\(plan)")
    try world.expect(8, "apply", "--bootstrap")
    // Whoever it is, nothing is given under that name, on no path.
    #expect(try world.members("readers") == ["ann"])
    #expect(try world.members("render") == ["ann"])
    #expect(access(world.host + "/etc/ssh/authorized_keys.d/bob", F_OK) != 0)
    #expect(access(world.host + "/srv/outputs/bob", F_OK) != 0)
  }
}
