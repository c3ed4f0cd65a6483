import Glibc
import Testing
import WritSystem
import WritTestSupport

/// How the ledger gets to its remote and to the disk, and what stands in its way.
@Suite(.enabled(if: World.isRoot, "needs root: accounts and trees are given to other ids"))
struct TransferTests {
  /// A world whose remote is reached through a program that notes its environment.
  static func behindSSH() throws -> (world: World, log: String) {
    let world = try World.withSmallPolicy()
    let (remote, log) = (world.scratch.path + "/remote.git", world.scratch.path + "/log")
    let script = "#!/bin/sh\nenv >>\(log)\nfor last; do :; done\nexec sh -c \"$last\"\n"
    try FileContents.replace(world.keys + "/ssh", with: Array(script.utf8), mode: 0o755)
    let git = world.repository
    try git.git("init", "-q", "--bare", "-b", "main", remote)
    try git.git("remote", "add", "origin", "ssh://git@host.invalid" + remote)
    for (key, value) in [
      ("core.sshCommand", world.keys + "/ssh"), ("ssh.variant", "simple"), ("credential.helper", "store"),
      ("http.https://host.invalid/.extraheader", "Authorization: basic Zm9v"), ("core.fsync", "none"),
      ("core.gitProxy", "/bin/false"),
    ] { try git.git("config", key, value) }
    try git.git("push", "-q", "-u", "origin", "main")
    try FileContents.replace(log, with: [], mode: 0o644)
    return (world, log)
  }

  /// Only four variables and none of the repository's configuration were passed on: no way through a proxy, and none with a CI
  /// job's token.
  @Test func `what says how to reach the remote goes with a transfer, and nothing else does`() throws {
    let (world, log) = try Self.behindSSH()
    let passed = ["HTTPS_PROXY=http://proxy:1", "SSL_CERT_FILE=/etc/own.pem", "GIT_ASKPASS=/bin/ask", "no_proxy=a"]
    let kept = [
      "GIT_TRACE=\(world.scratch.path)/trace", "LD_BIND_NOW=1", "GIT_OBJECT_DIRECTORY=/nowhere", "GIT_EDITOR=x",
      "GIT_CONFIG_PARAMETERS='core.fsync=none'", "TOKEN=secret",
    ]
    let found = try world.run(
      "/usr/bin/env", passed + kept + ["PATH=.:/usr/bin:/bin:relative", World.writ, "apply", "--bootstrap"])
    #expect(found.status == 0, "\(found)")
    let seen = Set(
      String(decoding: try FileContents.read(log), as: UTF8.self).split(separator: "\n").map(String.init))
    for line in passed { #expect(seen.contains(line), "\(line)") }
    #expect(seen.contains { $0.hasPrefix("PATH=") && $0.hasSuffix("/usr/bin:/bin") && !$0.contains("relative") })
    for name in kept.map({ $0.prefix { $0 != "=" } }) {
      #expect(!seen.contains { $0.hasPrefix(name + "=") }, "\(name)")
    }
    let keys = seen.filter { $0.hasPrefix("GIT_CONFIG_KEY_") }.map { $0.split(separator: "=")[1] }
    #expect(
      Set(keys) == ["core.sshcommand", "ssh.variant", "credential.helper", "http.https://host.invalid/.extraheader"])
    #expect(access(world.scratch.path + "/trace", F_OK) != 0)
    try world.expect(0, "verify")
  }

