import Glibc
import Testing
import WritGit
import WritSystem
import WritTestSupport

@Suite struct `Reading trees` {
  @Test func `lists policy files below the folder in the order of their bytes`() throws {
    let made = try ScratchRepository()
    try made.commit(
      "first",
      [
        "policies/z.yml": "z", "policies/people/a.yaml": "a", "policies/people.yaml": "p", "policies/read.me": "no",
        "other.yaml": "no", "policies/B.yaml": "b",
      ])
    made.link("policies/link.yaml", to: "z.yml")
    let head = try made.commit("links")
    let repository = try Repository(containing: made.path)
    let commit = try repository.resolve(head)
    let tree = try #require(try repository.tree(at: commit, folder: "./policies/"))
    #expect(tree.hex == (try made.git("rev-parse", "HEAD:policies")))
    let listing = try repository.files(below: tree, folder: "policies", where: isPolicyFile)
    #expect(
      listing.files.map(\.path) == [
        "policies/B.yaml", "policies/people.yaml", "policies/people/a.yaml", "policies/z.yml",
      ])
    #expect(listing.skipped == [SkippedEntry(path: "policies/link.yaml", kind: .symbolicLink)])
    #expect(try repository.contents(of: listing.files[2].blob, limit: 1) == Array("a".utf8))
    #expect(listing.files[2].blob == Repository.blobID(of: Array("a".utf8)))
  }

  @Test func `the tree's id moves only when something below the folder does`() throws {
    let made = try ScratchRepository()
    try made.commit("first", ["policies/a.yaml": "a"])
    try made.commit("elsewhere", ["read.me": "text"])
    try made.commit("policy", ["policies/a.yaml": "b"])
    let repository = try Repository(containing: made.path)
    let trees = try ["HEAD~2", "HEAD~1", "HEAD"].map {
      try repository.tree(at: repository.resolve($0), folder: "policies")
    }
    #expect(trees[0] == trees[1] && trees[1] != trees[2])
    #expect(try repository.tree(at: repository.resolve("HEAD"), folder: "nothing/here") == nil)
    #expect(throws: GitError.notAFolder("read.me")) {
      try repository.tree(at: repository.resolve("HEAD"), folder: "read.me")
    }
  }

  @Test func `skips submodules, never follows links to folders, and refuses what is too large`() throws {
    let made = try ScratchRepository()
    try made.commit("first", ["real/a.yaml": "0123456789", "policies/b.yaml": "b"])
    made.link("linked", to: "real")
    made.link("policies/inner", to: "../real")
    let first = try made.git("rev-parse", "HEAD")
    try made.git("add", "-A")
    try made.git("update-index", "--add", "--cacheinfo", "160000,\(first),policies/sub")
    try made.git("commit", "-q", "-m", "second")
    let repository = try Repository(containing: made.path)
    let head = try repository.resolve("HEAD")
    #expect(throws: GitError.notAFolder("linked")) { try repository.tree(at: head, folder: "linked") }
    let tree = try #require(try repository.tree(at: head, folder: "policies"))
    let listing = try repository.files(below: tree, folder: "policies")
    #expect(listing.files.map(\.path) == ["policies/b.yaml"])
    #expect(
      listing.skipped == [
        SkippedEntry(path: "policies/inner", kind: .symbolicLink), SkippedEntry(path: "policies/sub", kind: .submodule),
      ])
    let blob = try #require(try repository.blob(at: head, path: "real/a.yaml"))
    #expect(throws: GitError.tooLarge(blob, bytes: 10, limit: 9)) { try repository.contents(of: blob, limit: 9) }
    #expect(try repository.blob(at: head, path: "linked") == nil)
    let nowhere = try #require(GitObjectID(hex: String(repeating: "12", count: 20)))
    #expect(throws: GitError.missingObject(nowhere)) { try repository.contents(of: nowhere, limit: 9) }
    #expect(throws: GitError.missingObject(nowhere)) { try repository.commit(nowhere) }
  }

  @Test func `object ids read and write the same text`() throws {
    let hex = "00000000000000010000000000000002000000ff"
    #expect(GitObjectID(hex: hex)?.hex == hex)
    for text in ["", "12", hex.uppercased(), hex + "0", "+" + hex.dropFirst()] {
      #expect(GitObjectID(hex: text) == nil)
    }
  }
}

@Suite struct `Reading the working tree` {
  @Test func `gives plain files as they lie there and notes what it skips`() throws {
    let made = try ScratchRepository()
    try made.commit("first", ["policies/a.yaml": "a", "policies/deep/b.yml": "b", "policies/c.txt": "c"])
    try made.write("policies/new.yaml", "new")
    made.link("policies/link.yaml", to: "a.yaml")
    made.link("policies/loop", to: ".")
    mkfifo(made.path + "/policies/fifo.yaml", 0o600)
    try made.git("init", "-q", "policies/inner")
    try made.write("policies/inner/x.yaml", "x")
    let repository = try Repository(containing: made.path)
    let found = try repository.workingFiles(below: "policies", limit: 10)
    #expect(found.files.map(\.path) == ["policies/a.yaml", "policies/deep/b.yml", "policies/new.yaml"])
    #expect(found.files[2].bytes == Array("new".utf8))
    #expect(
      found.skipped == [
        SkippedEntry(path: "policies/fifo.yaml", kind: .special),
        SkippedEntry(path: "policies/inner", kind: .submodule),
        SkippedEntry(path: "policies/link.yaml", kind: .symbolicLink),
        SkippedEntry(path: "policies/loop", kind: .symbolicLink),
      ])
    #expect(throws: GitError.fileTooLarge("policies/new.yaml", limit: 2)) {
      try repository.workingFiles(below: "policies", limit: 2)
    }
    #expect(try repository.workingFiles(below: "nowhere", limit: 10).files.isEmpty)
    try made.write("plain", "")
    #expect(throws: GitError.notAFolder("plain")) { try repository.workingFiles(below: "plain", limit: 10) }
  }

  @Test func `tells what differs from a commit, ignored policy files among them, without running filters`() throws {
    let made = try ScratchRepository()
    try made.commit(
      "first",
      [
        "policies/a.yaml": "a", "policies/b.yaml": "b", "policies/signers/allowed_signers": "k", "other": "o",
        ".gitignore": "hidden.yaml\n*.swp\n", ".gitattributes": "*.yaml filter=spy\n",
      ])
    try made.git("config", "filter.spy.clean", "touch \(made.scratch.path)/ran; cat")
    let repository = try Repository(containing: made.path)
    let head = try repository.resolve("HEAD")
    #expect(try repository.changes(inWorkingTreeBelow: "policies", against: head) == [])
    try made.write("policies/a.yaml", "changed")
    try made.write("policies/hidden.yaml", "x")
    try made.write("policies/.a.yaml.swp", "x")
    try made.write("policies/signers/allowed_signers", "other key")
    try made.write("other", "changed")
    made.remove("policies/b.yaml")
    #expect(
      try repository.changes(inWorkingTreeBelow: "policies", against: head) == [
        "policies/a.yaml", "policies/b.yaml", "policies/hidden.yaml", "policies/signers/allowed_signers",
      ])
    #expect(access(made.scratch.path + "/ran", F_OK) != 0)
  }
}
