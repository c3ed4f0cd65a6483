import Glibc
import Testing
import WritDigest
import WritSystem
import WritTestSupport

/// `prove` asks sshd, sudo and the vault's files: what hands changed there is said of exactly those whom it concerns.
@Suite(.enabled(if: World.isRoot, "needs root: gives a thread mounts of its own"))
struct ProveRightsTests {
  private func applied() throws -> World {
    let world = try World.withSmallPolicy()
    for folder in [world.scratch.path, world.repository.scratch.path] { chmod(folder, 0o711) }
    try world.expect(0, "apply", "--bootstrap")
    return world
  }

  private func text(_ world: World, _ path: String) throws -> String {
    String(decoding: try FileContents.read(world.host + path), as: UTF8.self)
  }

  private func write(_ world: World, _ text: String, _ path: String, mode: UInt32 = 0o644) throws {
    try FileContents.replace(world.host + path, with: Array(text.utf8), mode: mode)
  }

  /// Lines of disagreement and of what could not be asked.
  private func complaints(_ world: World, _ status: Int32, _ words: String...) throws -> [String] {
    let found = try world.run(World.writ, ["prove"] + words)
    #expect(found.status == status, "\(found.output)\(found.errors)")
    return found.output.split(separator: "\n").filter { $0.hasPrefix("  ") && !$0.hasPrefix("  not asked") }
      .map { String($0.dropFirst(2)) }
  }

  @Test func `what was applied agrees, every account asked about every login and command`() throws {
    let world = try applied()
    let before = try world.changeTimes(world.host)
    #expect(try complaints(world, 0, "--all") == [])
    let json = try world.expect(0, "prove", "--format", "json").output
    let targets = try #require(JSONValue(canonicalLine: Array(json.utf8)).object?["targets"]?.array)
    #expect(targets.compactMap { $0.object?["target"]?.string } == ["host:gpu01", "vault:team"])
    #expect(try world.changeTimes(world.host) == before)
    // The view of the host was one thread's, and no mount of it is left.
    let mounts = String(decoding: try FileContents.read("/proc/self/mountinfo", limit: 1 << 20), as: UTF8.self)
    #expect(!mounts.contains(" - tmpfs writ ") && !mounts.contains(" - overlay writ "))
  }

