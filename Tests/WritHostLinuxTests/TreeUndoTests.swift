import Glibc
import Testing
import WritApply
import WritPlan
import WritPolicy
import WritSystem
import WritTestSupport

@testable import WritHostLinux

/// What a tree was before it was changed is on disk before the first change, and can be had again.
@Suite(.enabled(if: isRoot, "needs root, or root of a user namespace, to give files away"))
struct TreeUndoTests {
  private let path = "/srv/data"
  private let id = ObjectID(.tree, "/srv/data")
  private let now = Instant(seconds: 1_800_000_000)

  private func tree(files: String = "0640") -> ObjectState {
    ObjectState([
      "owner": .text("root"), "group": .text("team"), "directories": .text("2750"), "files": .text(files),
      "readers": .members([]), "writers": .set([]), "account-readers": .set([]), "account-writers": .set([]),
      "passers": .set([]), "inner": .set([]), "deviations": .lines([]),
    ])
  }

  @discardableResult
  private func bash(_ box: Sandbox, _ script: String) throws -> String {
    let result = try Program("/bin/bash", ["-euc", script], workingDirectory: box.root).run()
    guard result.succeeded else { throw TreeSandbox.Failed(script: script, text: result.errorText) }
    return result.outputText
  }

  private func states(_ box: Sandbox) throws -> String {
    let lists = "getfacl -Rnp srv/data | grep -E '^(# file|user:|group:|mask|default)'"
    return try bash(box, "find srv/data -printf '%p %m %U:%G\\n' | sort; \(lists)")
  }

  /// A host with a tree that was there before writ, of all kinds of owners, modes and lists.
  private func grown() throws -> Sandbox {
    let box = try Sandbox()
    _ = try box.apply([change(.create, .group, "team", members(), phase: .prepare)])
    try bash(
      box,
      """
      mkdir -p srv/data/d/e; cd srv/data; touch a b d/c d/e/f; ln d/c d/linked; ln -s a link; mkfifo pipe
      chmod 4755 a; chmod 604 b; chmod 3777 d; chown 61001:61002 b d/e d/e/f; chown -h 61001 link
      setfacl -m u:61003:rwx,g:61004:r b; setfacl -d -m u:61003:rwx d; chmod 400 d/e/f
      """)
    return box
  }

  /// The scope says that the policy has the tree, or no longer does.
  private func host(_ box: Sandbox, has state: ObjectState?) throws -> LinuxHost {
    let host = box.host()
    let desired = state.map { [id: DesiredState.Entry($0, causes: [Cause(.granted, "test")])] } ?? [:]
    _ = try host.readLive(Scope(owned: [id], desired: DesiredState(desired), base: DesiredState()))
    return host
  }

  private func apply(_ box: Sandbox, _ state: ObjectState) throws {
    #expect(try box.apply([change(.create, .tree, path, state)], by: host(box, has: state)).allOK)
  }

  private func close(_ box: Sandbox) throws {
    let change = change(.remove, .tree, path, nil, before: tree(), phase: .revoke)
    #expect(try box.apply([change], by: host(box, has: nil)).allOK)
  }

  @Test func `a tree that left the policy goes back to what it was, but for setuid`() throws {
    let box = try grown()
    let before = try states(box)
    try apply(box, tree())
    try apply(box, tree(files: "0600"))
    let undo = TreeUndo(root: box.root)
    // While the policy has it, the policy decides.
    #expect(throws: HostError.self) { try undo.preview(1) }
    #expect(throws: HostError.self) { try undo.restore(1, at: now) }
    try close(box)
    #expect(try undo.journals().journals.map(\.number) == [1, 2, 3])
    #expect(try undo.journals().journals.allSatisfy { $0.tree == path && $0.policy == "c0ffee" && $0.inodes > 0 })

    let shut = try states(box)
    let preview = try undo.preview(1)
    #expect(preview.lines.contains { $0.contains("4755") } == false && !preview.lines.isEmpty && preview.failures == [])
    #expect(try states(box) == shut)
    let outcome = try undo.restore(1, at: now)
    #expect(outcome.failures == [] && outcome.inodes == preview.inodes)
    #expect(try states(box) == before.replacing("srv/data/a 4755", with: "srv/data/a 755"))
    // A second time there is nothing to do, and the first time can be gone back on.
    #expect(try undo.preview(1).inodes == 0)
    #expect(try undo.restore(4, at: now).failures == [])
    #expect(try states(box).contains("srv/data 700 0:0"))
    // The next apply tells the ledger of both.
    let told = try box.host().expired(after: Instant(seconds: 0)).map(\.text)
    #expect(told.count == 2 && told.allSatisfy { $0.hasPrefix("undo of /srv/data from journal ") }, "\(told)")
  }

