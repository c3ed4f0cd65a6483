import Glibc
import Testing
import WritDigest
import WritSystem
import WritTestSupport

/// What is written to the ledger beside applies, and in which order.
@Suite(.enabled(if: World.isRoot, "needs root: accounts and trees are given to other ids"))
struct RecordTests {
  static func entries(_ world: World) throws -> [JSONMembers] {
    try world.expect(0, "log", "--format", "json").output.split(separator: "\n").map {
      try JSONMembers(JSONValue(canonicalLine: Array($0.utf8) + [10]))
    }
  }

  @Test func `an observer with another key leaves signed evidence of drift, and of none`() throws {
    let world = try World.withAppliedPolicy()
    try SignersTests.commit(world, ["ann", "eve"])
    try world.expect(0, "apply")
    let key = world.keys + "/eve"
    try world.expect(0, "drift", "--record", "--key", key, "--runner", "nightly-1")
    let file = world.host + "/etc/group"
    let text = String(decoding: try FileContents.read(file), as: UTF8.self)
    try FileContents.replace(
      file,
      with: Array(text.replacing("readers:x:2", with: "readers:!:2").replacing(":ann,bob", with: ":ann,bob,cas").utf8),
      mode: 0o644)
    let seen = try world.expect(2, "drift", "--record", "--key", key)
    #expect(seen.errors.contains("recorded as ledger entry"), "\(seen.errors)")
    let found = try Self.entries(world)
    #expect(try found[0].text("kind") == "drift" && found[0].text("actor") == "eve")
    #expect(try found[0].objects("items").map { try $0.text("target") }.contains("host:gpu01"))
    #expect(try found[1].text("runner") == "nightly-1" && found[1].objects("items").isEmpty)
    #expect(try found[0].object("live").all["host:gpu01"] != found[1].object("live").all["host:gpu01"])
    #expect(try found[0].object("live").all["vault:team"] == found[1].object("live").all["vault:team"])
    try world.expect(0, "verify")
    try world.expect(9, "drift", "--record", "--key", world.keys + "/bob")
  }

  /// The vault was changed first: a key barred from the ledger stored values that nothing recorded.
  @Test func `a key that may not write the ledger changes no vault`() throws {
    let world = try World.withAppliedPolicy()
    try world.repository.commit(
      "bob keeps the vault alone",
      [
        SignersTests.path: "ann \(try world.key("ann"))\n"
          + "bob namespaces=\"writ-vault-v1\" \(try world.key("bob"))\n"
      ])
    try world.expect(0, "apply")
    let (before, count) = (try world.changeTimes(world.vault), try Self.entries(world).count)
    for command in ["put", "rotate"] {
      let refused = try world.expect(9, "secret", command, "basic/token", "--key", world.keys + "/bob", input: "new")
      #expect(refused.errors.contains("is not among the signers in force"), "\(refused.errors)")
    }
    // What could not work is not recorded as begun either.
    try world.expect(1, "secret", "rotate", "basic/nothing", input: "new")
    #expect(try world.changeTimes(world.vault) == before)
    #expect(try Self.entries(world).count == count)
  }

