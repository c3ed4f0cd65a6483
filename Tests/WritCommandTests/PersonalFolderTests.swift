import Glibc
import Testing
import WritSystem
import WritTestSupport

/// Folders of people who have none now, and of which others may use what is there.
@Suite(.enabled(if: World.isRoot, "needs root: accounts and trees are given to other ids"))
struct PersonalFolderTests {
  /// `cas` may read what is others'; `dan` never had an account on the host.
  private static let policy = [
    World.unguarded, ("roles: [guest] }\n", "roles: [guest, auditor] }\n  dan: DAN\n"),
    ("DAN", "{ uid: 20004, ssh-keys: [\"KEY-dan\"], roles: [member], suspended: true }"),
    ("  guest:", "  auditor: { allow: { outputs/others: read } }\n  banned: { deny: { outputs: read } }\n  guest:"),
  ]
  private static let bob = #"ssh-keys: ["KEY-bob"], roles: [member"#

  private func shell(_ world: World, _ script: String) throws {
    let run = try world.run("/bin/bash", ["-euc", script], in: world.host)
    guard run.status == 0 else { throw World.Failure(description: run.errors) }
  }

  private func settled(_ world: World) throws {
    try world.expect(0, "prove", "--all")
    try world.expectSettled()
  }

  private func readers(_ world: World, _ path: String) throws -> [String] {
    try world.kernelAccess([path]).filter { $0.value.contains("r") }.keys.map { String($0.prefix { $0 != " " }) }
      .sorted()
  }

  // A random host showed it: the access was given by policy, and neither planned nor enforced.
  @Test(arguments: ["banned", "suspended"])
  func `of somebody who has no folder any more others keep theirs, and the person gains nothing`(how: String) throws {
    let world = try World.withSmallPolicy()
    chmod(world.scratch.path, 0o755)
    let first = try World.changed(Self.policy)
    try world.commit(first)
    try world.expect(0, "apply", "--bootstrap")
    #expect(access(world.host + "/srv/outputs/dan", F_OK) != 0)
    try shell(world, "echo text > srv/outputs/bob/result")
    try world.expect(0, "apply")
    #expect(try readers(world, "/srv/outputs/bob/result") == ["bob", "cas"])

    let without = try World.changed(
      [(Self.bob + "]", how == "banned" ? Self.bob + ", banned]" : Self.bob + "], suspended: true")], in: first)
    try world.commit(without, "Bob has no folder")
    try world.expect(0, "apply")
    // Their own account keeps what is theirs; a retired one is not asked.
    #expect(try readers(world, "/srv/outputs/bob/result") == (how == "banned" ? ["bob", "cas"] : ["cas"]))
    try settled(world)

    // What somebody put there by hand is nobody's but root's and the reader's, and nobody makes an account for it.
    try shell(
      world, "umask 0; mkdir srv/outputs/dan; echo text > srv/outputs/dan/result; chown -R 20001 srv/outputs/dan")
    try world.expect(0, "apply")
    #expect(try readers(world, "/srv/outputs/dan/result") == ["cas"])
    #expect(try !String(decoding: FileContents.read(world.host + "/etc/passwd"), as: UTF8.self).contains("dan:"))
    try settled(world)

    try world.commit(try World.changed([("[guest, auditor]", "[guest]")], in: without), "No auditor")
    try world.expect(0, "apply")
    #expect(try readers(world, "/srv/outputs/bob/result") == (how == "banned" ? ["bob"] : []))
    #expect(try readers(world, "/srv/outputs/dan/result") == [])
    try settled(world)
  }

  // A random host: an outer tree was closed, and what was its owner's in it stayed so.
  @Test func `what nobody has is asked about in whosever hands the way to it is`() throws {
    let world = try World.withSmallPolicy()
    chmod(world.scratch.path, 0o755)
    try world.commit(try World.changed([("outputs: write, ", "")]))
    try world.expect(0, "apply", "--bootstrap")
    try shell(world, "mkdir -m 0700 -p srv/outputs; chown 19001 srv/outputs")
    try world.expect(0, "prove", "--all")
    try shell(world, "mkdir srv/outputs/bob; chmod 0777 srv/outputs/bob")
    let found = try world.expect(2, "prove", "--all").output.split(separator: "\n").filter { $0.contains("is let") }
    #expect(
      found == ["read", "write"].map { "  tree-owner does not have outputs/bob:\($0), and is let: 1 (.)" }, "\(found)")
  }

  // A random host: the folder was given away by hand, and so it stayed when policy took it from its account.
  @Test func `of a folder that nobody has any more a gift is taken back, and its own account's files stay`() throws {
    let world = try World.withSmallPolicy()
    chmod(world.scratch.path, 0o755)
    let first = try World.changed(Self.policy)
    try world.commit(try World.changed([("[guest, auditor]", "[guest]")], in: first))
    try world.expect(0, "apply", "--bootstrap")
    try shell(
      world,
      """
      cd srv/outputs/bob
      echo text > own; chown 20002 own
      mkdir gift; echo text > gift/result; chown -R 20001 gift; chown 20001 .
      """)
    let without = try World.changed(
      [(Self.bob + "]", Self.bob + ", banned]"), ("[guest, auditor]", "[guest]")], in: first)
    try world.commit(without, "Bob has no folder")
    try world.expect(0, "apply")
    #expect(try readers(world, "/srv/outputs/bob/gift/result") == [])
    #expect(try readers(world, "/srv/outputs/bob") == [])
    var own = stat()
    stat(world.host + "/srv/outputs/bob/own", &own)
    #expect(own.st_uid == 20002)
    try settled(world)
  }
}
