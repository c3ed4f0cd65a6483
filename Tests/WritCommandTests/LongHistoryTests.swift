import Testing
import WritTestSupport

/// Histories that are long enough for files to be read ahead on a thread of their own.
@Suite struct `A long history` {
  static let commits = 160

  /// One more person with each commit; every tenth cannot be read, in turn for what one file says and for what all say together,
  /// and the next one takes that back. A file of remarks fills what may wait to be asked for.
  private func imported(into world: World, filler: Int) throws {
    var stream = ""
    for number in 0..<Self.commits {
      let message = "commit \(number)"
      stream += "commit refs/heads/main\ncommitter A <a@example.com> \(1_700_000_000 + number * 60) +0000\n"
      stream += "data \(message.utf8.count)\n\(message)\n"
      func file(_ path: String, _ text: String) {
        stream += "M 100644 inline \(path)\ndata \(text.utf8.count)\n\(text)\n"
      }
      if number == 0 {
        // Many lines for each person, more than wait for the second of the threads that write them.
        let names = (0..<10).map { "r\($0)" }
        let resources = names.map { "\($0): { external: host, operations: [push] }" }.joined(separator: ", ")
        let rules = names.map { "\($0): push" }.joined(separator: ", ")
        file("policies/roles.yaml", "resources: { \(resources) }\nroles: { dev: { allow: { \(rules) } } }\n")
      }
      file("policies/people/p\(number).yaml", "people: { p\(number): { roles: [dev] } }\n")
      let remarks = "# \(number)\n" + String(repeating: "# remark\n", count: filler / 9)
      if filler > 0 { file("policies/remarks.yaml", remarks) }
      switch number % 20 {
      case 9: file("policies/broken.yaml", "people: [")
      case 19: file("policies/broken.yaml", "people: { x: { roles: [nothing] } }\n")
      case 10, 0: if number > 0 { stream += "D policies/broken.yaml\n" }
      default: break
      }
    }
    try world.repository.git("fast-import", "--quiet", "--force", input: Array((stream + "done\n").utf8))
  }

  @Test(arguments: [0, 300_000]) func `is told commit by commit, over those that cannot be read`(filler: Int) throws {
    let world = try World()
    try imported(into: world, filler: filler)
    let run = try world.run(World.writ, ["blame", "--all", "--no-cache"])
    #expect(run.status == 0 && run.errors.split(separator: "\n").count == Self.commits / 10, "\(run.errors)")
    var since: [String: String] = [:]
    // Two threads write the lines.
    var order: [String] = []
    for line in run.output.split(separator: "\n") {
      let principal = try #require(line.firstMatch(of: /"principal":"(p[0-9]+)"/)).1
      order.append(String(principal))
      since[String(principal)] = String(try #require(line.firstMatch(of: /"periods":.*?"subject":"(.*?)"/)).1)
    }
    // The last of them cannot be read.
    #expect(since.count == Self.commits - 1)
    #expect(order.count == 10 * since.count && order == order.sorted())
    for number in 0..<(Self.commits - 1) {
      #expect(since["p\(number)"] == "commit \(number % 10 == 9 ? number + 1 : number)")
    }
  }

  @Test func `ends where an object is lost or damaged, and says which`() throws {
    let world = try World()
    try imported(into: world, filler: 0)
    try world.repository.git("checkout", "-q", "-f", "main")
    let blob = try world.repository.git("rev-parse", "main~40:policies/people/p119.yaml")
    let path = world.lab + "/.git/objects/\(blob.prefix(2))/\(blob.dropFirst(2))"
    let packs = world.lab + "/.git/objects/pack"
    let script = """
      cd "$1"; for i in *.pack; do mv "$i" ../; git unpack-objects -q < "../$i"; done; rm -f -- * ; rm -f "$2"
      """
    try #require(try world.run("/bin/bash", ["-euc", script, "-", packs, path]).status == 0)
    let run = try world.run(World.writ, ["blame", "--all", "--no-cache"])
    #expect(run.status != 0 && run.output.isEmpty && run.errors.contains(blob), "\(run.errors)")
  }
}
