import Glibc
import Testing
import WritSystem
import WritTestSupport

/// A host or vault that the policy no longer names is emptied and let go, never forgotten with everything on it.
@Suite(.enabled(if: World.isRoot, "needs root: accounts and trees are given to other ids"))
struct LeavingTargetTests {
  static let both = World.small.replacing(
    "hosts:\n", with: "hosts:\n  gpu02: { connect: \"root:../../sandbox/gpu02\", labels: [gpu] }\n")

  static func other(_ world: World) -> String { world.scratch.path + "/sandbox/gpu02" }

  /// Both hosts as ``both`` says.
  static func applied() throws -> World {
    let world = try World.withSmallPolicy()
    try world.expect(0, "init", "--host-root", other(world), "--name", "gpu02")
    try FileContents.replace(other(world) + "/etc/writ/limits", with: Array("run-as: root\n".utf8), mode: 0o644)
    try world.makeProgram("/opt/bin/update", below: other(world))
    try world.commit(both, "Two hosts")
    try world.expect(0, "apply", "--bootstrap")
    return world
  }

  static func leave(_ world: World) throws {
    try world.commit(World.small, "gpu02 is scrapped\n\nWrit-Override: max-removal all of gpu02 goes\n")
  }

  static func shadow(_ name: String, _ folder: String) throws -> String {
    String(decoding: try FileContents.read(folder + "/etc/shadow"), as: UTF8.self).split(separator: "\n")
      .first { $0.hasPrefix(name + ":") }.map(String.init) ?? ""
  }

  @Test func `a host that leaves is emptied, under the guard, and then let go`() throws {
    let world = try Self.applied()
    let other = Self.other(world)
    #expect(try world.members("readers", of: other) == ["ann", "bob"])
    try world.commit(World.small, "gpu02 is scrapped")
    let stopped = try world.expect(7, "apply")
    #expect(stopped.errors.contains("accesses on host:gpu02 would be removed"), "\(stopped.errors)")
    #expect(try world.members("readers", of: other) == ["ann", "bob"])

    try Self.leave(world)
    let plan = try world.expect(0, "plan").output
    #expect(plan.contains("gpu02 (host)") && plan.contains("the policy no longer names it"))
    let applied = try world.expect(0, "apply")
    #expect(applied.output.contains("applied: "))
    #expect(try world.members("readers", of: other) == nil)
    #expect(try Self.shadow("bob", other).hasPrefix("bob:!*:"))
    for file in ["/etc/ssh/authorized_keys.d/bob", "/etc/sudoers.d/writ", "/etc/ssh/sshd_config.d/00-writ.conf"] {
      #expect(access(other + file, F_OK) != 0, "\(file) is left")
    }
    #expect(try world.members("readers") == ["ann", "bob"], "the host that stays is as it was")
    try world.expectSettled()
    #expect(try !world.expect(0, "plan").output.contains("gpu02"))
    try world.expect(0, "drift")
    try world.expect(0, "verify")
    #expect(try world.expect(0, "log").output.contains("letting go of host:gpu02"))

    // Coming back it begins anew.
    try world.commit(Self.both, "gpu02 is back")
    try world.expect(0, "apply")
    #expect(try world.members("readers", of: other) == ["ann", "bob"])
    try world.expectSettled()
  }

  @Test func `one that cannot be reached stays in sight until it is let go with a reason`() throws {
    let world = try Self.applied()
    #expect(rename(Self.other(world), Self.other(world) + "-gone") == 0)
    try Self.leave(world)
    let plan = try world.expect(1, "plan").output
    #expect(plan.contains("gpu02 (host)") && plan.contains("unreachable"))
    #expect(plan.contains("writ apply --release host:gpu02 REASON"))
    try world.expect(8, "apply")
    try world.expect(8, "apply")
    #expect(try world.expect(1, "drift").output.contains("gpu02 (host)"))

    try world.expect(64, "apply", "--release", "host:gpu02")
    try world.expect(1, "apply", "--release", "host:gpu01", "it is still there")
    try world.expect(1, "apply", "--release", "host:gpu03", "never heard of")
    let released = try world.expect(0, "apply", "--release", "host:gpu02", "scrapped (OPS-512)")
    #expect(released.output.contains("let go of host:gpu02"))
    #expect(try world.expect(0, "log").output.contains("lets go of host:gpu02: scrapped (OPS-512)"))
    try world.expectSettled()
    try world.expect(0, "drift")
    try world.expect(0, "verify")
    try world.expect(1, "apply", "--release", "host:gpu02", "once more")
  }

  @Test func `a vault that leaves is kept for its custodians alone`() throws {
    let world = try World.withAppliedPolicy()
    #expect(try world.opens("lab/basic/token.age", with: "bob"))
    var text = World.small
    for gone in [
      "  vaults: { team: { kind: age, path: ../../vault, custodians: [ann] } }\n",
      "sharing-groups:\n  basic: { vault: team, folder: lab/basic }\n", ", basic: read", ", basic: manage",
    ] {
      #expect(text.contains(gone))
      text = text.replacing(gone, with: "")
    }
    try world.commit(text, "No vault any more\n\nWrit-Override: max-removal it moves to another one\n")
    try world.expect(0, "apply")
    #expect(try !world.opens("lab/basic/token.age", with: "bob"))
    #expect(try world.opens("lab/basic/token.age", with: "ann"))
    try world.expectSettled()
  }
}
