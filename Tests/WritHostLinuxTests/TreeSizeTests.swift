import Glibc
import Testing
import WritTestSupport

@testable import WritHostLinux

/// The row of the safety checklist about size and depth. `WRIT_ATTACKS` asks for the full size (`make attacks`).
@Suite(.enabled(if: TreeSandbox.isRoot, "needs root: changes owners"), .serialized)
struct TreeSizeTests {
  private static let isFull = getenv("WRIT_ATTACKS") != nil
  /// KiB that a look at any tree, or mending one, may have at most.
  private static let mostMemory = 64 << 10

  @Test(arguments: ["scan", "mend"])
  func `a folder of very many names takes little memory`(verb: String) throws {
    try measure(verb, names: Self.isFull ? 1_000_000 : 20_000, #"open F, ">f$n"; close F"#)
  }

  @Test(arguments: ["scan", "mend"]) func `so does a very deep tree`(verb: String) throws {
    try measure(verb, names: Self.isFull ? 100_000 : 3_000, #"mkdir "n"; chdir "n" or die"#)
  }

  private func measure(_ verb: String, names: Int, _ make: String) throws {
    let sandbox = try TreeSandbox()
    try sandbox.bash("cd srv/t; perl -e 'for $n (1 .. \(names)) { \(make) }'", timeLimit: 600)
    let ids = "\(TreeSandbox.owner) \(TreeSandbox.readers) 2750 640 -"
    let probe = TreeProbeTests.probe
    let text = try sandbox.bash(
      "ulimit -n 256; \(probe) \(verb) \(sandbox.scratch.path) /srv/t \(ids) 2", timeLimit: 600)
    let memory = try #require(text.split(separator: "\n").last { $0.hasPrefix("memory: ") }?.dropFirst(8))
    #expect(try #require(Int(memory)) < Self.mostMemory, "\(text)")
    if Self.isFull { print("attack: \(names) names, \(verb): \(memory) KiB") }
    if verb == "mend" { #expect(text.contains("changed: \(names + 1)\n")) }
  }
}