  @Test func `what somebody changed since, and what is another file by now, stays`() throws {
    let box = try grown()
    try apply(box, tree())
    try close(box)
    try bash(box, "cd srv/data; chmod 640 b; rm d/e/f; touch d/e/f d/e/new; chmod 600 d/e/f")
    let before = try bash(box, "cd srv/data; stat -c '%n %a %u %g' b d/e/f d/e/new")
    #expect(try TreeUndo(root: box.root).restore(1, at: now).failures == [])
    #expect(try bash(box, "cd srv/data; stat -c '%n %a %u %g' b d/e/f d/e/new") == before)
    #expect(try bash(box, "stat -c %u srv/data/d/e") == "61001\n")
  }

  @Test func `a link to a file outside is not gone back on`() throws {
    let box = try grown()
    try apply(box, tree())
    try close(box)
    try bash(box, "ln srv/data/b srv/outside")
    let before = try bash(box, "stat -c '%a %u %g' srv/outside")
    _ = try TreeUndo(root: box.root).restore(1, at: now)
    #expect(try bash(box, "stat -c '%a %u %g' srv/outside") == before)
  }

  @Test func `journals are root's alone, and one that others may write is not believed`() throws {
    let box = try grown()
    try apply(box, tree())
    let (folder, file) = (box.status(UndoFolder.path), box.status(UndoFolder.path + "/1"))
    #expect(folder.permissions == 0o700 && file.permissions == 0o600 && folder.st_uid == 0 && file.st_uid == 0)
    try close(box)
    chmod(box.root + UndoFolder.path + "/1", 0o620)
    #expect(throws: HostError.self) { try TreeUndo(root: box.root).preview(1) }
    let listed = try TreeUndo(root: box.root).journals()
    #expect(listed.journals.map(\.number) == [2] && listed.faults.count == 1, "\(listed)")
    chmod(box.root + UndoFolder.path + "/1", 0o600)
    chmod(box.root + UndoFolder.path, 0o770)
    #expect(throws: HostError.self) { try TreeUndo(root: box.root).journals() }
    // And nothing more is written there, so nothing is changed either.
    try bash(box, "touch srv/data/wide; chmod 666 srv/data/wide")
    let failed = try box.apply([change(.create, .tree, path, tree())], by: host(box, has: tree()))
    #expect(failed.noneOK && failed.values.allSatisfy { $0.failure.contains("kept for an undo") }, "\(failed)")
    #expect(box.status("/srv/data/wide").permissions == 0o666)
  }

  @Test func `a damaged or half-written end loses no record before it`() throws {
    let box = try grown()
    try apply(box, tree())
    try close(box)
    let file = box.root + UndoFolder.path + "/1"
    let bytes = try FileContents.read(file)
    let whole = try UndoFolder(root: HostRoot(box.root)).read(1).1
    #expect(whole.count == Set(whole.map(\.key)).count)
    for cut in stride(from: 1, to: 120, by: 7) {
      try FileContents.replace(file, with: Array(bytes.dropLast(cut)), mode: 0o600)
      let found = try UndoFolder(root: HostRoot(box.root)).read(1).1
      #expect(found.map(\.key) == whole.prefix(found.count).map(\.key) && found.count >= whole.count - 3)
    }
    var wrong = bytes
    wrong[wrong.count - 60] ^= 1
    try FileContents.replace(file, with: wrong, mode: 0o600)
    #expect(try UndoFolder(root: HostRoot(box.root)).read(1).1.count < whole.count)
  }

  @Test func `the oldest journals go, and numbers do not come back`() throws {
    let box = try grown()
    let modes = ["0640", "0600"]
    for run in 0..<2 { try apply(box, tree(files: modes[run % 2])) }
    let folder = box.root + UndoFolder.path
    let first = try FileContents.read(folder + "/1")
    for number in 3...(UndoFolder.mostJournals - 1) {
      try FileContents.replace("\(folder)/\(number)", with: first, mode: 0o600)
    }
    for run in 2..<6 { try apply(box, tree(files: modes[run % 2])) }
    let numbers = try UndoFolder(root: HostRoot(box.root)).numbers()
    #expect(numbers == Array(4...(UndoFolder.mostJournals + 3)))
  }
}