  @Test func `a key by hand, an end that passed and a list that shuts out are found`() throws {
    let world = try applied()
    let file = "/etc/ssh/authorized_keys.d/bob"
    let kept = try text(world, file)
    let stranger = try world.key("stranger")
    try write(world, kept + "expiry-time=\"20200101Z\" \(stranger)\n", file)
    #expect(try complaints(world, 0) == [])
    try write(world, kept + "\(stranger) by hand\n", file)
    let tail = stranger.suffix(12)
    #expect(
      try complaints(world, 2)
        == ["bob does not have login:ssh, and is let: 1 (by ssh-ed25519 …\(tail), which the policy does not name)"])
    // sshd passes over a file that somebody else could have written.
    try write(world, kept, file, mode: 0o666)
    let own = try world.key("bob").suffix(12)
    let refused = "bob has login:ssh, and is refused: 1 "
    #expect(
      try complaints(world, 2) == [refused + "(ssh-ed25519 …\(own) is in no file that sshd reads, or is over)"])
    try write(world, kept, file)
    let shadow = try text(world, "/etc/shadow")
    try write(
      world, shadow.replacing(#/bob:\*:([^:]*:[^:]*:[^:]*:[^:]*:[^:]*):[^:]*:/#) { "bob:*:\($0.1):20000:" },
      "/etc/shadow", mode: 0o640)
    #expect(try complaints(world, 2).contains(refused + "(the account has expired)"))
    try write(world, shadow, "/etc/shadow", mode: 0o640)
    try write(world, "DenyUsers b?b\n", "/etc/ssh/sshd_config.d/10-hand.conf")
    #expect(try complaints(world, 2) == [refused + "(DenyUsers names it)"])
    unlink(world.host + "/etc/ssh/sshd_config.d/10-hand.conf")
    try write(world, "TrustedUserCAKeys /etc/ssh/ca.pub\n", "/etc/ssh/sshd_config.d/10-hand.conf")
    let asked = try complaints(world, 1)
    #expect(asked.contains("could not be asked: login of bob: TrustedUserCAKeys may sign certificates"), "\(asked)")
  }

  @Test func `somebody without a login is let in by nothing`() throws {
    let world = try applied()
    // The account that owns a tree: a key, the group and a shell by hand.
    let key = try world.key("stranger")
    try write(world, key + "\n", "/etc/ssh/authorized_keys.d/tree-owner")
    #expect(try complaints(world, 0) == [])
    let group = try text(world, "/etc/group")
    let changed = group.replacing(#/(?m)^(writ-login:x:\d+:.*)$/#) { "\($0.1),tree-owner" }
    try #require(changed != group)
    try write(world, changed, "/etc/group")
    let found = "tree-owner does not have login:ssh, and is let: 1 (by ssh-ed"
    #expect(try complaints(world, 2).contains { $0.hasPrefix(found) })
  }

  @Test func `arguments beyond the policy's, another run-as and an end in sudoers are found`() throws {
    let world = try applied()
    let rule = try text(world, "/etc/sudoers.d/writ")
    func by(_ line: String) throws { try write(world, line + "\n", "/etc/sudoers.d/zz", mode: 0o440) }
    try by("bob ALL=(tree-owner) NOPASSWD: /opt/bin/update --all")
    #expect(
      try complaints(world, 2)
        == ["bob does not have update:run, and is let: 1 (/opt/bin/update --all as tree-owner)"])
    // Listed by sudo, and no longer in force.
    try by("bob ALL=(tree-owner) NOTAFTER=20200101000000Z NOPASSWD: /opt/bin/update --all")
    #expect(try complaints(world, 0) == [])
    try by("ann ALL=(ALL) NOPASSWD: /opt/bin/update")
    #expect(
      try complaints(world, 2) == [
        "ann does not have update:run, and is let: 2 (/opt/bin/update --all writ-prove as tree-owner, "
          + "/opt/bin/update as tree-owner)"
      ])
    unlink(world.host + "/etc/sudoers.d/zz")
    let over = rule.replacing("ann ALL=(tree-owner) ", with: "ann ALL=(tree-owner) NOTAFTER=20200101000000Z ")
    try write(world, over, "/etc/sudoers.d/writ", mode: 0o440)
    #expect(
      try complaints(world, 2) == ["ann has update:run, and is refused: 1 (/opt/bin/update --all as tree-owner)"])
    try write(world, rule, "/etc/sudoers.d/writ", mode: 0o440)
    #expect(try complaints(world, 0) == [])
  }

  @Test func `a program that is not the pinned one is refused by sudo, and that is found`() throws {
    let world = try World.withSmallPolicy()
    for folder in [world.scratch.path, world.repository.scratch.path] { chmod(folder, 0o711) }
    let sum = try world.run("/usr/bin/sha256sum", [world.host + "/opt/bin/update"]).output.prefix(64)
    try world.commit(
      World.small.replacing("run-as: tree-owner }", with: "run-as: tree-owner, sha256: \(sum), log-output: true }"))
    try world.expect(0, "apply", "--bootstrap")
    #expect(try complaints(world, 0) == [])
    try FileContents.replace(world.host + "/opt/bin/update", with: Array("#!/bin/sh\n".utf8), mode: 0o755)
    #expect(try complaints(world, 2) == ["ann has update:run, and is refused: 1 (/opt/bin/update --all as tree-owner)"])
    #expect(try world.expect(0, "plan").output.contains("is not the program that the policy names"))
    // Which program is meant is for the policy to say.
    try world.expect(0, "apply")
    #expect(try complaints(world, 2).count == 1)
  }

  @Test func `a file of the vault that is encrypted to one more, or one less, is found`() throws {
    let world = try applied()
    try world.expect(0, "secret", "put", "basic/token", input: "s3cret\n")
    try world.expect(0, "secret", "put", "basic/other", input: "s3cret\n")
    #expect(try complaints(world, 0) == [])
    let file = world.vault + "/lab/basic/token.age"
    func encrypt(_ names: [String]) throws {
      let recipients = try names.flatMap { ["-r", try world.key($0)] }
      let made = try world.run("/usr/bin/age", ["-e"] + recipients + ["-o", file], input: "x")
      try #require(made.status == 0, "\(made.errors)")
    }
    try encrypt(["ann", "bob", "cas"])
    #expect(try complaints(world, 2) == ["cas does not have basic:read, and is let: 1 (token.age)"])
    try encrypt(["ann"])
    #expect(try complaints(world, 2) == ["bob has basic:read, and is refused: 1 (token.age)"])
    try encrypt(["ann", "bob", "stranger"])
    let found = try complaints(world, 2)
    #expect(found.count == 1 && found[0].hasPrefix("whoever has the key ssh-ed25519 "), "\(found)")
    try FileContents.replace(file, with: Array("no age file\n".utf8), mode: 0o644)
    let asked = try complaints(world, 1)
    #expect(asked == ["could not be asked: lab/basic/token.age: it is no age file"], "\(asked)")
  }
}
