import Glibc
import Testing
import WritDigest
import WritSystem
import WritTestSupport

/// What goes in without approvals is never silent.
@Suite(.enabled(if: World.isRoot, "needs root: accounts and trees are given to other ids"))
struct BreakglassTests {
  @Test func `it goes in, is shown everywhere, and is signed off by whoever could have approved it`() throws {
    let world = try World.withApprovals()
    try world.merge(World.approved(World.casWrites), "cas writes")
    try world.expect(64, "apply", "--breakglass", " ")
    try world.expect(64, "apply", "--breakglass", "x", "--only", "revocations")
    let broken = try world.expect(0, "apply", "--breakglass", "fire in the data centre")
    #expect(broken.errors.contains("BREAKGLASS"))
    #expect(try world.members("readers-w")?.contains("cas") == true)
    let entry = try #require(
      try world.expect(0, "log").output.split(separator: "\n").first { $0.contains("  breakglass  ") })
    let number = String(try #require(entry.split(separator: " ").first))
    #expect(entry.contains("fire in the data centre"))
    for command in [["plan"], ["log"], ["apply"], ["approvals"]] {
      let shown = try world.run(World.writ, command)
      #expect(shown.status == 0 && shown.errors.contains("BREAKGLASS: ledger entry \(number)"), "\(shown.errors)")
      #expect(shown.errors.contains("cas envs:write on host:gpu01"), "\(shown.errors)")
    }
    let verified = try world.expect(0, "verify")
    #expect(verified.output.contains("that anybody approved what entry \(number) let in"), "\(verified.output)")

    // An ordinary approval signs nothing off, neither does whoever broke the glass, nor one for another entry.
    try world.approve(as: "ann", 6, "--breakglass", number)
    try world.approve(as: "dan", 1, "--breakglass", "0")
    try world.merge(World.approved(World.casWrites, World.bobWrites), "bob writes")
    try world.approve(as: "dan")
    try world.expect(0, "apply")
    #expect(try world.expect(0, "plan").errors.contains("BREAKGLASS"))

    try world.approve(as: "dan", 0, "--breakglass", number, "--reason", "it did burn")
    #expect(try world.expect(0, "plan").errors.contains("BREAKGLASS"))
    let done = try world.expect(0, "apply")
    #expect(done.errors.contains("breakglass entry \(number) is signed off"), "\(done.errors)")
    for command in ["plan", "log", "apply"] {
      #expect(try !world.expect(0, command).errors.contains("BREAKGLASS"))
    }
    #expect(try world.expect(0, "log").output.contains("approval-used"))
    try world.dropApprovals()
    try world.expect(0, "verify")
  }

  @Test func `neither guards nor the ledger are broken along with the glass`() throws {
    let world = try World.withApprovals()
    try world.merge(
      World.approved(World.casWrites, ("\"100%\" }", "\"1%\" }"), ("roles: [member] }", "roles: [guest] }")))
    let guarded = try world.writ("apply", "--breakglass", "in a hurry")
    #expect(guarded.status == 7, "\(guarded.errors)")
    #expect(try !world.expect(0, "log").output.contains("breakglass"))
    let away = world.scratch.path + "/away"
    rename(world.remote, away)
    try world.expect(1, "apply", "--breakglass", "in a hurry")
    rename(away, world.remote)
  }

  @Test func `what the applier leaves out of the record is found`() throws {
    let world = try World.withApprovals()
    try world.merge(World.approved(World.casWrites), "cas writes")
    // The same ledger as one that applied the commit before there was a rule: the intent says nothing of approvals.
    let entry = try Self.lastEntry(world)
    try world.approve(as: "dan")
    try world.expect(0, "apply")
    #expect(try Self.lastEntry(world) > entry)
    try world.expect(0, "verify")
    try Self.rewrite(world) { $0.replacing(#/,"let_in":\[.*?\],"live"/#, with: ",\"live\"") }
    let found = try world.expect(9, "verify")
    #expect(found.output.contains("its commit needed approvals of 1 items, and it says 0"), "\(found.output)")
  }

  static func lastEntry(_ world: World) throws -> Int {
    try world.expect(0, "log").output.split(separator: "\n").count
  }

  /// A runner that lies: the newest two entries, intent and outcome, are signed anew with another intent.
  static func rewrite(_ world: World, _ change: (String) -> String) throws {
    let folder = world.scratch.path + "/liar"
    try world.repository.git("clone", "-q", "--branch", "writ/ledger", world.remote, folder)
    func read(_ path: String) throws -> String {
      String(decoding: try FileContents.read(folder + "/" + path), as: UTF8.self)
    }
    func write(_ path: String, _ text: String) throws {
      try FileContents.replace(folder + "/" + path, with: Array(text.utf8), mode: 0o644)
      unlink(folder + "/" + path + ".sig")
      _ = try world.run(
        "/usr/bin/ssh-keygen",
        ["-q", "-Y", "sign", "-n", "writ-ledger-v1", "-f", world.keys + "/ann", folder + "/" + path])
    }
    let files = try world.repository.git(in: folder, "ls-files", "entries").split(separator: "\n").map(String.init)
      .filter { $0.hasSuffix(".json") }
    let intent = try #require(try files.last { try read($0).contains("\"kind\":\"intent\"") })
    let position = try #require(files.firstIndex(of: intent))
    try write(intent, change(try read(intent)))
    for next in files[(position + 1)...] {
      let previous = files[try #require(files.firstIndex(of: next)) - 1]
      let digest = Digest(of: try read(previous)).hex
      try write(next, try read(next).replacing(#/"prev":"sha256:[0-9a-f]*"/#, with: "\"prev\":\"sha256:\(digest)\""))
    }
    var tree = MerkleTree()
    for file in files { tree.append(Array(try read(file).utf8)) }
    var lines = try read("checkpoint").split(separator: "\n").map(String.init)
    lines[2] = base64(tree.root.bytes)
    try write("checkpoint", lines.joined(separator: "\n") + "\n")
    try world.repository.git(in: folder, "add", "-A")
    // One commit for each entry, as many as before.
    try world.repository.git(in: folder, "commit", "-q", "--amend", "-m", "outcome")
    try world.repository.git(in: folder, "push", "-q", "-f", "origin", "HEAD:writ/ledger")
    // Whatever this clone and the host remember would give it away.
    unlink(world.lab + "/.git/writ/ledger-head")
  }

  private static func base64(_ bytes: [UInt8]) -> String {
    let digits = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/")
    var out = ""
    for start in stride(from: 0, to: bytes.count, by: 3) {
      let group = Array(bytes[start..<min(start + 3, bytes.count)])
      let word = group.reduce(0) { $0 << 8 | Int($1) } << (8 * (3 - group.count))
      for place in 0..<4 { out.append(place <= group.count ? digits[word >> (18 - 6 * place) & 63] : "=") }
    }
    return out
  }
}