/// The journal against a process that is traced or killed.
@Suite(.enabled(if: TreeSandbox.isRoot, "needs root: changes owners"))
struct TreeJournalTests {
  @Test func `an inode that changes between being noted and being mended is noted anew`() throws {
    let sandbox = try TreeSandbox()
    try sandbox.bash("touch srv/t/{a,b}; chmod 604 srv/t/a; chmod 604 srv/t/b")
    let engine = try sandbox.engine(TreeSandbox.rule())
    let file = sandbox.scratch.path + "/journal"
    func journal() -> TreeJournal {
      TreeJournal(narrowOnly: false) { () throws(SystemError) in
        let descriptor = open(file, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw SystemError("create", file) }
        return TreeJournal.OpenedFile(descriptor: descriptor, path: file)
      }
    }
    let noting = journal()
    let scan = engine.scan(journals: ["/srv/t": noting])
    try noting.force()
    #expect(try sandbox.bash("stat -c %s journal") == "\(3 * TreeRecord.size)\n")
    try sandbox.bash("chmod 666 srv/t/b; touch srv/t/c")
    #expect(try engine.mend("/srv/t", after: scan, narrowOnly: false, journal: noting).changed == 4)
    var records: [TreeRecord] = []
    let bytes = try FileContents.read(file)
    bytes.withUnsafeBytes { all in
      var rest = all
      while let (record, length) = TreeRecord.first(of: rest) {
        records.append(record)
        rest = UnsafeRawBufferPointer(rebasing: rest[length...])
      }
    }
    #expect(records.count == 5)
    #expect(records.map { $0.mode & 0o777 }.sorted() == [0o604, 0o604, 0o644, 0o666, 0o755])
    // Nothing is changed whose state could not be kept.
    try sandbox.bash("chmod 666 srv/t/*")
    let failing = journal()
    #expect(throws: SystemError.self) {
      _ = engine.scan(journals: ["/srv/t": failing])
      try failing.force()
    }
    let mending = try engine.mend("/srv/t", after: nil, narrowOnly: false, journal: failing)
    #expect(mending.changed == 0 && mending.failureCount == 3)
    #expect(try sandbox.state("srv/t/a", "srv/t/b", "srv/t/c").allSatisfy { $0.hasPrefix("666 ") })
  }

  /// Each call that was made of these, with its path and what it returned: the content is on disk before the name, and both
  /// before the first change.
  @Test(.enabled(if: access(Self.strace, X_OK) == 0, "needs strace"))
  func `a journal is on disk, then its name, then the first inode is changed`() throws {
    let box = try Sandbox()
    let trace = box.scratch.path + "/trace"
    let calls = "trace=fsync,fdatasync,fchmod,fchmodat,fchownat,fsetxattr"
    let run = try Program(Self.strace, ["-f", "-y", "-o", trace, "-e", calls, Self.probe, "apply", box.root]).run()
    #expect(run.succeeded, "\(run.outputText)")
    let lines = String(decoding: try FileContents.read(trace), as: UTF8.self).split(separator: "\n").map(String.init)
    let journal = try #require(lines.firstIndex { $0.contains("fdatasync(") && $0.contains("/undo/1>) = 0") })
    let name = try #require(lines.firstIndex { $0.contains(" fsync(") && $0.contains("/var/lib/writ/undo>) = 0") })
    let change = try #require(lines.firstIndex { $0.contains("/srv/data>") })
    #expect(journal < name && name < change, "\(lines.joined(separator: "\n"))")
  }

  /// A journal whose beginning is cut off would keep all others from being listed.
  @Test(.enabled(if: access(Self.strace, X_OK) == 0, "needs strace"), arguments: ["fdatasync", "fsync"])
  func `a journal that cannot be forced to disk is no journal, and nothing is changed`(_ call: String) throws {
    let other = try Sandbox()
    // The first journal itself, or the folder that has its name.
    let path = other.root + UndoFolder.path + (call == "fsync" ? "" : "/1")
    let fault = ["-P", path, "-e", "trace=\(call)", "-e", "inject=\(call):error=EIO"]
    let run = try Program(Self.strace, ["-f", "-o", "/dev/null"] + fault + [Self.probe, "apply", other.root]).run()
    #expect(run.ending == .exited(1), "\(run.outputText)")
    #expect(try UndoFolder(root: HostRoot(other.root)).numbers().isEmpty)
    #expect(other.status("/srv/data").st_gid == 0)
  }

  private static let strace = "/usr/bin/strace"

  /// The path of the test program's neighbour.
  private static var probe: String {
    var buffer = [UInt8](repeating: 0, count: 4096)
    let count = readlink("/proc/self/exe", &buffer, buffer.count)
    let path = String(decoding: buffer.prefix(max(0, count)), as: UTF8.self)
    return path.split(separator: "/").dropLast().map { "/" + $0 }.joined() + "/host-probe"
  }
}
