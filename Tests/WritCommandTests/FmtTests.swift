import Glibc
import Testing
import WritDigest
import WritSystem
import WritTestSupport

/// `fmt` rewrites what it can prove to mean the same, and nothing else.
@Suite struct `fmt` {
  private static let wide = "people: {bob: {roles: [member, guest]}}   # one line\nroles: {member: {}, guest: {}}\n"
  private static let narrow = """
    people:
      bob:
        roles:
          - member
          - guest
      # one line
    roles:
      member: {}
      guest: {}

    """

  private func text(_ world: World, _ file: String) throws -> String {
    String(decoding: try FileContents.read(world.lab + "/" + file), as: UTF8.self)
  }

  @Test func `names what it changes, keeps modes, and has nothing to do the second time`() throws {
    let world = try World()
    try world.repository.commit(
      "Begin", ["policies/a.yaml": Self.wide, "policies/b.yaml": "hosts: {}\n", "c.yaml": Self.wide])
    chmod(world.lab + "/policies/a.yaml", 0o604)
    #expect(try world.expect(2, "fmt", "--check").output == "policies/a.yaml\n")
    #expect(try text(world, "policies/a.yaml") == Self.wide)
    #expect(try world.expect(0, "fmt").output == "policies/a.yaml\n")
    #expect(try text(world, "policies/a.yaml") == Self.narrow)
    // What is no policy file is not touched unless it is named.
    #expect(try text(world, "c.yaml") == Self.wide)
    var status = stat()
    stat(world.lab + "/policies/a.yaml", &status)
    #expect(status.st_mode & 0o7777 == 0o604)
    let times = try world.changeTimes(world.lab + "/policies")
    #expect(try world.expect(0, "fmt").output == "")
    #expect(try world.changeTimes(world.lab + "/policies") == times)
    try world.expect(0, "fmt", "--check")
    #expect(try world.expect(0, "diff").output == "no access change\n")
    try world.expect(2, "fmt", "--check", "c.yaml")
    #expect(try world.expect(0, "fmt", "c.yaml").output == "c.yaml\n")
    #expect(try world.expect(0, "fmt", "-", input: Self.wide).output == Self.narrow)
  }

  @Test func `leaves alone what does not parse, and says so with status 3`() throws {
    let world = try World()
    try world.repository.commit("Begin", ["policies/a.yaml": "people: {\n", "policies/b.yaml": Self.wide])
    let run = try world.expect(3, "fmt")
    #expect(run.output == "policies/b.yaml\n" && run.errors.contains("policies/a.yaml:"))
    #expect(try text(world, "policies/a.yaml") == "people: {\n")
    try world.repository.write("policies/a.yaml", "%YAML 1.1\n---\nroles: {}\n")
    #expect(try world.expect(3, "fmt", "policies/a.yaml").errors.contains("policies/a.yaml:"))
    try world.expect(3, "fmt", "-", input: "a: [")
    world.repository.link("policies/link.yaml", to: "b.yaml")
    #expect(try world.writ("fmt", "policies/link.yaml").status == 1)
    #expect(try world.writ("fmt", "policies/none.yaml").status == 1)
  }

  @Test func `changes nothing that the lab's policy means`() throws {
    let files = try Lab.files()
    let world = try World()
    // As an editor of another system leaves it: blanks at the ends of lines, its line ends, empty lines doubled.
    let wild = files.mapValues { text in
      text.replacing("\n\n", with: "\n\n\n").replacing("\n", with: "  \r\n").replacing("{ ", with: "{")
        .replacing(": [", with: ":   [ ")
    }
    let signers = ["policies/signers/allowed_signers": files["signers/allowed_signers"] ?? ""]
    try world.repository.commit(
      "Begin", Dictionary(uniqueKeysWithValues: wild.map { ("policies/" + $0, $1) }).merging(signers) { $1 })
    func slugs() throws -> [String] {
      let run = try world.writ("validate", "--format", "json")
      return try JSONMembers(try JSONValue(canonicalLine: Array(run.output.utf8))).objects("findings").map {
        try $0.text("slug")
      }.sorted()
    }
    let before = try slugs()
    try world.expect(0, "fmt")
    #expect(try slugs() == before)
    #expect(try world.expect(0, "diff", "--exit-code").output == "no access change\n")
    for (path, original) in files where path.hasSuffix(".yaml") {
      #expect(try text(world, "policies/" + path) == original, "policies/\(path) is not in the form of fmt")
    }
  }
}
