import Glibc
import Testing
import WritApply
import WritDigest
import WritSystem
import WritTestSupport

@testable import WritVaultAge

@Suite struct RepositoryTests {
  private func git(_ scene: VaultScene, _ arguments: String...) throws -> String {
    try scene.run(
      "/usr/bin/git",
      ["-C", scene.store, "-c", "user.name=someone", "-c", "user.email=someone@example.org"] + arguments)
  }

  /// A repository with a hook, a filter and a staged file of its user's.
  private func scene() throws -> VaultScene {
    let scene = try VaultScene()
    try scene.run("/usr/bin/git", ["init", "-q", "-b", "main", scene.store])
    let hook = "#!/bin/sh\ntouch \(scene.scratch.path)/hooked\n"
    for name in ["pre-commit", "post-commit", "reference-transaction", "post-index-change"] {
      try FileContents.replace("\(scene.store)/.git/hooks/\(name)", with: Array(hook.utf8), mode: 0o755)
    }
    _ = try git(scene, "config", "filter.evil.clean", "touch \(scene.scratch.path)/filtered; cat")
    _ = try git(scene, "config", "core.fsmonitor", "touch \(scene.scratch.path)/monitored")
    try FileContents.replace(scene.store + "/.gitattributes", with: Array("* filter=evil\n".utf8), mode: 0o644)
    return scene
  }

  @Test func `only the vault's own paths are committed, and nothing of the repository's runs`() throws {
    let scene = try scene()
    try FileContents.replace(scene.store + "/note.txt", with: Array("mine\n".utf8), mode: 0o644)
    try scene.apply(["alice", "carol"])
    try scene.put("db", "one")
    for trace in ["hooked", "filtered", "monitored"] {
      #expect(access("\(scene.scratch.path)/\(trace)", F_OK) != 0, "\(trace)")
    }
    _ = try git(scene, "config", "--unset", "core.fsmonitor")
    _ = try git(scene, "config", "--unset", "filter.evil.clean")
    #expect(
      try git(scene, "ls-tree", "-r", "--name-only", "HEAD") == """
        .writ/manifest.json
        .writ/manifest.json.sig
        lab/basic/.age-recipients
        lab/basic/db.age

        """)
    #expect(try git(scene, "status", "--porcelain") == "?? .gitattributes\n?? note.txt\n")
    #expect(
      try git(scene, "log", "--format=%an %s") == "writ vault: lab/basic/db\nwrit vault: readers of lab/basic\n")
    let head = try git(scene, "rev-parse", "HEAD")
    let before = try scene.snapshot(scene.store + "/lab")
    try scene.apply(["alice", "carol"])
    #expect(try git(scene, "rev-parse", "HEAD") == head)
    #expect(try scene.snapshot(scene.store + "/lab") == before)
    #expect(try git(scene, "fsck", "--strict") == "")
  }

  @Test func `a missing or replaced file comes back from the last commit`() throws {
    let scene = try scene()
    try scene.apply(["alice", "carol"])
    try scene.put("db", "one")
    try scene.put("api", "two")
    unlink(scene.file("api.age"))
    try scene.encryptByHand("forged", to: ["alice", "carol"], "db")
    #expect(try scene.faults().count == 2)
    try scene.apply(["alice", "carol"], with: scene.vault(identity: nil))
    #expect(try scene.stock("alice", "db") == "one")
    #expect(try scene.stock("alice", "api") == "two")
    #expect(try scene.vault().list().map(\.due) == [[], []])
  }

  @Test func `what cannot be committed has failed, and the next run commits it`() throws {
    let scene = try scene()
    try scene.apply(["alice", "carol"])
    let lock = scene.store + "/.git/refs/heads/main.lock"
    try FileContents.replace(lock, with: [], mode: 0o644)
    guard case .failed(let reason) = try scene.attempt(["bob", "carol"]).status else {
      Issue.record("not failed")
      return
    }
    #expect(reason.hasPrefix("not committed: "), "\(reason)")
    unlink(lock)
    try scene.apply(["bob", "carol"])
    #expect(try git(scene, "log", "--format=%s") == "vault: readers of lab/basic\nvault: readers of lab/basic\n")
    let file = try git(scene, "show", "HEAD:lab/basic/.age-recipients")
    #expect(file.contains(scene.key("bob")) && !file.contains(scene.key("alice")))
  }

  @Test func `a repository further up is not the vault's`() throws {
    let scene = try VaultScene()
    try scene.run("/usr/bin/git", ["init", "-q", scene.scratch.path])
    try scene.apply(["alice", "carol"])
    let result = try Program("/usr/bin/git", ["-C", scene.scratch.path, "rev-parse", "--verify", "-q", "HEAD"]).run()
    #expect(!result.succeeded)
  }
}
