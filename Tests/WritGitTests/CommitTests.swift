import Testing
import WritGit
import WritTestSupport

@Suite struct `Reading commits` {
  @Test func `gives the whole record, names through the mailmap`() throws {
    let made = try ScratchRepository()
    try made.write(".mailmap", "Ann Married <ann@new.example.com> <ann@example.com>\n")
    let first = try made.commit("first")
    let second = try made.commit("second\n\nBody.\n\nApproved-by: Li Na\n")
    let repository = try Repository(containing: made.path)
    let commit = try repository.commit(repository.resolve(second))
    #expect(commit.parents.map(\.hex) == [first])
    #expect(
      commit.author
        == GitSignature(
          name: "Ann Married", email: "ann@new.example.com", time: 1_700_000_060,
          written: .init(name: "Ann Author", email: "ann@example.com")))
    #expect(commit.committer == GitSignature(name: "Carl Committer", email: "carl@example.com", time: 1_700_000_060))
    #expect(commit.message == "second\n\nBody.\n\nApproved-by: Li Na\n")
    #expect(commit.tree.hex == (try made.git("rev-parse", "HEAD^{tree}")))
    #expect(try repository.signature(of: commit.id) == nil)
  }

  @Test func `walks first parents and not what was merged`() throws {
    let made = try ScratchRepository()
    let first = try made.commit("first")
    try made.git("checkout", "-q", "-b", "side")
    try made.commit("side", ["a": "1"])
    try made.git("checkout", "-q", "main")
    let second = try made.commit("second", ["b": "1"])
    try made.git("merge", "-q", "--no-ff", "-m", "merge", "side")
    let merge = try made.git("rev-parse", "HEAD")
    let repository = try Repository(containing: made.path)
    let line = try repository.firstParents(from: repository.resolve("HEAD"))
    #expect(line.map(\.hex) == [merge, second, first])
    #expect(try repository.commit(line[0]).parents.count == 2)
  }

  @Test(arguments: 1...5)
  func `lists of a range what git lists`(seed: Int) throws {
    var random = SeededGenerator(seed: UInt64(seed))
    let made = try ScratchRepository()
    var all = [try made.commit("0")]
    for number in 1...14 {
      // From anywhere, with dates that go forth and back.
      made.time = 1_700_000_000 + Int64.random(in: -1000...1000, using: &random)
      try made.git("checkout", "-q", "-B", "main", all.randomElement(using: &random) ?? "")
      let other = all.randomElement(using: &random) ?? ""
      if Bool.random(using: &random) {
        try made.git("merge", "-q", "--no-ff", "--strategy=ours", "-m", "\(number)", other)
        all.append(try made.git("rev-parse", "HEAD"))
      } else {
        all.append(try made.commit("\(number)"))
      }
    }
    let repository = try Repository(containing: made.path)
    for head in all {
      for base in all {
        let listed = try made.git("rev-list", "--first-parent", "\(base)..\(head)").split(separator: "\n").map(
          String.init)
        let line = try repository.firstParents(from: repository.resolve(head), notIn: repository.resolve(base))
        #expect(line.map(\.hex) == listed)
      }
    }
  }

  @Test func `ends where a shallow clone was cut`() throws {
    let made = try ScratchRepository()
    try made.commit("first")
    let second = try made.commit("second")
    let third = try made.commit("third")
    let clone = made.scratch.path + "/clone"
    try made.git("clone", "-q", "--depth", "2", "file://" + made.path, clone)
    let repository = try Repository(containing: clone)
    #expect(repository.isShallow)
    let line = try repository.firstParents(from: repository.resolve("HEAD"))
    #expect(line.map(\.hex) == [third, second])
    #expect(repository.isBoundary(line[1]) && !repository.isBoundary(line[0]))
  }

  @Test func `takes no notice of replace refs`() throws {
    let made = try ScratchRepository()
    let first = try made.commit("honest", ["a.yaml": "people: {}\n"])
    try made.git("checkout", "-q", "--orphan", "evil")
    let evil = try made.commit("evil", ["a.yaml": "people: { eve: {} }\n"])
    try made.git("replace", first, evil)
    #expect(try made.git("log", "-1", "--format=%s", first) == "evil")
    let repository = try Repository(containing: made.path)
    #expect(try repository.commit(repository.resolve(first)).message == "honest\n")
  }
}
