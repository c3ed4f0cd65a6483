import Dispatch
import Glibc
import Synchronization
import Testing
import WritDigest
import WritPolicy
import WritSSHSignature
import WritSystem
import WritTestSupport

@testable import WritApply

/// The way of approvals from one clone to another, past whatever else somebody put on the branch.
struct ApprovalBranchTests {
  private func open(
    _ fixture: LedgerFixture, _ repository: String, _ access: Ledger.Access = .reading
  ) throws -> ApprovalBranch {
    try ApprovalBranch(
      commonGitDirectory: repository, upstream: fixture.remote, access: access,
      environment: ["HOME": fixture.scratch.path])
  }

  private func copy(_ text: String, _ signer: LedgerSigner) throws -> ApprovalCopy {
    let armour = try signer.key.sign(Array(text.utf8), namespace: "writ-approval-v1")
    return ApprovalCopy(statement: text, signature: String(decoding: armour, as: UTF8.self))
  }

  @discardableResult
  private func add(_ text: String, _ fixture: LedgerFixture, _ repository: String) throws -> ApprovalCopy {
    let signer = try fixture.signer()
    let copy = try copy(text, signer)
    let branch = try open(fixture, repository, .writing)
    defer { branch.close() }
    try branch.add(copy, by: signer.actor, at: fixture.clock.now)
    return copy
  }

  private func read(_ branch: ApprovalBranch, _ fixture: LedgerFixture) throws -> (copies: [String], remarks: [String])
  {
    var copies: [String] = []
    let remarks = try branch.read(signedBy: [fixture.signer().key.publicKey]) { copies.append($0.statement) }
    return (copies, remarks)
  }

  /// Puts files beside those of the branch, as anybody who may push can; `make` runs in a checkout of it.
  private func vandalise(_ fixture: LedgerFixture, _ make: (String) throws -> Void) throws {
    let folder = fixture.path("vandal")
    try fixture.run(
      "/usr/bin/git", ["clone", "--quiet", "--branch", "writ/approvals", fixture.path("remote.git"), folder])
    try make(folder)
    try fixture.run("/usr/bin/git", ["-C", folder, "add", "-A"])
    try fixture.run(
      "/usr/bin/git",
      ["-C", folder, "-c", "user.name=v", "-c", "user.email=v@v", "commit", "--quiet", "-m", "more"])
    try fixture.run("/usr/bin/git", ["-C", folder, "push", "--quiet", "origin", "HEAD:writ/approvals"])
  }

  @Test func `what one clone puts there, another one reads`() throws {
    let fixture = try LedgerFixture()
    let (first, second) = (try fixture.repository("first"), try fixture.repository("second"))
    #expect(try read(open(fixture, first), fixture).copies == [])
    let one = try add("one\n", fixture, first)
    let two = try add("two\n", fixture, second)
    let found = try read(open(fixture, first), fixture)
    #expect(Set(found.copies) == [one.statement, two.statement])
    #expect(found.remarks == [])
    // The same once more is no second approval, and no error.
    try add("one\n", fixture, second)
    #expect(try read(open(fixture, first), fixture).copies.count == 2)
  }

  @Test func `many who approve at once all arrive`() throws {
    let fixture = try LedgerFixture()
    let repositories = try (0..<6).map { try fixture.repository("clone-\($0)") }
    let remote = fixture.remote
    let home = fixture.scratch.path
    let signer = try fixture.signer()
    let copies = try (0..<6).map { try copy("statement \($0)\n", signer) }
    let failures = Mutex<[String]>([])
    DispatchQueue.concurrentPerform(iterations: 6) { index in
      do {
        let branch = try ApprovalBranch(
          commonGitDirectory: repositories[index], upstream: remote, access: .writing, environment: ["HOME": home])
        try branch.add(copies[index], by: signer.actor, at: Instant(seconds: 1_795_000_000))
        branch.close()
      } catch { failures.withLock { $0.append("\(error)") } }
    }
    #expect(failures.withLock { $0 } == [])
    #expect(try read(open(fixture, repositories[0]), fixture).copies.count == 6)
  }

