import Glibc
import Testing
import WritSystem
import WritTestSupport

@Suite(.enabled(if: World.isRoot, "needs root: accounts and trees are given to other ids")) struct ApplyTests {
  @Test func `a plan after apply is empty and a second apply touches nothing`() throws {
    let world = try World.withSmallPolicy()
    try world.expect(2, "plan", "--detailed-exitcode")
    let first = try world.expect(0, "apply", "--bootstrap")
    #expect(first.output.contains("applied: "))
    try world.expect(0, "secret", "put", "basic/token", input: "value")
    let plan = try world.expect(0, "plan", "--detailed-exitcode")
    #expect(plan.output.hasSuffix("nothing to change\n"))
    let host = try world.changeTimes(world.host)
    let vault = try world.changeTimes(world.vault)
    let second = try world.expect(0, "apply")
    #expect(second.output == "nothing to do\n")
    #expect(try world.changeTimes(world.host) == host)
    #expect(try world.changeTimes(world.vault) == vault)
    try world.expect(0, "verify")
  }
}
