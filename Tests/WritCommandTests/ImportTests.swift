import Glibc
import Testing
import WritSystem
import WritTestSupport

/// What a host has becomes policy that is good, and that leaves nothing to plan once it is applied; the rest is said.
@Suite(.enabled(if: World.isRoot, "needs root: accounts and trees are given to other ids"))
struct ImportTests {
  private static let base = """
    settings: { signers: signers/allowed_signers }
    guards: { max-removal: "100%" }
    hosts:
      gpu01: { connect: "root:../../sandbox/gpu01", labels: [gpu] }
    people:
      ann: { email: ann@example.com }

    """

  private func world() throws -> World {
    let world = try World()
    world.repository.time = Int64(time(nil)) - 86400
    chmod(world.scratch.path, 0o755)
    try world.commit(Self.base, "Begin")
    try world.makeHost()
    try world.makeProgram("/opt/bin/update")
    try world.use("ann")
    return world
  }

  private func text(_ world: World, _ path: String) -> String {
    String(decoding: (try? FileContents.read(world.host + path)) ?? [], as: UTF8.self)
  }

  private func run(_ world: World, _ script: String) throws {
    let result = try world.run("/bin/bash", ["-c", "set -eu; cd \(world.host)\n" + script])
    try #require(result.status == 0, "\(result.errors)\n\(script)")
  }

  private static let addMember =
    "member() { sed -i -E \"s/^($1:x:[0-9]+:.*[^:])$/\\1,$2/; s/^($1:x:[0-9]+:)$/\\1$2/\" etc/group; }"

