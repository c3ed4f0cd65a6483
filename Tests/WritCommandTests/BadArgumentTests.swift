import Glibc
import Testing
import WritTestSupport

/// What people mistype, and where output goes when nobody reads it.
@Suite(.enabled(if: World.isRoot, "needs root: accounts and trees are given to other ids")) struct BadArgumentTests {
  struct Case {
    var arguments: [String]
    var status: Int32
    var says: String
  }

  @Test func `wrong arguments end with the status that the documentation names`() throws {
    let world = try World.withSmallPolicyApplied()
    let before = try world.footprint()
    let cases = [
      Case(arguments: ["frobnicate"], status: 64, says: "frobnicate"),
      Case(arguments: ["plan", "--nonsense"], status: 64, says: "--nonsense"),
      Case(arguments: ["plan", "--format", "sarif"], status: 64, says: "text or json"),
      Case(arguments: ["validate", "--format", "xml"], status: 64, says: "xml"),
      Case(arguments: ["why", "bob"], status: 64, says: "permission"),
      Case(arguments: ["can", "bob", "envs"], status: 64, says: "`envs:read`, `envs:write`"),
      Case(arguments: ["why", "bob", "evns"], status: 64, says: "resource:operation"),
      Case(arguments: ["plan", "--as-of", "yesterday"], status: 64, says: "yesterday"),
      Case(arguments: ["expiring", "--within", "3"], status: 64, says: "14d"),
      Case(arguments: ["show", "x"], status: 64, says: "x"),
      Case(arguments: ["apply", "--only", "grants"], status: 64, says: "revocations"),
      Case(arguments: ["init", "--host-root", "x"], status: 64, says: "--name"),
      Case(arguments: ["access", "bbo"], status: 3, says: "did you mean `bob`?"),
      Case(arguments: ["can", "bbo", "envs:read"], status: 3, says: "did you mean `bob`?"),
      Case(arguments: ["can", "bob", "evns:read"], status: 3, says: "did you mean `envs`?"),
      Case(arguments: ["can", "bob", "envs:reed"], status: 3, says: "`read`, `write`"),
      Case(arguments: ["why", "bob", "nothing:read"], status: 3, says: "nothing"),
      Case(arguments: ["plan", "--host", "gpu02"], status: 3, says: "gpu02"),
      Case(arguments: ["apply", "--vault", "none"], status: 3, says: "none"),
      Case(arguments: ["explain", "unknown-rle"], status: 3, says: "did you mean `unknown-role`?"),
      Case(arguments: ["plan", "--commit", "nothing"], status: 1, says: "names no commit"),
      Case(arguments: ["show", "99"], status: 1, says: "no entry 99"),
      Case(arguments: ["apply", "nothing.json"], status: 1, says: "nothing.json"),
      Case(arguments: ["apply", "policies/policy.yaml"], status: 1, says: "is no plan"),
      Case(arguments: ["can", "cas", "envs:read"], status: 4, says: ""),
    ]
    for wrong in cases {
      let run = try world.run(World.writ, wrong.arguments)
      #expect(run.status == wrong.status, "\(wrong.arguments): \(run.errors)")
      #expect((run.errors + run.output).contains(wrong.says), "\(wrong.arguments): \(run.errors)")
    }
    #expect(try world.footprint() == before)
  }

  @Test func `a reader that goes away, a full disk and a closed output are no success`() throws {
    let world = try World.withSmallPolicyApplied()
    let gone = try world.script("{ sleep 0.3; $WRIT access; echo $? >&2; } | true")
    #expect(gone.errors == "141\n")
    #expect(try world.script("$WRIT access > /dev/full").status == 1)
    #expect(try world.script("$WRIT validate --format json > /dev/full").status == 1)
    // With a closed output, a file that is opened next must not become it.
    try world.commit(World.small.replacing("roles: [guest]", with: "roles: [member]"), "Let cas in")
    let before = try world.footprint()
    #expect(try world.script("$WRIT apply >&-").status == 1)
    #expect(try world.footprint() == before)
    #expect(try world.script("$WRIT apply 2>&- <&-").status == 0)
    let stray = try world.run("/usr/bin/find", [world.lab + "/.git/writ", "-name", "*.lock", "-size", "+0"])
    #expect(stray.output == "")
    try world.expectWhole()
  }

  @Test func `colour is for terminals, and for those who did not refuse it`() throws {
    let world = try World.withSmallPolicyApplied()
    try world.commit(World.small.replacing("roles: [guest]", with: "roles: [gest]"), "A mistake")
    let piped = try world.run("/usr/bin/env", ["-u", "NO_COLOR", "TERM=xterm", World.writ, "validate"])
    #expect(!piped.output.contains("\u{1b}"))
    // `script` gives a terminal; in the narrow one the finding still says everything.
    func inTerminal(_ settings: String) throws -> String {
      try world.run(
        "/usr/bin/script", ["-qec", "stty cols 40; \(settings) \(World.writ) validate", "/dev/null"]
      ).output
    }
    let coloured = try inTerminal("env -u NO_COLOR TERM=xterm")
    #expect(coloured.contains("\u{1b}["))
    let plain = try inTerminal("env NO_COLOR=1 TERM=xterm")
    #expect(!plain.contains("\u{1b}"))
    #expect(plain.contains("unknown-role") && plain.contains("did you mean `guest`?"))
    #expect(try !inTerminal("env -u NO_COLOR TERM=dumb").contains("\u{1b}"))
  }
}
