import Glibc
import Testing
import WritSystem
import WritTestSupport

/// Repositories that somebody made to do harm. Every question ends: with an answer, a finding or status 3, within a bound of
/// memory, and nothing of theirs reaches the terminal as it is.
@Suite struct HostileRepositoryTests {
  /// Bytes of address space that a question may take.
  static let memory = 1 << 30
  /// Files of the policy folder in the test of many; `WRIT_MANY_FILES=100000` is the long version.
  static let manyFiles = Int(getenv("WRIT_MANY_FILES").map { String(cString: $0) } ?? "") ?? 5000

  static let policy = """
    resources: { repo: { external: the git host, operations: [push] } }
    roles: { dev: { allow: { repo: push } } }
    people: { bob: { roles: [dev] } }

    """
  /// The same with one more person, so that the commit that adds her is named in answers.
  static let grown = policy.replacing("people: {", with: "people: { eve: { roles: [dev] },")

  static let questions = [
    ["validate", "--commit", "HEAD"], ["access"], ["blame", "bob", "repo:push"], ["blame", "bob", "--format", "json"],
    ["log", "--principal", "bob"], ["diff", "HEAD"], ["access", "--during", ".."],
  ]

  private static func world() throws -> World {
    let world = try World()
    try world.repository.commit("Begin", ["policies/policy.yaml": policy])
    return world
  }

  /// `writ` with its memory bounded.
  @discardableResult
  private static func ask(_ world: World, _ arguments: [String]) throws -> World.Run {
    let run = try world.run(
      "/usr/bin/prlimit", ["--as=\(memory)", "--core=0", "--", World.writ] + arguments, timeLimit: 180)
    let shown = (run.output + run.errors).unicodeScalars
    #expect(shown.allSatisfy { $0 == "\n" || ($0.value >= 0x20 && $0.value != 0x7f) }, "\(arguments): \(run.output)")
    #expect(!shown.contains { (0x202a...0x202e).contains($0.value) || (0x2066...0x2069).contains($0.value) })
    return run
  }

  /// Asks everything; each question ends with 0 or 3.
  private static func askAll(_ world: World, _ questions: [[String]] = questions) throws -> [World.Run] {
    try questions.map { question in
      let run = try ask(world, question)
      #expect([0, 3].contains(run.status), "\(question): \(run.status) \(run.errors)")
      return run
    }
  }

  @Test func `names with escapes and bidirectional controls are shown, never obeyed`() throws {
    let world = try Self.world()
    let (escape, bidi) = ("\u{1b}[2J\u{1b}]0;owned\u{7}", "\u{202e}\u{2066}")
    world.repository.author = "A\(escape)\(bidi) <a\(escape)@example.com>"
    world.repository.committer = "C\(bidi) <c@example.com>"
    world.repository.remove("policies/policy.yaml")
    let folder = "policies/d\(escape.replacing("/", with: ""))\(bidi)"
    try world.repository.commit(
      "Sub\(escape)\(bidi)ject\n\nReviewed-by: R\(escape)\(bidi) <r@example.com>\nCo-authored-by: C\(escape) <x@y>\n",
      ["\(folder)/policy.yaml": Self.grown, "\(folder)/wrong\(bidi).yaml": "people: { bob: 3 }\n"])
    try world.repository.git("tag", "t\(bidi)")
    var runs = try Self.askAll(world)
    runs.append(try Self.ask(world, ["blame", "--commit", "t\(bidi)", "eve", "repo:push"]))
    runs.append(try Self.ask(world, ["blame", "--commit", "no\(escape)", "eve"]))
    runs.append(try Self.ask(world, ["log", "--principal", "p\(escape)\(bidi)"]))
    runs.append(try Self.ask(world, ["access", "--during", "\(escape).."]))
    #expect(runs.contains { $0.errors.contains(#"\u{202e}"#) })
    world.repository.remove("\(folder)/wrong\(bidi).yaml")
    try world.repository.commit("Mend it\(bidi)\n\nApproved-by: \(escape)\n")
    let text = try Self.ask(world, ["blame", "eve", "repo:push"])
    #expect(text.status == 0 && text.output.contains(#"\u{1b}[2J"#) && text.output.contains(#"\u{202e}"#))
  }

