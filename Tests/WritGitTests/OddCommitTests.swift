import Testing
import WritGit
import WritTestSupport

/// Commits that no git program makes by itself, and that anybody can push where the server does not check objects.
@Suite struct `Odd commits` {
  struct Case: CustomTestStringConvertible {
    var author: String
    var name: String
    var email: String
    var time: Int64
    var testDescription: String { author }
  }

  @Test(arguments: [
    Case(author: "A <a@b> 1 +0000", name: "A", email: "a@b", time: 1),
    Case(author: " <> 1 +0000", name: "", email: "", time: 1),
    Case(author: "<> 1 +0000", name: "", email: "", time: 1),
    Case(author: "A 1 +0000", name: "A 1 +0000", email: "", time: 0),
    Case(author: "A <a@b>", name: "A", email: "a@b", time: 0),
    Case(author: "A <a@b", name: "A", email: "a@b", time: 0),
    Case(author: "A > <a@b> 1 +0000", name: "A >", email: "a@b", time: 1),
    Case(author: "A <a@<b>> 1 +0000", name: "A", email: "a@<b>", time: 1),
    Case(author: "A <a@b> 9223372036854775807 +0000", name: "A", email: "a@b", time: 253_402_300_799),
    Case(author: "A <a@b> 9223372036854775808 +0000", name: "A", email: "a@b", time: 0),
    Case(author: "A <a@b> -9223372036854775808 +0000", name: "A", email: "a@b", time: -62_135_596_800),
    Case(author: "A <a@b> -5 +0000", name: "A", email: "a@b", time: -5),
    Case(author: "A <a@b> 1 +999999", name: "A", email: "a@b", time: 1),
    Case(author: "", name: "", email: "", time: 0),
  ])
  func `are read as far as they can be`(_ one: Case) throws {
    let made = try ScratchRepository()
    let first = try made.commit("first", ["policies/a.yaml": "people: {}\n"])
    let tree = try made.git("rev-parse", "HEAD^{tree}")
    let odd = try made.git(
      "hash-object", "-t", "commit", "-w", "--stdin", "--literally",
      input: Array("tree \(tree)\nparent \(first)\nauthor \(one.author)\ncommitter \(one.author)\n\nodd\n".utf8))
    try made.git("update-ref", "refs/heads/main", odd)
    let repository = try Repository(containing: made.path)
    for name in ["main", "HEAD", odd] { #expect(try repository.resolve(name).hex == odd, "\(name)") }
    for name in ["main~1", "HEAD~", "\(odd)^", "HEAD^~0"] {
      #expect(try repository.resolve(name).hex == first, "\(name)")
    }
    for name in ["main~2", "HEAD^^", "main~x", "main^2"] {
      #expect(throws: GitError.self, "\(name)") { try repository.resolve(name) }
    }
    let commit = try repository.commit(repository.resolve("main"))
    let expected = GitSignature(name: one.name, email: one.email, time: one.time)
    #expect(commit.author == expected && commit.committer == expected && commit.message == "odd\n")
    #expect(try repository.firstParents(from: commit.id).map(\.hex) == [odd, first])
    #expect(try repository.tree(at: commit.id, folder: "policies") != nil)
  }

  @Test func `with bytes that are no UTF-8 come with replacement characters, and no tree is refused`() throws {
    let made = try ScratchRepository()
    let first = try made.commit("first")
    let tree = try made.git("rev-parse", "HEAD^{tree}")
    let text = Array("tree \(tree)\nparent \(first)\nauthor A".utf8) + [0xff] + Array(" <a@".utf8) + [0xfe]
    let odd = try made.git(
      "hash-object", "-t", "commit", "-w", "--stdin", "--literally", input: text + Array("> 1 +0000\n\nm".utf8))
    let repository = try Repository(containing: made.path)
    let commit = try repository.commit(repository.resolve(odd))
    #expect(commit.author.name == "A\u{fffd}" && commit.author.email == "a@\u{fffd}" && commit.message == "m")
    let treeless = try made.git(
      "hash-object", "-t", "commit", "-w", "--stdin", "--literally", input: Array("author A <a> 1 +0000\n\nm".utf8))
    let id = try #require(GitObjectID(hex: treeless))
    #expect(throws: GitError.malformedCommit(id)) { try repository.commit(id) }
  }

  @Test func `a mailmap names people, and one beyond the limit names nobody`() throws {
    let made = try ScratchRepository()
    let line = "Ann Married <ann@new.example.com> <ann@example.com>\n"
    try made.write(".mailmap", line)
    let plain = try made.commit("one")
    #expect(try Self.author(made, plain).name == "Ann Married")
    try made.write(".mailmap", line + String(repeating: "#", count: Repository.mailmapLimit))
    #expect(try Self.author(made, made.commit("two")).name == "Ann Author")
    // A link is no mailmap, wherever it leads.
    made.remove(".mailmap")
    made.link(".mailmap", to: "/dev/zero")
    #expect(try Self.author(made, made.commit("three")).name == "Ann Author")
  }

  private static func author(_ made: ScratchRepository, _ id: String) throws -> GitSignature {
    let repository = try Repository(containing: made.path)
    return try repository.commit(repository.resolve(id)).author
  }

  @Test func `notes are found at any depth, and long ones are not read`() throws {
    let made = try ScratchRepository()
    let first = try made.commit("one")
    let second = try made.commit("two")
    try made.git("notes", "--ref", "review", "add", "-m", "Code-Review+2: Li Na <li.na@example.com>", first)
    func note(_ id: String) throws -> String? {
      let repository = try Repository(containing: made.path)
      return try repository.note(on: repository.resolve(id), ref: "refs/notes/review")
    }
    #expect(try note(first) == "Code-Review+2: Li Na <li.na@example.com>\n")
    #expect(try note(second) == nil)
    // git itself spreads notes over folders once there are many.
    let blob = try made.git("rev-parse", "refs/notes/review:\(first)")
    let place = "\(second.prefix(2))/\(second.dropFirst(2).prefix(2))/\(second.dropFirst(4))"
    try made.git("read-tree", "--empty")
    try made.git("update-index", "--add", "--cacheinfo", "100644,\(blob),\(place)")
    let tree = try made.git("write-tree")
    try made.git("update-ref", "refs/notes/review", made.git("commit-tree", "-m", "notes", tree))
    #expect(try note(second)?.hasPrefix("Code-Review+2") == true)
    #expect(try note(first) == nil)
    try made.git("notes", "--ref", "long", "add", "-m", String(repeating: "x", count: 70_000), first)
    let repository = try Repository(containing: made.path)
    #expect(try repository.note(on: repository.resolve(first), ref: "refs/notes/long") == nil)
  }

  @Test func `what a merge brought in is told from what was there`() throws {
    let made = try ScratchRepository()
    let first = try made.commit("first")
    try made.git("checkout", "-q", "-b", "side")
    let one = try made.commit("one", ["a": "1"])
    let two = try made.commit("two", ["a": "2"])
    try made.git("checkout", "-q", "main")
    try made.git("merge", "-q", "--no-ff", "-m", "merge", "side")
    let repository = try Repository(containing: made.path)
    let (head, base) = (try repository.resolve("HEAD"), try repository.resolve(first))
    let found = try #require(try repository.commits(of: head, without: base, limit: 10))
    #expect(Set(found.map(\.hex)) == [head.hex, one, two])
    #expect(try repository.commits(of: head, without: nil, limit: 10)?.count == 4)
    #expect(try repository.commits(of: head, without: base, limit: 2) == nil)
  }
}
