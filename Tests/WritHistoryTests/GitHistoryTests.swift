import Testing
import WritGit
import WritHistory
import WritTestSupport

@Suite struct `Blame over a real repository` {
  static let roles =
    "resources: { repo: { external: git host, operations: [push] } }\nroles: { dev: { allow: { repo: push } } }\n"
  static let given = "people: { bob: { roles: [dev] } }\n"
  let bob = key("bob", "repo:push")

  @Test func `a revert of a revocation gives anew, and whoever merged is named, not whoever wrote the branch`() throws {
    let made = try ScratchRepository()
    made.time = start
    try made.commit("roles", ["policies/roles.yaml": Self.roles, "policies/people.yaml": "people: { bob: {} }\n"])
    try made.git("checkout", "-q", "-b", "side")
    try made.commit("give bob dev", ["policies/people.yaml": Self.given])
    try made.git("checkout", "-q", "main")
    try made.commit("elsewhere", ["read.me": "text"])
    try made.git(
      "merge", "-q", "--no-ff", "-m", "Merge pull request #7 from side\n\nbody\n\nReviewed-by: Li Na", "side")
    let merge = try made.git("rev-parse", "HEAD")
    made.time += 60
    let taken = try made.commit("take it away", ["policies/people.yaml": "people: { bob: {} }\n"])
    try made.commit("broken", ["policies/people.yaml": "people: ["])
    try made.git("rm", "-q", "policies/people.yaml")
    try made.commit("wrap", ["policies/people/bob.yml": "people:\n  bob: {}\n"])
    let again = try made.commit(
      "Revert \"take it away\"", ["policies/people/bob.yml": "# again\npeople:\n  bob:\n    roles:\n      - dev\n"])
    try made.commit("no access", ["read.me": "more"])

    let history = try GitHistory(made.path)
    let index = try HistoryIndex(history.source())
    let blame = index.blame(bob, at: at(10_000))
    #expect(blame.current?.since.id == again)
    #expect(blame.earlier.map(\.since.id) == [merge])
    #expect(blame.earlier.first?.end == index.changes.first { $0.id == taken }.map { .commit($0) })
    #expect(blame.earlier.first?.since.pullRequest == 7 && blame.earlier.first?.since.approvers == ["Li Na"])
    #expect(index.skipped.map(\.commit.subject) == ["broken"])
    #expect(
      blame.paths.first?.causes.map { "\($0.file):\($0.line)" } == [
        "policies/people/bob.yml:5", "policies/roles.yaml:2",
      ])
  }

  @Test func `a shallow clone says that an access may be older`() throws {
    let made = try ScratchRepository()
    made.time = start
    try made.commit("give", ["policies/a.yaml": Self.roles + Self.given])
    try made.commit("elsewhere", ["read.me": "text"])
    let clone = made.scratch.path + "/clone"
    try made.git("clone", "-q", "--depth", "1", "file://" + made.path, clone)
    let blame = try HistoryIndex(GitHistory(clone).source()).blame(bob, at: at(1000))
    #expect(blame.current?.mayBeOlder == true)
    #expect(try HistoryIndex(GitHistory(made.path).source()).blame(bob, at: at(1000)).current?.mayBeOlder == false)
  }

  @Test func `a repository without commits has no history`() throws {
    let made = try ScratchRepository()
    #expect(throws: GitError.unbornBranch("main")) { try HistoryIndex(GitHistory(made.path).source()) }
  }
}