  @Test func `links and submodules are no policy, and neither is a folder that is a link or a file`() throws {
    let world = try Self.world()
    world.repository.link("policies/link.yaml", to: "/etc/passwd")
    world.repository.link("policies/zero.yaml", to: "/dev/zero")
    try world.repository.git(
      "update-index", "--add", "--cacheinfo", "160000,\(String(repeating: "1", count: 40)),policies/sub")
    try world.repository.commit("Links and a submodule")
    for run in try Self.askAll(world) {
      #expect(run.status == 0 && !(run.output + run.errors).contains("root:"), "\(run.errors)")
    }
    world.repository.remove("policies")
    world.repository.link("policies", to: "/etc")
    try world.repository.commit("The folder is a link")
    _ = try Self.askAll(
      world, [["access"], ["validate"], ["blame", "bob", "repo:push"], ["log", "--principal", "bob"]])
    world.repository.remove("policies")
    try world.repository.write("policies", "a file\n")
    try world.repository.commit("The folder is a file")
    _ = try Self.askAll(
      world, [["access"], ["validate"], ["blame", "bob", "repo:push"], ["log", "--principal", "bob"]])
    world.repository.remove("policies")
    try world.repository.commit("The folder is back", ["policies/policy.yaml": Self.policy])
    for run in try Self.askAll(world) { #expect(run.status == 0, "\(run.errors)") }
  }

  @Test func `a file of 100 MB is not read, now or in the past`() throws {
    let world = try Self.world()
    try FileContents.replace(
      world.lab + "/policies/big.yaml", with: [UInt8](repeating: UInt8(ascii: "x"), count: 100_000_000), mode: 0o644)
    try world.repository.commit("Big")
    let runs = try Self.askAll(world, Self.questions + [["validate"]])
    #expect(runs[0].status == 3 && runs[1].status == 3 && runs.last?.status == 3)
    #expect(runs[1].errors.contains("policies/big.yaml") && runs[2].errors.contains("was passed over"))
    world.repository.remove("policies/big.yaml")
    try world.repository.commit("Small again")
    for run in try Self.askAll(world) { #expect(run.status == 0, "\(run.errors)") }
  }

  @Test func `many files are read one by one, and more than there may be are refused`() throws {
    let world = try Self.world()
    let blob = try world.repository.git("hash-object", "-w", "--stdin", input: Array("{}\n".utf8))
    let policy = try world.repository.git("rev-parse", "HEAD:policies/policy.yaml")
    func commit(_ count: Int) throws {
      let lines = (0..<count).map { "100644 blob \(blob)\tf\($0).yaml\n" }.joined()
      let folder = try world.repository.git(
        "mktree", input: Array((lines + "100644 blob \(policy)\tpolicy.yaml\n").utf8))
      let tree = try world.repository.git("mktree", input: Array("040000 tree \(folder)\tpolicies\n".utf8))
      let id = try world.repository.git("commit-tree", "-p", "HEAD", "-m", "Many", tree)
      try world.repository.git("update-ref", "refs/heads/main", id)
    }
    try commit(Self.manyFiles)
    for run in try Self.askAll(world, [["access"], ["blame", "bob", "repo:push"]]) {
      #expect(run.status == 0, "\(run.errors)")
    }
    try commit(200_001)
    for run in try Self.askAll(world, [["access"], ["validate", "--commit", "HEAD"]]) {
      #expect(run.status == 3 && run.errors.contains("too many files"), "\(run.errors)")
    }
  }

  @Test func `roles that include one another through history are passed over, not followed`() throws {
    let world = try Self.world()
    for (number, roles) in ["a: { includes: [b] }, b: { includes: [a] }", "a: { includes: [a] }"].enumerated() {
      try world.repository.commit(
        "Circle \(number)", ["policies/circle.yaml": "roles: { \(roles) }\n"])
      let runs = try Self.askAll(world)
      #expect(runs[0].status == 3 && runs[2].status == 0 && runs[2].errors.contains("was passed over"))
    }
    world.repository.remove("policies/circle.yaml")
    try world.repository.commit("Mend it")
    for run in try Self.askAll(world) { #expect(run.status == 0, "\(run.errors)") }
  }

  @Test func `a message of 10 MB costs little and is shown cut`() throws {
    let world = try Self.world()
    let long = String(repeating: "m", count: 10_000_000)
    for message in ["Let eve in\n\n\(long)\n\nReviewed-by: bob\n", long] {
      try world.repository.write("policies/policy.yaml", message == long ? Self.policy : Self.grown)
      try world.repository.git("add", "-A")
      let tree = try world.repository.git("write-tree")
      let id = try world.repository.git("commit-tree", "-p", "HEAD", "-F", "-", tree, input: Array(message.utf8))
      try world.repository.git("update-ref", "refs/heads/main", id)
      for run in try Self.askAll(world) {
        #expect(run.status == 0 && run.output.utf8.count < 20_000 && run.errors.utf8.count < 2000)
      }
    }
  }

  @Test func `a mailmap that is endless, enormous or no file names nobody`() throws {
    let world = try Self.world()
    let lines = (0..<400_000).map { "N\($0) <n\($0)@example.com> <o\($0)@example.com>\n" }.joined()
    try world.repository.commit("Let eve in", [".mailmap": lines, "policies/policy.yaml": Self.grown])
    let question = ["blame", "eve", "repo:push"]
    #expect(try Self.ask(world, question).status == 0)
    world.repository.remove(".mailmap")
    #expect(mkfifo(world.lab + "/.mailmap", 0o644) == 0)
    #expect(try Self.ask(world, question).status == 0)
    world.repository.remove(".mailmap")
    world.repository.link(".mailmap", to: "/dev/zero")
    try world.repository.commit("A link")
    #expect(try Self.ask(world, question).status == 0)
  }

  @Test(arguments: [
    " <> 1700000000 +0000", "<> 1 +0000", "A", "", "A <a@b> 9223372036854775807 +0000",
    "A <a@b> -9223372036854775808 +0000", "A <a@b> 99999999999999999999999 +0000", "A <a@b> 9223371974719179007 +0000",
    "A <a@b> -62135596801 +0000", "A\u{0}B <a@b> 1 +0000", "A <a@b> 1 +9999999",
  ])
  func `whatever an author and a date say, the questions are answered`(_ person: String) throws {
    let world = try Self.world()
    try world.repository.write("policies/policy.yaml", Self.grown)
    try world.repository.git("add", "-A")
    let text =
      "tree \(try world.repository.git("write-tree"))\nparent \(try world.repository.git("rev-parse", "HEAD"))\n"
      + "author \(person)\ncommitter \(person)\n\nLet eve in\n"
    let id = try world.repository.git(
      "hash-object", "-t", "commit", "-w", "--stdin", "--literally", input: Array(text.utf8))
    try world.repository.git("update-ref", "refs/heads/main", id)
    let more = [
      ["access", "--at", World.text(Int64(time(nil)))], ["blame", "eve", "repo:push"], ["diff", "HEAD~1..HEAD"],
    ]
    for run in try Self.askAll(world, Self.questions + more) { #expect(run.status == 0, "\(run.errors)") }
    #expect(try Self.ask(world, ["blame", "eve", "repo:push"]).output.contains(id.prefix(10)))
    // What comes after it is in force as well.
    try world.repository.commit("Take it from her", ["policies/policy.yaml": Self.policy + "\n"])
    #expect(try Self.ask(world, ["blame", "bob", "repo:push"]).output.hasPrefix("bob has repo:push since "))
  }

  @Test func `an author in no UTF-8 is shown as far as it can be`() throws {
    let world = try Self.world()
    try world.repository.write("policies/policy.yaml", Self.grown)
    try world.repository.git("add", "-A")
    let tree = try world.repository.git("write-tree")
    let parent = try world.repository.git("rev-parse", "HEAD")
    var text = Array("tree \(tree)\nparent \(parent)\n".utf8)
    for role in ["author", "committer"] {
      text += Array("\(role) A".utf8) + [0xff, 0xfe] + Array(" <a@b> 1700000000 +0000\n".utf8)
    }
    text += Array("\nsub".utf8) + [0xc3, 0x28, 0xed, 0xa0, 0x80] + Array("ject\n".utf8)
    let id = try world.repository.git("hash-object", "-t", "commit", "-w", "--stdin", "--literally", input: text)
    try world.repository.git("update-ref", "refs/heads/main", id)
    for run in try Self.askAll(world) { #expect(run.status == 0, "\(run.errors)") }
  }
}
