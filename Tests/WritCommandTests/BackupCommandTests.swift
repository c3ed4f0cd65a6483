import Glibc
import Testing
import WritSystem
import WritTestSupport

/// A backup from the line of policy to a snapshot that was proved to be one, and away again.
@Suite(.enabled(if: World.isRoot, "needs root: gives files to accounts"))
struct BackupCommandTests {
  private static let backed = World.small.replacing(
    "group: readers }", with: "group: readers, backup: { every: 1d, keep: 2, to: /srv/backup/envs } }")

  @discardableResult
  private func agent(_ world: World, _ status: Int32, _ arguments: String...) throws -> World.Run {
    let run = try world.run(World.agent, ["backup"] + arguments + ["--root", world.host])
    #expect(run.status == status, "\(arguments): \(run.output)\(run.errors)")
    return run
  }

  @Test func `a tree is backed up, the snapshot is looked at, and it outlives its backup`() throws {
    let world = try World.withSmallPolicy()
    try world.expect(0, "apply", "--bootstrap")
    try world.expect(3, "restore", "--check", "envs")
    try world.commit(Self.backed, "Back the environments up")
    let plan = try world.expect(2, "plan", "--detailed-exitcode").output
    #expect(plan.contains("+ backup     envs\n") && plan.contains("because resource envs is backed up"), "\(plan)")
    #expect(try world.expect(0, "diff", "HEAD~1..HEAD").output.contains("every 1d"))
    #expect(access(world.host + "/srv/backup", F_OK) != 0)
    try world.expect(0, "apply")
    #expect(try world.expect(0, "plan", "--detailed-exitcode").output.contains("nothing to change"))
    try world.expect(0, "drift")
    try world.expect(1, "restore", "--check", "envs")
    try FileContents.replace(world.host + "/opt/envs/python", with: Array("3.12\n".utf8), mode: 0o640)
    try world.expect(0, "apply")
    try agent(world, 0)
    try agent(world, 0, "--if-due", "envs")
    #expect(try agent(world, 0, "--check", "envs").output.contains("0 faults"))
    let found = try world.expect(0, "restore", "--check", "envs", "--all").output
    #expect(
      found.hasPrefix("host:gpu01: snapshot 2") && found.contains("2 names, 5 bytes compared, 1 restored on trial"))
    #expect(try world.expect(0, "prove").output.contains("0 disagreements\n"))
    // Somebody's disk.
    let snapshot = try #require(
      try world.run("/bin/ls", [world.host + "/srv/backup/envs"]).output.split(separator: "\n").first)
    let copy = world.host + "/srv/backup/envs/\(snapshot)/tree/python"
    _ = try world.run(
      "/bin/sh",
      [
        "-c", "touch -r $0 $0.t; printf '3.13\\n' > $0; touch -r $0.t $0; rm $0.t; touch -r $1 $2", copy,
        world.host + "/opt/envs", world.host + "/srv/backup/envs/\(snapshot)/tree",
      ])
    #expect(try world.expect(2, "restore", "--check", "envs").output.contains("  python: other contents\n"))
    try agent(world, 2, "--check", "envs")
    try world.commit(World.small, "No backup any more")
    let last = try world.expect(2, "plan", "--detailed-exitcode").output
    #expect(last.contains("- backup     envs\n"), "\(last)")
    #expect(last.contains("the snapshots in /srv/backup/envs stay there; no apply removes them"), "\(last)")
    try world.expect(0, "apply")
    #expect(access(copy, F_OK) == 0 && access(world.host + "/etc/writ/backups/envs", F_OK) != 0)
    try world.expect(0, "drift")
    try world.expect(3, "restore", "--check", "envs")
  }

  @Test func `a snapshot that does not come is a finding of drift and of prove`() throws {
    let world = try World.withSmallPolicy()
    try world.commit(Self.backed)
    try world.expect(0, "apply", "--bootstrap")
    try world.expect(0, "drift")
    try agent(world, 0)
    _ = try world.run("/bin/sh", ["-c", "mv \"$0\"/2* \"$0\"/20200101T000000Z", world.host + "/srv/backup/envs"])
    let drift = try world.expect(2, "drift").output
    #expect(
      drift.contains("backup envs: the newest whole snapshot, 20200101T000000Z, is older than the 1d"), "\(drift)")
    #expect(drift.contains("(finding: writ explain backup-overdue)"))
    #expect(try world.expect(2, "prove").output.contains("backup envs: the newest whole snapshot"))
    #expect(
      try world.expect(2, "restore", "--check", "envs").output.contains("overdue: there should be a whole one every 1d")
    )
    // It is no change, so it keeps no apply from being complete.
    #expect(try world.expect(0, "plan", "--detailed-exitcode").output.contains("nothing to change"))
    try world.expect(0, "apply")
    chmod(world.host + "/srv/backup/envs", 0o755)
    #expect(try world.expect(2, "drift").output.contains("/srv/backup/envs has owner 0, group 0, mode 0755"))
    try world.expect(0, "apply", "--only", "revocations")
    var status = stat()
    #expect(stat(world.host + "/srv/backup/envs", &status) == 0 && status.st_mode & 0o777 == 0o700)
  }

  @Test func `arguments that cannot be are refused`() throws {
    let world = try World.withSmallPolicy()
    try world.commit(Self.backed)
    try world.expect(0, "apply", "--bootstrap")
    #expect(try world.expect(64, "restore", "envs").errors.contains("only `--check` is there"))
    try world.expect(64, "restore", "--check", "envs", "--sample", "-1")
    for name in ["nothing", "outputs", "../envs", "login"] { try world.expect(3, "restore", "--check", name) }
    #expect(
      try world.expect(1, "restore", "--check", "envs", "--snapshot", "../..").errors.contains("there is no snapshot"))
    try agent(world, 1, "nothing")
    try agent(world, 1, "../../etc/passwd")
    try agent(world, 64, "--check", "--if-due")
    try agent(world, 64, "--snapshot", "20200101T000000Z")
  }
}
