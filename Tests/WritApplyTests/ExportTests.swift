import Glibc
import Testing
import WritDigest
import WritSystem
import WritTestSupport

@testable import WritApply

/// Whoever verifies without writ comes to the same answer: `verify.sh` of the export, under two shells, beside this process.
@Suite struct ExportTests {
  /// `make proofs` takes 1,000.
  static let ledgers =
    Int(getenv("WRIT_LEDGERS").map { String(cString: $0) } ?? "") ?? StrangeLedger.Harm.allCases.count

  static let shells: [[String]] = [["/usr/bin/dash"], ["/usr/bin/busybox", "sh"]]

  /// Writes the files and runs the script on them.
  static func verified(_ contents: [String: [UInt8]], shell: [String]) throws -> Program.Result {
    let scratch = try Scratch()
    for (path, bytes) in contents {
      var folder = scratch.path
      for part in path.split(separator: "/").dropLast() {
        folder += "/" + part
        mkdir(folder, 0o755)
      }
      try FileContents.replace(scratch.path + "/" + path, with: bytes, mode: 0o644)
    }
    let script = scratch.path + "/verify.sh"
    try FileContents.replace(script, with: PackageResources.verify_sh, mode: 0o644)
    return try Program(shell[0], shell.dropFirst() + [script], timeLimit: 600).run()
  }

  @Test func `verify.sh and writ agree on good and bad ledgers`() throws {
    var good = 0
    let harms = StrangeLedger.Harm.allCases
    for index in 0..<Self.ledgers {
      let harm = harms[index % harms.count]
      let contents = try StrangeLedger(seed: UInt64(index), harm).ledger.contents
      let faults = LedgerReport(contents: contents).faults
      let script = try Self.verified(contents, shell: Self.shells[index / harms.count % 2 == index % 2 ? 0 : 1])
      let expected: Int32 = faults.isEmpty ? 0 : 9
      #expect(
        script.ending == .exited(expected),
        "ledger \(index), \(harm): \(faults), but: \(script.outputText)\(script.errorText)")
      if faults.isEmpty { good += 1 }
      let harmless: Set<StrangeLedger.Harm> = [.none, .sealedCut, .timeBackwards, .sha256, .dated]
      #expect(faults.isEmpty == harmless.contains(harm), "ledger \(index), \(harm): \(faults)")
    }
    #expect(good > 0)
  }

  @Test func `an export holds the whole ledger and verifies itself, and equal ledgers give equal bytes`() throws {
    let fixture = try LedgerFixture()
    let ledger = try fixture.begun(fixture.repository())
    try ledger.applied(smallPlan(1), signer: fixture.signer())
    let state = try #require(try ledger.read())
    let archive = try ledger.exported(state, as: .tar)
    #expect(try ledger.exported(state, as: .tar) == archive)
    #expect(try ledger.exported(state, as: .zip) == ledger.exported(state, as: .zip))
    try fixture.run("/usr/bin/tar", ["-x", "-f", "-", "-C", fixture.scratch.path], input: archive)
    let folder = fixture.path("writ-ledger")
    let report = try fixture.run("/usr/bin/dash", [folder + "/verify.sh"])
    #expect(report == "3 entries of git.example.com/lab/access, root \(state.head.root.hex): verified\n")
    try FileContents.replace(fixture.path("ledger.zip"), with: ledger.exported(state, as: .zip), mode: 0o644)
    try fixture.run("/usr/bin/unzip", ["-q", fixture.path("ledger.zip"), "-d", fixture.path("zip")])
    try fixture.run("/usr/bin/diff", ["-r", folder, fixture.path("zip/writ-ledger")])
    #expect(access(folder + "/README.md", R_OK) == 0)
    // What the branch holds and nothing else.
    let files = try fixture.contents(of: fixture.path("remote.git"))
    for (path, bytes) in files { #expect(try FileContents.read(folder + "/" + path) == bytes, "\(path)") }
    let found = try fixture.run("/usr/bin/find", [folder, "-type", "f"]).split(separator: "\n")
    #expect(found.count == files.count + 2)
  }
}