  @Test func `a secret is recorded before the vault is touched, and after`() throws {
    let world = try World.withAppliedPolicy()
    let entries = try Self.entries(world)
    #expect(try entries.prefix(2).map { try $0.text("stage") } == ["done", "begun"])
    #expect(try entries[0].integer("begun") == entries[1].integer("seq"))
    let file = try FileContents.read(world.vault + "/lab/basic/token.age")
    #expect(try entries[0].text("digest") == Digest(of: file).description)
    // The manifest remembers the ledger as it was when the file came in.
    let manifest = try JSONMembers(
      JSONValue(canonicalLine: FileContents.read(world.vault + "/.writ/manifest.json")))
    #expect(try manifest.object("head").integer("size") == entries[0].integer("seq"))
    // Killed between the two: what was begun stays in the ledger, and the next value is stored as ever.
    if World.canTrace {
      let killed = try world.run(
        "/usr/bin/strace",
        [
          "-qq", "-o", "/dev/null", "-e", "inject=renameat:signal=KILL:when=1", World.writ, "secret", "rotate",
          "basic/token",
        ], input: "second")
      #expect(killed.status == 128 + 9, "\(killed)")
      #expect(try Self.entries(world)[0].text("stage") == "begun")
    }
    try world.expect(0, "secret", "rotate", "basic/token", input: "third")
    #expect(
      try world.expect(0, "log", "-n", "1").output.contains("rotate lab/basic/token in vault:team, begun in entry"))
    try world.expect(0, "verify")
    let value = try world.expect(0, "secret", "get", "basic/token", "--identity", world.keys + "/bob")
    #expect(value.output == "third")
  }

  /// Two clones; an apply by ann in the first one was killed half-way.
  static func interrupted() throws -> (world: World, second: String) {
    let (world, _, second) = try CloneTests.two()
    try world.commit(World.changed([("roles: [guest]", "roles: [member]")]), "cas becomes a member")
    try world.repository.git("push", "-q", "origin", "main")
    let killed = try world.run(
      "/usr/bin/strace",
      [
        "-qq", "-o", "/dev/null", "-P", world.host + "/etc", "-einject=fsync:signal=KILL:when=1", World.writ, "apply",
        "--runner", "job 17",
      ])
    guard killed.status == 128 + 9 else { throw World.Failure(description: "\(killed)") }
    return (world, second)
  }

  /// Whoever stole a key could keep it in force by one open intent after another.
  @Test(.enabled(if: World.canTrace, "needs strace: an apply is killed"))
  func `a key goes out although its holder has an apply open`() throws {
    let (world, second) = try Self.interrupted()
    try world.repository.commit(
      "ann leaves the signers",
      [SignersTests.path: "bob \(try world.key("bob"))\n"])
    try world.repository.git("push", "-q", "origin", "main")
    try world.repository.git(in: second, "pull", "-q")
    let key = world.keys + "/bob"
    // Bob is no signer yet, so he cannot put himself there.
    try world.expect(in: second, 9, "apply", "--key", key)
    try world.repository.commit(
      "bob comes first",
      [SignersTests.path: "ann \(try world.key("ann"))\nbob \(try world.key("bob"))\n"])
    try world.repository.git("push", "-q", "origin", "main")
    try world.expect(0, "apply")
    let again = try Self.reopened(world)
    #expect(again.status == 128 + 9, "\(again)")
    try world.repository.commit("ann leaves", [SignersTests.path: "bob \(try world.key("bob"))\n"])
    try world.repository.git("push", "-q", "origin", "main")
    try world.repository.git(in: second, "pull", "-q")
    let found = try world.expect(in: second, 0, "apply", "--key", key)
    #expect(found.errors.contains("this commit takes the key it was begun with from the signers"), "\(found.errors)")
    #expect(found.errors.contains("version 3 of the signers is in force"))
    #expect(found.errors.contains("gave up entry"))
    try world.expect(in: second, 0, "verify")
    #expect(try world.expect(in: second, 0, "apply", "--key", key).output == "nothing to do\n")
  }

  /// Ann begins once more and is killed once more.
  static func reopened(_ world: World) throws -> World.Run {
    try world.commit(
      World.changed([("\"KEY-cas\"], roles: [guest]", "\"KEY-cas\"], roles: [member, maintainer]")]), "cas maintains")
    try world.repository.commit(
      "and the signers stay",
      [SignersTests.path: "ann \(try world.key("ann"))\nbob \(try world.key("bob"))\n"])
    try world.repository.git("push", "-q", "origin", "main")
    return try world.run(
      "/usr/bin/strace",
      [
        "-qq", "-o", "/dev/null", "-P", world.host + "/etc", "-einject=fsync:signal=KILL:when=1", World.writ, "apply",
      ])
  }

  @Test(.enabled(if: World.canTrace, "needs strace: an apply is killed"))
  func `who applies, where and until when is told to whoever finds it open`() throws {
    let (world, second) = try Self.interrupted()
    try world.repository.git(in: second, "pull", "-q")
    let refused = try world.expect(in: second, 1, "apply", "--abandon", "it hangs")
    #expect(refused.errors.contains("ann (job 17) has been applying since 20"), "\(refused.errors)")
    #expect(refused.errors.contains("ledger entry 3") && refused.errors.contains("it can be given up from 20"))
    let again = try world.expect(0, "apply")
    #expect(again.errors.contains("entry 3 was interrupted"), "\(again.errors)")
    try world.expect(in: second, 0, "verify")
  }

  @Test func `a first apply of some targets asks all of them whether they remember a ledger`() throws {
    let world = try World.withAppliedPolicy()
    try world.repository.git("update-ref", "-d", "refs/heads/writ/ledger")
    removeTree(world.lab + "/.git/writ")
    unlink(world.host + "/var/lib/writ/head")
    let refused = try world.expect(9, "apply", "--bootstrap", "--host", "gpu01")
    #expect(refused.errors.contains("a ledger is remembered by"), "\(refused.errors)")
  }

  @Test func `a ledger that is gone is missed by its witnesses, also in a fresh clone`() throws {
    let world = try World.withAppliedPolicy()
    try world.repository.git("update-ref", "-d", "refs/heads/writ/ledger")
    let fresh = world.scratch.path + "/fresh"
    try world.repository.git("clone", "-q", world.lab, fresh)
    try world.repository.git(in: fresh, "remote", "remove", "origin")
    let found = try world.expect(in: fresh, 9, "verify")
    for target in ["host:gpu01", "vault:team"] {
      #expect(found.output.contains("\(target) remembers"), "\(found.output)")
    }
    for name in ["writ.key", "writ.identity"] {
      try world.repository.git(in: fresh, "config", name, world.keys + "/ann")
    }
    let refused = try world.expect(in: fresh, 9, "apply", "--bootstrap")
    #expect(refused.errors.contains("a ledger is remembered by host:gpu01"), "\(refused.errors)")
  }
}