  @Test(.enabled(if: World.canTrace, "needs strace"))
  func `the intent is on the remote's disk before the first change, and the outcome after the last`() throws {
    let (world, remote, _) = try CloneTests.two()
    try world.commit(World.changed([("roles: [guest]", "roles: [member]")]), "cas becomes a member")
    try world.repository.git("push", "-q", "origin", "main")
    let log = world.scratch.path + "/strace"
    let found = try world.run(
      "/usr/bin/strace",
      ["-f", "-qq", "-y", "-e", "signal=none", "-e", "trace=fsync,fdatasync", "-o", log, World.writ, "apply"])
    #expect(found.status == 0, "\(found)")
    let calls = String(decoding: try FileContents.read(log), as: UTF8.self).split(separator: "\n")
      .filter { $0.contains("sync(") }
    func places(_ part: String) -> [Int] { calls.indices.filter { calls[$0].contains(part) } }
    let host = places("/sandbox/gpu01/")
    let (first, last) = (try #require(host.first), try #require(host.dropLast(2).last))
    let (far, near, journal) = (places(remote), places("/.git/writ/ledger.git/"), places("/.git/writ/journal"))
    // Blobs, trees, the commit and the ref, here and there.
    #expect(
      far.filter { $0 < first }.count >= 4 && far.filter { $0 > last }.count >= 4, "\(far) around \(first)...\(last)")
    #expect(near.filter { $0 < first }.count >= 4 && near.filter { $0 > last }.count >= 4)
    #expect(journal.filter { $0 < first }.count >= 2)
    #expect(far.contains { calls[$0].contains("refs/heads/writ/ledger.lock") && $0 < first })
  }

  @Test func `a lock file of git in a remote's repository is named, with its age and what to do`() throws {
    let (world, remote, _) = try CloneTests.two()
    let lock = remote + "/refs/heads/writ/ledger.lock"
    try FileContents.replace(lock, with: [], mode: 0o644)
    utimensat(
      AT_FDCWD, lock, [timespec(tv_sec: time(nil) - 600, tv_nsec: 0), timespec(tv_sec: time(nil) - 600, tv_nsec: 0)], 0)
    try world.commit(World.changed([("roles: [guest]", "roles: [member]")]), "cas becomes a member")
    try world.repository.git("push", "-q", "origin", "main")
    let refused = try world.expect(1, "apply")
    #expect(refused.errors.contains("\(lock) has been there for 60"), "\(refused.errors)")
    #expect(refused.errors.contains("rm '\(lock)'"))
    #expect(access(lock, F_OK) == 0, "it is not ours to remove")
    unlink(lock)
    try world.expect(0, "apply")
    try world.expectSettled()
  }

  @Test(.enabled(if: World.canMount, "needs a mount namespace: a repository is made read-only"))
  func `a repository that cannot be written is read as far as it goes`() throws {
    let (world, _, second) = try CloneTests.two()
    try world.repository.git(in: second, "fetch", "-q")
    // One that writ never worked in, one that it did, and one that is its own upstream.
    let alone = try World.withAppliedPolicy()
    for (place, folder, isOld) in [(world, second, true), (world, world.lab, true), (alone, alone.lab, false)] {
      for arguments in [["log"], ["show", "1"], ["verify"], ["plan"], ["blame", "ann", "login:ssh"]] {
        let script = try Self.frozen(place, folder, arguments[0], Array(arguments.dropFirst()))
        #expect(script.status == 0, "\(arguments) in \(folder): \(script)")
        let told = script.output + script.errors
        if arguments != ["blame", "ann", "login:ssh"] {
          #expect(told.contains("fetched last") == isOld, "\(arguments) in \(folder): \(told)")
        }
      }
      let open = try place.run(World.writ, ["log"], in: folder)
      #expect(try Self.frozen(place, folder, "log", []).output == open.output)
    }
    let refused = try Self.frozen(world, world.lab, "apply", [])
    #expect(refused.status == 1 && refused.errors.contains("Read-only file system"), "\(refused)")
  }

  /// Runs `writ` where the folder cannot be written, in a mount namespace of its own.
  static func frozen(_ world: World, _ folder: String, _ command: String, _ rest: [String]) throws -> World.Run {
    let script = "mount --bind \"$1\" \"$1\" && mount -o remount,bind,ro \"$1\" && cd \"$1\" && shift && exec \"$@\""
    return try world.run(
      "/usr/bin/unshare", ["--mount", "/bin/sh", "-c", script, "sh", folder, World.writ, command] + rest)
  }
}
