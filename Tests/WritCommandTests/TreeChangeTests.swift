import Glibc
import Testing
import WritSystem
import WritTestSupport

/// A large change of a tree: guarded, shown while it goes on, and gone back on.
@Suite(.enabled(if: World.isRoot, "needs root: accounts and trees are given to other ids"))
struct TreeChangeTests {
  /// How many files bear which ACL; a mode alone shows the mask for the group.
  private func modes(_ world: World) throws -> String {
    let script =
      "find \(world.host)/opt/envs -type f -exec getfacl -ncpE {} + "
      + "| awk 'BEGIN { RS = \"\" } { $1 = $1 } 1' | sort | uniq -c"
    return try world.run("/bin/bash", ["-c", script]).output
  }

  private func fill(_ world: World) throws {
    let script = "mkdir -p d/e && touch {1..60} d/{1..60} d/e/{1..60}"
    try world.run("/bin/bash", ["-c", script], in: world.host + "/opt/envs")
  }

  @Test func `what policy moves in a large tree needs a trailer, drift does not, and the host can go back`() throws {
    let world = try World.withAppliedPolicy()
    try fill(world)
    let drifted = try world.expect(0, "apply")
    #expect(!drifted.errors.contains("tree-changes"))
    let shown = try modes(world)

    let narrower = try World.changed([("group: readers }", "group: readers, mode: { files: \"0600\" } }")])
    try world.commit(narrower, "Narrow the files")
    let before = try world.changeTimes(world.host)
    let stopped = try world.expect(7, "apply")
    #expect(stopped.errors.contains("guard tree-changes: 180 of 183 entries of /opt/envs on "), "\(stopped.errors)")
    #expect(stopped.errors.contains("Writ-Override: tree-changes REASON"))
    #expect(try world.changeTimes(world.host) == before)
    #expect(try world.expect(0, "plan").output.contains("guard tree-changes stops an apply: "))

    try world.commit(
      narrower + "# meant\n", "Narrow the files\n\nWrit-Override: tree-changes nobody else reads them\n")
    try world.expect(0, "apply")
    try world.expectSettled()
    #expect(try modes(world) != shown)

    // The policy has the tree, so it decides.
    func agent(_ words: String...) throws -> World.Run {
      try world.run(World.agent, ["undo", "--root", world.host] + words)
    }
    let numbers = try agent().output.split(separator: "\n").filter { $0.contains("  /opt/envs  ") }
      .compactMap { $0.split(separator: " ").first.map(String.init) }
    #expect(numbers.count >= 2)
    let last = try #require(numbers.last)
    #expect(try agent(last).status == 1)
    #expect(try agent("--restore").status == 64)
    #expect(try agent("9999").status == 1)

    let gone = narrower.replacing("envs: read, ", with: "").replacing("envs: write, ", with: "")
      .split(separator: "\n", omittingEmptySubsequences: false).filter { !$0.contains("tree: /opt/envs") }
      .joined(separator: "\n")
    try world.commit(gone, "Let go of the tree\n\nWrit-Override: max-removal the tree goes\n")
    try world.expect(0, "apply")
    let preview = try agent(last)
    #expect(
      preview.status == 0 && preview.output.contains("183 inodes of /opt/envs would be as they were"), "\(preview)")
    sleep(2)
    #expect(try agent(last, "--restore").status == 0)
    let restored = try modes(world)
    #expect(restored == shown, "\(restored)\n\(shown)")
    // The ledger hears of it.
    let told = try world.expect(0, "apply")
    #expect(told.errors.contains("undo of /opt/envs from journal \(last) on"), "\(told.errors)")
    // And what was put back stays.
    #expect(try modes(world) == shown)
    try world.expectSettled()
    #expect(try modes(world) == shown)
  }

  @Test(.enabled(if: World.canTrace, "needs strace"))
  func `a terminal sees how far the work is, within its width`() throws {
    let world = try World.withAppliedPolicy()
    try fill(world)
    // Each listing of the tree takes a while, as on a slow disk.
    let folders = ["", "/d", "/d/e"].map { "-P \(world.host)/opt/envs\($0)" }.joined(separator: " ")
    let traced =
      "strace -f -qq -o /dev/null -e trace=getdents64 -e inject=getdents64:delay_enter=400000 \(folders) \(World.writ) plan"
    let run = try world.run("/usr/bin/script", ["-qec", "stty cols 44; exec env TERM=xterm \(traced)", "/dev/null"])
    #expect(run.status == 0, "\(run)")
    let lines = run.output.components(between: "\r\u{1b}[K")
    #expect(lines.contains { $0.contains("gpu01: ") && $0.contains(" names") }, "\(run.output)")
    #expect(lines.allSatisfy { !$0.contains(" names") || $0.count <= 43 })
    // Not on a terminal: not a word of it.
    let plain = try world.expect(0, "plan")
    #expect(!plain.errors.contains("\u{1b}") && !plain.errors.contains(" names"))
  }
}

extension String {
  /// The pieces that begin with the mark, up to the end of their line or the next mark.
  fileprivate func components(between mark: String) -> [Substring] {
    var pieces: [Substring] = []
    var rest = self[...]
    while let found = rest.firstRange(of: mark) {
      rest = rest[found.upperBound...]
      pieces.append(rest.prefix { $0 != "\r" && $0 != "\r\n" && $0 != "\n" })
    }
    return pieces
  }
}