  @Test func `whatever else lies there is counted and does not stop an approval`() throws {
    let fixture = try LedgerFixture()
    let user = try fixture.repository()
    let good = try add("good\n", fixture, user)
    let stranger = try fixture.makeSigner("sun.hao")
    try vandalise(fixture) { folder in
      symlink("/etc/passwd", folder + "/link")
      // A link in the very place of an approval.
      let other = Digest(of: "linked\n")
      mkdir("\(folder)/statements/\(other.hex.prefix(2))", 0o755)
      symlink("/etc/passwd", "\(folder)/\(ApprovalLayout.statement(other))")
      try FileContents.replace(folder + "/README", with: Array("hello".utf8), mode: 0o644)
      // Under another digest than its own, with a signature that says nothing, without one, and too large.
      func put(_ path: String, _ bytes: [UInt8]) throws {
        let parts = path.split(separator: "/").dropLast()
        var at = folder
        for part in parts {
          at += "/" + part
          mkdir(at, 0o755)
        }
        try FileContents.replace(folder + "/" + path, with: bytes, mode: 0o644)
      }
      let wrong = Digest(of: "wrong\n")
      try put(ApprovalLayout.statement(wrong), Array("other\n".utf8))
      try put(ApprovalLayout.signature(wrong), Array(good.signature.utf8))
      let mute = Digest(of: "mute\n")
      try put(ApprovalLayout.statement(mute), Array("mute\n".utf8))
      try put(ApprovalLayout.signature(mute), Array("nonsense".utf8))
      let lone = Digest(of: "lone\n")
      try put(ApprovalLayout.statement(lone), Array("lone\n".utf8))
      let large = [UInt8](repeating: 0x61, count: ApprovalLayout.statementLimit + 1)
      try put(ApprovalLayout.statement(Digest(of: large)), large)
      try put(ApprovalLayout.signature(Digest(of: large)), Array(good.signature.utf8))
      let foreign = try copy("foreign\n", stranger)
      try put(ApprovalLayout.statement(foreign.id), Array(foreign.statement.utf8))
      try put(ApprovalLayout.signature(foreign.id), Array(foreign.signature.utf8))
    }
    let found = try read(open(fixture, user), fixture)
    // Strangers are handed on, after those whose keys are known, so that it can be said why they do not count.
    #expect(found.copies == ["good\n", "foreign\n"])
    #expect(
      found.remarks == [
        "2 are no plain files", "1 are too large", "1 have no name of an approval", "1 have no signature",
        "2 are no statement with a signature",
      ])
  }

  /// `WRIT_JUNK` files; 100,000 take the better part of a minute.
  private static let junk = getenv("WRIT_JUNK").flatMap { Int(String(cString: $0)) } ?? 3_000

  @Test func `thousands of files are passed over`() throws {
    let fixture = try LedgerFixture()
    let user = try fixture.repository()
    try add("good\n", fixture, user)
    // One tree with that many names, made without as many files.
    let remote = fixture.path("remote.git")
    let blob = String(
      try fixture.run("/usr/bin/git", ["-C", remote, "hash-object", "-w", "--stdin"], input: Array("x".utf8)).dropLast()
    )
    let lines = (0..<Self.junk).map { number in
      let name = "statements/\(Digest(of: "\(number)").hex.prefix(2))/\(Digest(of: "\(number)").hex).json"
      return "100644 \(blob)\t\(name)\n100644 \(blob)\t\(name).sig\n"
    }
    let index = fixture.path("index")
    func git(_ arguments: [String], _ input: [UInt8] = []) throws -> String {
      let result = try Program(
        "/usr/bin/git", ["-C", remote] + arguments,
        environment: Program.plainEnvironment.merging([
          "GIT_INDEX_FILE": index, "GIT_AUTHOR_NAME": "v", "GIT_AUTHOR_EMAIL": "v", "GIT_COMMITTER_NAME": "v",
          "GIT_COMMITTER_EMAIL": "v",
        ]) { $1 }, input: input
      ).run()
      try #require(result.succeeded, "\(result.errorText)")
      return String(result.outputText.dropLast())
    }
    _ = try git(["read-tree", "refs/heads/writ/approvals"])
    _ = try git(["update-index", "--index-info"], Array(lines.joined().utf8))
    let tree = try git(["write-tree"])
    let commit = try git(["commit-tree", "-m", "many", tree])
    _ = try git(["update-ref", "refs/heads/writ/approvals", commit])
    let found = try read(open(fixture, user), fixture)
    #expect(found.copies == ["good\n"])
    #expect(found.remarks == ["\(Self.junk) are no statement with a signature"])
  }

  @Test func `a branch that somebody forced is read as it is now, and written to`() throws {
    let fixture = try LedgerFixture()
    let (user, other) = (try fixture.repository(), try fixture.repository("other"))
    try add("one\n", fixture, user)
    try fixture.run(
      "/usr/bin/git", ["-C", fixture.path("remote.git"), "update-ref", "-d", "refs/heads/writ/approvals"])
    #expect(try read(open(fixture, user), fixture).copies == [])
    try add("two\n", fixture, other)
    try add("three\n", fixture, user)
    #expect(Set(try read(open(fixture, user), fixture).copies) == ["two\n", "three\n"])
  }

  @Test func `an upstream that does not answer leaves what was seen last, and takes nothing`() throws {
    let fixture = try LedgerFixture()
    let user = try fixture.repository()
    try add("one\n", fixture, user)
    rename(fixture.path("remote.git"), fixture.path("away"))
    let branch = try open(fixture, user)
    #expect(branch.staleness != nil)
    #expect(try read(branch, fixture).copies == ["one\n"])
    #expect(throws: LedgerError.self) { try open(fixture, user, .writing) }
  }

  @Test func `a push that the upstream refuses is an error, not a loop`() throws {
    let fixture = try LedgerFixture()
    let user = try fixture.repository()
    try add("one\n", fixture, user)
    try FileContents.replace(
      fixture.path("remote.git") + "/hooks/pre-receive", with: Array("#!/bin/sh\nexit 1\n".utf8), mode: 0o755)
    #expect {
      try add("two\n", fixture, user)
    } throws: { error in
      if case LedgerError.unreachable(_, let reason) = error { reason.contains("pre-receive") } else { false }
    }
  }

  @Test func `what is pushed there cannot keep the ledger from being read`() throws {
    let fixture = try LedgerFixture()
    let user = try fixture.repository()
    try fixture.begun(user).close()
    try add("one\n", fixture, user)
    // A tag object under the name of the branch: git refuses it, and used to refuse the ledger along with it.
    let remote = fixture.path("remote.git")
    let broken = String(
      try fixture.run(
        "/usr/bin/git", ["-C", remote, "hash-object", "-w", "-t", "commit", "--literally", "--stdin"],
        input: Array("tree 4b825dc642cb6eb9a060e54bf8d69288fbee4904\nauthor broken\n\n".utf8)
      ).dropLast())
    try fixture.run("/usr/bin/git", ["-C", remote, "hash-object", "-w", "-t", "tree", "--stdin"])
    try FileContents.replace(remote + "/refs/heads/writ/approvals", with: Array((broken + "\n").utf8), mode: 0o644)
    let ledger = try fixture.open(user)
    #expect(try ledger.read()?.head.size == 1)
    let branch = try open(fixture, user)
    #expect(branch.staleness != nil)
    #expect(try read(branch, fixture).copies == ["one\n"])
  }
}
