import Glibc
import Testing
import WritSystem
import WritTestSupport

/// Keys that cannot sign, or may not: nothing is changed on any target and no entry is written.
@Suite(.enabled(if: World.isRoot, "needs root: accounts and trees are given to other ids")) struct BadKeyTests {
  /// What `ssh-keygen` makes in `keys/NAME`, readable by its owner only unless `mode` says otherwise.
  private func makeKey(_ name: String, passphrase: String = "", mode: mode_t = 0o600, in world: World) throws {
    let path = world.keys + "/" + name
    let arguments = ["-q", "-t", "ed25519", "-N", passphrase, "-C", name, "-f", path]
    _ = try Program("/usr/bin/ssh-keygen", arguments).run()
    chmod(path, mode)
  }

  @Test func `a key that cannot sign stops apply before anything happens`() throws {
    let world = try World.withSmallPolicyApplied()
    try makeKey("locked", passphrase: "secret", in: world)
    try makeKey("open", mode: 0o644, in: world)
    // There is work, and each of these would do it with another key.
    try world.commit(World.small.replacing("roles: [guest]", with: "roles: [member]"), "Let cas in")
    let before = try world.footprint()
    let entries = try world.expect(0, "log").output
    // A public key whose private half is nowhere: not beside it and in no agent.
    _ = try FileContents.replace(
      world.keys + "/alone.pub", with: FileContents.read(world.keys + "/ann.pub"), mode: 0o600)
    let cases: [(key: String, status: Int32, says: String)] = [
      ("missing", 1, "No such file"),
      ("locked", 1, "passphrase"),
      ("open", 1, "bad permissions"),
      ("alone.pub", 1, "nothing was signed"),
      ("", 1, "no regular file"),
      // Whole, but nobody appointed it.
      ("bob", 9, "not among the signers"),
    ]
    for (key, status, says) in cases {
      let run = try world.writ("apply", "--key", world.keys + "/" + key)
      #expect(run.status == status, "\(key): \(run.errors)")
      #expect(run.errors.contains(says), "\(key): \(run.errors)")
      #expect(!run.errors.contains("@@@"), "\(key): \(run.errors)")
    }
    try world.repository.git("config", "--unset", "writ.key")
    #expect(try world.expect(1, "apply").errors.contains("no key to sign with"))
    // A plan needs no key.
    try world.expect(2, "plan", "--detailed-exitcode")
    #expect(try world.footprint() == before)
    #expect(try world.expect(0, "log").output == entries)
    try world.use("ann")
    try world.expect(0, "apply")
    try world.expectWhole()
  }

  @Test func `a secret opens with a reader's key and with no other`() throws {
    let world = try World.withSmallPolicyApplied()
    try makeKey("locked", passphrase: "secret", in: world)
    let before = try world.footprint()
    #expect(try world.expect(0, "secret", "get", "basic/token", "--identity", "\(world.keys)/bob").output == "value")
    for identity in ["cas", "missing", "locked", ""] {
      let run = try world.expect(1, "secret", "get", "basic/token", "--identity", "\(world.keys)/\(identity)")
      #expect(run.output == "", "\(identity)")
    }
    #expect(try world.footprint() == before)
  }

  @Test func `a secret's name is one plain name, and a value is never empty`() throws {
    let world = try World.withSmallPolicyApplied()
    let before = try world.footprint()
    for name in ["basic/../token", "basic//etc/passwd", "basic/a/b", "basic", "/token", "basic/"] {
      try world.expect(64, "secret", "put", name, input: "x")
    }
    for name in ["basic/..", "basic/.", "basic/.age-recipients", "basic/-x", "basic/a\nb", "nothing/token"] {
      try world.expect(3, "secret", "put", name, input: "x")
      #expect(try world.expect(3, "secret", "get", name).output == "")
    }
    // A pipe whose writer failed must not replace a value by nothing.
    #expect(try world.expect(1, "secret", "put", "basic/token").errors.contains("empty"))
    #expect(try world.expect(1, "secret", "rotate", "basic/token").errors.contains("empty"))
    try world.expect(1, "secret", "get", "basic/unheard-of")
    #expect(try world.footprint() == before)
    try world.expectWhole()
  }
}
