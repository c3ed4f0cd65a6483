import Glibc
import Testing
import WritSystem
import WritTestSupport

@testable import WritApply

/// The names by which the clone finds its way: looked at together, moved together, compared without a transfer.
struct LedgerRefsTests {
  private func clone(_ fixture: LedgerFixture, of repository: String) -> LedgerClone {
    LedgerClone(commonGitDirectory: repository, environment: ["HOME": fixture.scratch.path])
  }

  @Test func `only a name itself is found, not what lies below it, nor what it names no commit by`() throws {
    let fixture = try LedgerFixture()
    let user = try fixture.repository()
    let ledger = try fixture.begun(user, .repository(user))
    let git = ledger.clone.git
    let commit = try #require(try git.commit(LedgerClone.upstream))
    try git.setRef("refs/writ/below/one", commit)
    let blob = try fixture.run(
      "/usr/bin/git", ["--git-dir=\(git.directory)", "rev-parse", "\(commit):writ-ledger.json"]
    ).dropLast()
    try git.setRef("refs/writ/blob", String(blob))
    let tag = try fixture.run(
      "/usr/bin/git",
      [
        "--git-dir=\(git.directory)", "-c", "user.name=x", "-c", "user.email=x@example.com", "tag", "-a", "-m", "t",
        "t",
        commit,
      ])
    #expect(tag.isEmpty)
    let names = [LedgerClone.upstream, "refs/writ/below", "refs/writ/blob", "refs/tags/t", "refs/writ/none"]
    #expect(try git.commits(names) == [LedgerClone.upstream: commit, "refs/tags/t": commit])
    // A ref whose object is gone, as a power cut may leave it, hides none of the others.
    let gone = "\(git.directory)/refs/writ/pending"
    try FileContents.replace(gone, with: Array((String(repeating: "1", count: 40) + "\n").utf8), mode: 0o644)
    #expect(try git.commits([LedgerClone.pending, LedgerClone.upstream]) == [LedgerClone.upstream: commit])
    #expect(try ledger.newest()?.commit == commit)
  }

  @Test func `what is made begins at its parent alone, whatever waited before`() throws {
    let fixture = try LedgerFixture()
    let user = try fixture.repository()
    let ledger = try fixture.begun(user, .repository(user))
    let clone = ledger.clone
    let tip = try #require(try clone.git.commit(LedgerClone.upstream))
    let first = try clone.commit(["a": [1]], message: "a\n", by: "x", at: 1, onto: tip)
    let second = try clone.commit(["b": [2]], message: "b\n", by: "x", at: 2, onto: tip)
    #expect(try clone.git.commit(second + "^") == tip)
    #expect(try !clone.git.isAncestor(first, of: second))
    #expect(try clone.git.files(of: second).listing["a"] == nil)
    let root = try clone.commit(["c": [3]], message: "c\n", by: "x", at: 3, onto: nil)
    #expect(try clone.git.commit(root + "^") == nil)
    #expect(try clone.git.files(of: root).listing.keys.sorted() == ["c"])
    try clone.git.settle(tip, as: LedgerClone.upstream)
    #expect(try clone.git.commits([LedgerClone.upstream, LedgerClone.pending]) == [LedgerClone.upstream: tip])
  }

  @Test(arguments: [false, true])
  func `a branch of the user's own repository that moved is brought, packed or not`(_ isPacked: Bool) throws {
    let fixture = try LedgerFixture()
    let user = try fixture.repository()
    let ledger = try fixture.begun(user, .repository(user))
    let began = try #require(try ledger.read()?.commit)
    ledger.close()
    // Another clone of the same repository appends.
    let other = try fixture.open(fixture.repository("other"), .remote(user))
    try other.append(.annotation(Annotation(text: "x")), signer: fixture.signer(), .retrying)
    let moved = try #require(try other.read()?.commit)
    if isPacked { try fixture.run("/usr/bin/git", ["--git-dir=\(user)", "pack-refs", "--all"]) }
    #expect(moved != began)
    #expect(try fixture.open(user, .repository(user), .reading).read()?.commit == moved)
    // Set back by force: noticed, not passed over.
    try fixture.run("/usr/bin/git", ["--git-dir=\(user)", "update-ref", "refs/heads/writ/ledger", began])
    if isPacked { try fixture.run("/usr/bin/git", ["--git-dir=\(user)", "pack-refs", "--all"]) }
    #expect(throws: LedgerError.self) { try fixture.open(user, .repository(user), .reading).read() }
    try fixture.run("/usr/bin/git", ["--git-dir=\(user)", "update-ref", "-d", "refs/heads/writ/ledger"])
    #expect(throws: LedgerError.self) { try fixture.open(user, .repository(user), .reading).read() }
  }
}
