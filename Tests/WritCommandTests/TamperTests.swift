import Glibc
import Testing
import WritSystem
import WritTestSupport

/// Any byte changed in the ledger or in a vault's manifest is found and named.
@Suite(.enabled(if: World.isRoot, "needs root: accounts and trees are given to other ids"))
struct TamperTests {
  /// `make pairs` takes 200.
  static let flips = Int(getenv("WRIT_TAMPER").map { String(cString: $0) } ?? "") ?? 16

  static func applied() throws -> World {
    let world = try World.withAppliedPolicy()
    try world.commit(World.changed([("roles: [guest]", "roles: [guest, member]")]), "cas becomes a member")
    try world.expect(0, "apply")
    return world
  }

  @Test func `a changed byte of the ledger is found and its entry or file named`() throws {
    let world = try Self.applied()
    let git = world.repository
    let tip = try git.git("rev-parse", "refs/heads/writ/ledger")
    let parent = try git.git("rev-parse", tip + "^")
    let files = try git.git("ls-tree", "-r", "--name-only", tip).split(separator: "\n").map(String.init)
    #expect(files.count >= 4 + 2 * 6 + 2)
    var generator = SeededGenerator(seed: 2026)
    for flip in 0..<Self.flips {
      // Every kind of file gets its share, whatever its size.
      let file = try #require(files.randomElement(using: &generator))
      var bytes = Array(
        try Program("/usr/bin/git", ["-C", world.lab, "cat-file", "blob", "\(tip):\(file)"]).run().output)
      let at = Int.random(in: bytes.indices, using: &generator)
      bytes[at] ^= 1 << UInt8.random(in: 0..<8, using: &generator)
      try git.git("read-tree", tip)
      let blob = try git.git("hash-object", "-w", "--stdin", input: bytes)
      try git.git("update-index", "--cacheinfo", "100644,\(blob),\(file)")
      let tree = try git.git("write-tree")
      let forged = try git.git("commit-tree", tree, "-p", parent, "-m", "outcome")
      try git.git("update-ref", "refs/heads/writ/ledger", forged)

      let found = try world.run(World.writ, ["verify"])
      #expect(found.status == 9, "flip \(flip), byte \(at) of \(file): \(found)")
      let number = file.split(separator: "/").last.flatMap { Int($0.prefix { $0 != "." }) }
      // A signature is named by what it is a signature of.
      let signed = file.hasSuffix(".sig") ? String(file.dropLast(4)) : file
      let name = signed.hasPrefix("entries/") ? "entry \(number ?? -1): " : signed + ": "
      let lines = found.output.split(separator: "\n")
      #expect(lines.contains { $0.contains(name) }, "flip \(flip), byte \(at) of \(file): \(found.output)")
      let refused = flip % 10 == 0 ? try world.run(World.writ, ["apply"]).status : 9
      #expect(refused == 9)
      try git.git("update-ref", "refs/heads/writ/ledger", tip)
    }
    try git.git("read-tree", "HEAD")
    try world.expect(0, "verify")
    try world.expectSettled()
  }

  @Test func `a changed byte of the vault's manifest or its signature is found and put right`() throws {
    let world = try Self.applied()
    var generator = SeededGenerator(seed: 2027)
    for flip in 0..<max(6, Self.flips / 4) {
      let path = world.vault + "/.writ/" + (flip % 2 == 0 ? "manifest.json" : "manifest.json.sig")
      let whole = try FileContents.read(path)
      var bytes = whole
      // The last line of the signature's armour holds no byte of it but the line's end.
      let at = Int.random(in: bytes.indices, using: &generator)
      bytes[at] ^= 1 << UInt8.random(in: 0..<8, using: &generator)
      try FileContents.replace(path, with: bytes, mode: 0o644)
      let drift = try world.run(World.writ, ["drift"])
      #expect(drift.status == 2, "byte \(at) of \(path): \(drift)")
      #expect(drift.output.contains("manifest"), "byte \(at) of \(path): \(drift.output)")
      let plan = try world.run(World.writ, ["plan", "--detailed-exitcode"])
      #expect(plan.status == 2 && plan.output.contains("manifest"), "byte \(at) of \(path): \(plan)")
      let verify = try world.run(World.writ, ["verify"])
      #expect(verify.output.contains("vault:team could not be asked: "), "byte \(at) of \(path): \(verify.output)")
      try FileContents.replace(path, with: whole, mode: 0o644)
    }
    try world.expectSettled()
    // And the next apply puts a damaged one right.
    try FileContents.replace(world.vault + "/.writ/manifest.json", with: Array("{}\n".utf8), mode: 0o644)
    try world.expect(0, "apply")
    try world.expectSettled()
    #expect(try world.opens("lab/basic/token.age", with: "bob"))
    #expect(try !world.opens("lab/basic/token.age", with: "eve"))
  }

  @Test func `a verified ledger is reported on as JSON and leaves as an archive that verifies itself`() throws {
    let world = try Self.applied()
    func path(_ name: String) -> String { world.repository.scratch.path + "/" + name }
    let report = try world.expect(0, "verify", "--format", "json", "--export", path("ledger.tar"))
    #expect(report.output.contains("\"verified\":true") && report.output.contains("\"faults\":[]"))
    #expect(report.output.contains("a frozen upstream looks the same"))
    let unpacked = try Program("/usr/bin/tar", ["-x", "-f", path("ledger.tar"), "-C", path("")]).run()
    #expect(unpacked.succeeded, "\(unpacked.errorText)")
    let script = try Program("/usr/bin/busybox", ["sh", path("writ-ledger/verify.sh")]).run()
    #expect(script.succeeded && script.outputText.hasSuffix(": verified\n"), "\(script)")
    try world.expect(64, "verify", "--export", path("ledger.rar"))
    // What does not verify does not leave.
    let git = world.repository
    let tip = try git.git("rev-parse", "refs/heads/writ/ledger")
    try git.git("update-ref", "refs/heads/writ/ledger", tip + "^")
    let cut = try world.expect(9, "verify", "--format", "json", "--export", path("cut.zip"))
    #expect(cut.output.contains("\"kind\":\"rewritten\""))
    #expect(access(path("cut.zip"), F_OK) != 0)
  }
}
