import Glibc
import Testing
import WritSystem
import WritTestSupport

@Suite struct `The cache of blame` {
  let world: World
  var cache: String { world.lab + "/.git/writ/cache" }

  init() throws {
    world = try World()
    for (number, roles) in ["dev", "dev, lead", "lead"].enumerated() {
      try world.repository.commit(
        "step \(number)",
        [
          "policies/roles.yaml": """
          settings: { timezone: Europe/Berlin }
          resources: { repo: { external: git host, operations: [push, pull] } }
          roles: { dev: { allow: { repo: push } }, lead: { includes: [dev], allow: { repo: pull } } }
          """,
          "policies/people.yaml": """
          people:
            bob: { roles: [\(roles)] }
            eve: { roles: [{ role: dev, until: 2027-06-30 }] }
            zoe: { name: "王芳 \\"ÿ\\"", roles: [dev] }
          """,
        ])
    }
    try world.repository.commit("broken", ["policies/people.yaml": "people: ["])
  }

  @discardableResult
  private func blame(_ arguments: String...) throws -> World.Run {
    try world.run(World.writ, ["blame", "--all", "--as-of", "2027-01-01T00:00:00Z"] + arguments)
  }

  private func files() throws -> [String] {
    try world.run("/usr/bin/find", [cache, "-type", "f"]).output.split(separator: "\n").map(String.init).sorted()
  }

  @Test func `gives the same answer as the walk, and no other instant's`() throws {
    let walked = try blame("--no-cache")
    #expect(walked.status == 0 && walked.output.split(separator: "\n").count == 4)
    #expect(walked.errors.contains("was passed over"))
    #expect(access(cache, F_OK) != 0)
    for _ in 0..<2 {
      let run = try blame()
      #expect(run.output == walked.output && run.errors == walked.errors && run.status == 0)
    }
    #expect(try files().count == 1)
    // Past the end of somebody's role, the answer is another one.
    let later = ["blame", "--all", "--as-of", "2027-07-01T00:00:00Z"]
    let cold = try world.run(World.writ, later + ["--no-cache"])
    #expect(cold.output.split(separator: "\n").count == 3)
    #expect(try world.run(World.writ, later).output == cold.output)
    #expect(try blame().output == walked.output)
  }

  @Test func `is not asked once anything is new`() throws {
    try blame()
    let before = try blame().output
    try world.repository.commit("again", ["policies/people.yaml": "people: { bob: { roles: [dev] } }\n"])
    let after = try blame()
    #expect(after.output != before)
    #expect(try blame("--no-cache").output == after.output)
    try world.repository.commit("names", [".mailmap": "Ann Other <ann.other@example.com> <ann@example.com>\n"])
    #expect(try blame().output.contains("ann.other@example.com"))
    let head = try world.repository.git("rev-parse", "HEAD~1")
    try world.repository.git(
      "notes", "--ref", "review", "add", "-m", "Reviewed-by: Carl Committer <carl@example.com>", head)
    #expect(try blame().output == blame("--no-cache").output)
  }

  @Test func `is made anew when it is damaged`() throws {
    let answer = try blame().output
    let path = try #require(try files().first)
    let whole = try FileContents.read(path)
    var random = SeededGenerator(seed: 5)
    for round in 0..<24 {
      var bytes = whole
      switch round % 4 {
      case 0: bytes.removeLast(Int.random(in: 1...bytes.count, using: &random))
      case 1: bytes = Array("rubbish".utf8)
      default: bytes[Int.random(in: bytes.indices, using: &random)] ^= UInt8.random(in: 1...255, using: &random)
      }
      try FileContents.replace(path, with: bytes, mode: 0o600)
      let run = try blame()
      #expect(run.status == 0 && run.output == answer, "round \(round)")
      #expect(try FileContents.read(path) == whole, "round \(round)")
    }
  }

  @Test func `may be missing, in the way, or a link`() throws {
    let answer = try blame().output
    removeTree(cache)
    #expect(try blame().output == answer)
    removeTree(cache)
    try FileContents.replace(cache, with: [], mode: 0o600)
    #expect(try blame().output == answer)
    removeTree(cache)
    let elsewhere = world.scratch.path + "/elsewhere"
    mkdir(elsewhere, 0o755)
    symlink(elsewhere, cache)
    #expect(try blame().output == answer)
    #expect(try world.run("/usr/bin/find", [elsewhere]).output == elsewhere + "\n")
  }

  @Test func `stands several runs at once`() throws {
    let answer = try blame("--no-cache").output
    let lines = (0..<8).map { "\($0)\n" }.joined()
    let run = try world.run(
      "/usr/bin/xargs",
      ["-P8", "-I{}", World.writ, "blame", "--all", "--as-of", "2027-01-01T00:00:00Z"], input: lines)
    #expect(run.status == 0)
    #expect(run.output.split(separator: "\n").count == 8 * answer.split(separator: "\n").count)
    #expect(try files().count == 1)
    #expect(try blame().output == answer)
  }
}