  /// A host with a life of its own.
  private func settle(_ world: World, seed: UInt64) throws -> [String] {
    var random = SeededGenerator(seed: seed)
    func chance(_ percent: Int) -> Bool { Int.random(in: 0..<100, using: &random) < percent }
    var script = [Self.addMember, "mkdir -p srv/shared srv/more"]
    var names: [String] = []
    for (index, name) in ["bob", "cas", "dan", "eve", "fay", "_odd", "svc-x", "svc-y"].enumerated() where chance(75) {
      names.append(name)
      let isService = name.hasPrefix("svc")
      let uid = 1500 + index * 7
      let gid = chance(70) ? uid : 100
      let comment = ["", "Some One,,,", name, "\\\"quoted\\\" \\$name", "a # b"].randomElement(using: &random) ?? ""
      let shell = isService ? "/usr/sbin/nologin" : ["/bin/bash", "/bin/sh"].randomElement(using: &random) ?? ""
      script.append("echo \"\(name):x:\(uid):\(gid):\(comment):/home/\(name):\(shell)\" >> etc/passwd")
      let password = ["*", "$y$j9T$hash", "!", "!$y$x"].randomElement(using: &random) ?? "*"
      let expires = ["", "", "40000", "1000"].randomElement(using: &random) ?? ""
      script.append("echo '\(name):\(password):19000:0:99999:7::\(expires):' >> etc/shadow")
      if gid == uid { script.append("echo '\(name):x:\(uid):' >> etc/group") }
      script.append(
        "mkdir -p home/\(name)/.ssh; chown -R \(uid):\(gid) home/\(name); chmod \(chance(50) ? 700 : 755) home/\(name)")
      if !isService, chance(70) {
        let options = chance(25) ? "from=\\\"10.0.0.1\\\" " : ""
        script.append(
          "echo \"\(options)\(ThrowAwayKeys.text(name)) \(name)@home\" >> home/\(name)/.ssh/authorized_keys")
      }
      if chance(20) { script.append("echo 'not a key' >> home/\(name)/.ssh/authorized_keys") }
      if chance(40) { script.append("member render \(name)") }
      if chance(15) { script.append("member sudo \(name)") }
      if chance(30) {
        script.append(
          "echo '\(name) ALL=(root) NOPASSWD: /opt/bin/update \(chance(50) ? "\"\"" : "--all now")' >> etc/sudoers.d/ours"
        )
      }
      if chance(20) { script.append("echo '\(name) ALL=(ALL) ALL' >> etc/sudoers.d/ours") }
    }
    script.append("echo 'team:x:1900:' >> etc/group; echo 'other:x:1901:nobody' >> etc/group")
    for name in names where chance(50) { script.append("member team \(name)") }
    for name in names where chance(30) { script.append("member other \(name)") }
    script.append(
      "chgrp 1900 srv/shared; chmod \(["2750", "2770", "0755"].randomElement(using: &random) ?? "") srv/shared; echo x > srv/shared/file"
    )
    script.append("chgrp 106 srv/more")
    script.append("if [ -e etc/sudoers.d/ours ]; then chmod 440 etc/sudoers.d/ours; fi")
    try run(world, script.joined(separator: "\n"))
    return names
  }

  @Test(arguments: 1...6) func `what is imported is good policy, and nothing is left to plan once it is applied`(
    seed: Int
  ) throws {
    let world = try world()
    let names = try settle(world, seed: UInt64(seed))
    let before = try world.changeTimes(world.host)
    let file = world.lab + "/policies/gpu01.yaml"
    let arguments = ["import", "--host", "gpu01", "--tree", "/srv/shared", "--tree", "/srv/more", "--owner", "ann"]
    let shown = try world.run(World.writ, arguments)
    try #require(shown.status == 0, "\(shown.errors)")
    let written = try world.run(World.writ, arguments + ["--out", file])
    try #require(written.status == 0, "\(written.errors)")
    #expect(String(decoding: try FileContents.read(file), as: UTF8.self) == shown.output)
    #expect(try world.run(World.writ, arguments + ["--out", file]).status != 0, "it is written over")
    #expect(try world.changeTimes(world.host) == before, "the host was touched")
    try world.expect(0, "validate")
    // Nobody is passed over in silence.
    for name in names {
      #expect(
        shown.output.contains("  \(name.drop { $0 == "_" }):\n") || shown.errors.contains("account \(name) "),
        "\(name)\n\(shown.errors)")
    }

    func members(_ group: String) -> Set<String> {
      let line = text(world, "/etc/group").split(separator: "\n").first { $0.hasPrefix(group + ":") } ?? ""
      return Set(
        (line.split(separator: ":", omittingEmptySubsequences: false).last ?? "").split(separator: ",").map(String.init)
      )
    }
    let groups = ["render", "sudo", "other"].map { ($0, members($0)) }
    try world.repository.commit("Take in gpu01\n" + PolicyPairTests.overrides, ["policies/gpu01.yaml": shown.output])
    let applied = try world.writ("apply", "--bootstrap", "--take-in", "--host", "gpu01")
    #expect(applied.status == 0, "seed \(seed)\n\(shown.output)\n\(applied.output)\n\(applied.errors)")
    let plan = try world.writ("plan", "--host", "gpu01", "--detailed-exitcode")
    #expect(plan.status == 0, "seed \(seed)\n\(shown.output)\n\(plan.output)")
    for (group, old) in groups { #expect(members(group) == old, "seed \(seed): \(group)") }
    try world.expect(0, "prove", "--host", "gpu01", "--all")
  }

  @Test func `hostile names are listed with nothing hidden, and never become YAML`() throws {
    let world = try world()
    try run(
      world,
      """
      printf 'a\\033[31m:x:1500:1500::/:/bin/sh\\n' >> etc/passwd
      printf 'evil: {roles\\072 [x]}:x:1501:1501::/:/bin/sh\\n' >> etc/passwd
      printf 'Upper:x:1502:1502::/:/bin/sh\\n' >> etc/passwd
      printf 'wang.fang:x:1503:1503::/:/bin/sh\\n' >> etc/passwd
      printf 'bob:x:1504:1504:\\"\\\\x; \\342\\200\\256 y:/home/bob:/bin/sh\\nbob2:x:1505:1505:a" b\\\\:/home/bob2:/bin/sh\\n' >> etc/passwd
      printf 'bob:*:1::::::\\nbob2:*:1::::::\\n' >> etc/shadow
      printf 'm\\033m:x:1700:bob\\n' >> etc/group
      mkdir -p home/bob/.ssh; ln -s /etc home/bob2; printf 'x\\033]0;title\\007\\n' > home/bob/.ssh/authorized_keys
      printf 'bob ALL=(ALL) NOPASSWD: \\033[2J/bin/sh\\n' > etc/sudoers.d/ours
      """)
    let found = try world.expect(0, "import", "--host", "gpu01")
    for run in [found.output, found.errors] {
      #expect(run.unicodeScalars.allSatisfy { $0 == "\n" || $0.value >= 0x20 && $0 != "\u{202e}" && $0.value != 0x7f })
    }
    for name in ["Upper", "wang.fang", "uid 1500", "evil"] { #expect(found.errors.contains(name), "\(found.errors)") }
    #expect(
      found.output.contains("  bob:\n") && found.output.contains("  bob2:\n    uid: 1505\n    name: \"a\\\" b\\\\\"\n"))
    #expect(!found.output.contains("1500") && !found.output.contains("1502"))
    #expect(found.errors.contains("/etc/sudoers.d/ours:1: this rule of sudo has no place in the policy"))
  }

  @Test func `an unknown host, a folder outside and a bad range are refused`() throws {
    let world = try world()
    try world.expect(3, "import", "--host", "gpu99")
    try world.expect(1, "import", "--host", "gpu01", "--tree", "/etc")
    try world.expect(1, "import", "--host", "gpu01", "--tree", "/srv/none")
    try world.expect(3, "import", "--host", "gpu01", "--owner", "nobody-here")
    try world.expect(64, "import", "--host", "gpu01", "--uids", "2000-1000")
  }
}
