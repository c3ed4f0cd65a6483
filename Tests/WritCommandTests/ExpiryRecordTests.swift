import Glibc
import Testing
import WritSystem
import WritTestSupport

@Suite(.enabled(if: World.isRoot, "needs root: accounts and trees are given to other ids")) struct ExpiryRecordTests {
  @Test func `what a host took away by itself is recorded by the next apply, once`() throws {
    let world = try World.withSmallPolicy()
    let end = time(nil) + 3
    var parts = tm()
    var seconds = end
    gmtime_r(&seconds, &parts)
    var buffer = [CChar](repeating: 0, count: 64)
    strftime(&buffer, buffer.count, "%Y-%m-%dT%H:%M:%SZ", &parts)
    let until = String(decoding: buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    try world.commit(
      World.small.replacing("roles: [member] }", with: "roles: [{ role: member, until: \"\(until)\" }] }"), "End it")
    try world.expect(0, "apply", "--bootstrap")
    while time(nil) <= end { usleep(200_000) }
    let expire = try world.run(World.agent, ["expire", "--root", world.host])
    #expect(expire.status == 0, "\(expire.errors)")
    let applied = try world.expect(0, "apply")
    #expect(applied.errors.contains("recorded: host:gpu01 by itself: "))
    #expect(applied.errors.contains("bob"))
    let log = try world.expect(0, "log")
    #expect(log.output.contains("annotation"))
    let again = try world.expect(0, "apply")
    #expect(!again.errors.contains("recorded"))
    try world.expect(0, "verify")
    try world.expect(0, "plan", "--detailed-exitcode")
  }
}
