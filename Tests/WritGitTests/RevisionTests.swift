import Testing
import WritGit
import WritTestSupport

@Suite struct `Resolving revisions` {
  @Test func `names commits as git does`() throws {
    let made = try ScratchRepository()
    let first = try made.commit("first")
    let second = try made.commit("second")
    try made.git("tag", "-a", "-m", "a tag", "v1", first)
    try made.git("branch", "other", first)
    let repository = try Repository(containing: made.path)
    for (text, id) in [
      ("HEAD", second), ("HEAD~1", first), ("main", second), ("other", first), ("v1", first), (second, second),
      (String(first.prefix(8)), first), ("main^", first), ("@", second),
    ] {
      #expect(try repository.resolve(text).hex == id, "\(text)")
    }
    #expect(repository.currentBranch == "main")
  }

  @Test func `reads ranges`() throws {
    let made = try ScratchRepository()
    let first = try made.commit("first")
    try made.git("checkout", "-q", "-b", "side")
    let side = try made.commit("side", ["a": "1"])
    try made.git("checkout", "-q", "main")
    let second = try made.commit("second", ["b": "1"])
    let repository = try Repository(containing: made.path)
    for (text, base, head) in [
      ("main", nil, second), ("HEAD~1..HEAD", first, second), ("side..", side, second), ("..side", second, side),
      ("main...side", first, side), ("v0.1..main", nil, nil),
    ] {
      if let head {
        let range = try repository.resolve(range: text)
        #expect(range.base?.hex == base && range.head.hex == head, "\(text)")
      } else {
        #expect(throws: GitError.unknownRevision("v0.1")) { try repository.resolve(range: text) }
      }
    }
  }

  @Test func `says what is wrong`() throws {
    let made = try ScratchRepository()
    let repository = try Repository(containing: made.path)
    #expect(throws: GitError.unbornBranch("main")) { try repository.resolve("HEAD") }
    #expect(throws: GitError.unbornBranch("main")) { try repository.resolve("main") }
    #expect(throws: GitError.unbornBranch("main")) { try repository.resolve(range: "HEAD~1..HEAD") }
    #expect(throws: GitError.unknownRevision("other")) { try repository.resolve("other") }
    try made.commit("first", ["a.txt": "text"])
    #expect(throws: GitError.unknownRevision("HEAD~7")) { try repository.resolve("HEAD~7") }
    #expect(throws: GitError.unknownRevision("")) { try repository.resolve("") }
    #expect(throws: GitError.notACommit("HEAD:a.txt")) { try repository.resolve("HEAD:a.txt") }
  }
}
