import Glibc
import Testing
import WritGit
import WritTestSupport

@Suite struct `Opening a repository` {
  @Test func `finds it from a folder deep inside`() throws {
    let made = try ScratchRepository()
    try made.commit("first", ["policies/people/a.yaml": "people: {}\n"])
    let repository = try Repository(containing: made.path + "/policies/people")
    #expect(repository.workingTree == made.path)
    #expect(repository.commonDirectory == made.path + "/.git")
    #expect(!repository.isBare && !repository.isShallow && !repository.isLinkedWorktree)
    #expect(repository.originURL == nil)
  }

  @Test func `says that there is none`() throws {
    let scratch = try Scratch()
    #expect(throws: GitError.notARepository(scratch.path)) { try Repository(containing: scratch.path) }
  }

  @Test func `refuses objects named by SHA-256`() throws {
    let made = try ScratchRepository(["--object-format=sha256"])
    try made.commit("first")
    #expect(throws: GitError.sha256Repository(made.path)) { try Repository(containing: made.path) }
  }

  @Test(.enabled(if: geteuid() == 0, "needs root to give a repository to another user"))
  func `refuses another user's repository`() throws {
    let made = try ScratchRepository()
    try made.commit("first")
    for folder in [made.path, made.path + "/.git"] { #expect(chown(folder, 65534, 65534) == 0) }
    #expect(throws: GitError.foreignOwner(made.path)) { try Repository(containing: made.path) }
  }

  @Test func `tells bare and linked working trees`() throws {
    let made = try ScratchRepository()
    try made.commit("first")
    try made.git("worktree", "add", "-q", "../linked")
    let linked = try Repository(containing: made.scratch.path + "/linked")
    #expect(linked.isLinkedWorktree)
    #expect(linked.commonDirectory == made.path + "/.git")
    #expect(linked.gitDirectory == made.path + "/.git/worktrees/linked")
    try made.git("clone", "-q", "--bare", made.path, made.scratch.path + "/bare.git")
    let bare = try Repository(containing: made.scratch.path + "/bare.git")
    #expect(bare.isBare && bare.workingTree == nil)
    #expect(bare.originURL == made.path)
    #expect(throws: GitError.bare(made.scratch.path + "/bare.git")) {
      try bare.workingFiles(below: "policies", limit: 10)
    }
  }
}
