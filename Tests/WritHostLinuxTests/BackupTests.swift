import Glibc
import Testing
import WritPolicy
import WritSystem
import WritTestSupport

@testable import WritHostLinux

@Suite(.enabled(if: isRoot, "needs root, or root of a user namespace, to give files away"))
struct BackupTests {
  private static let all = """
    mkdir -p srv/t/d/e 'srv/t/odd name' srv/t/empty; cd srv/t
    echo one > a; echo two > d/b; echo three > d/e/c; head -c 3000000 /dev/zero > zeros; echo end >> zeros
    printf x > $'odd name/new\\nline\\xff%"'; : > nothing; ln -s /etc/passwd out; ln -s d/b in; ln d/b d/e/same
    chown 61001:62001 a d; chown -h 61002:62002 out; chmod 640 a; chmod 2750 d; chmod 0000 d/e/c
    setfacl -m u:61003:r a; setfacl -m g:62003:rwx -m d:g:62003:rx d
    touch -h -d '2024-02-03 04:05:06.123456789' a out d
    """

  @Test func `a snapshot keeps owners, modes, ACLs, times, links and any name`() throws {
    let sandbox = try BackupSandbox()
    try sandbox.bash(Self.all)
    let outcome = try sandbox.take()
    #expect(outcome.isWhole && sandbox.snapshots == [BackupFolder.name(at: BackupSandbox.start)])
    #expect(try sandbox.listing(sandbox.newest) == sandbox.listing("srv/t"))
    let numbers = try sandbox.bash(
      "cd \(sandbox.newest); stat -c %i d/b d/e/same | uniq | wc -l; du -k zeros | cut -f1")
    #expect(numbers.split(separator: "\n").first == "1")
    #expect(numbers.split(separator: "\n").last.flatMap { Int($0) }.map { $0 < 2000 } == true)
    // Never the live inode: whoever has it open could write into the snapshot.
    try sandbox.bash("echo more >> srv/t/a; [ \"$(cat \(sandbox.newest)/a)\" = one ]")
    #expect(try sandbox.bash("stat -c '%a %u' srv/backup/t srv/backup/t/2*") == "700 0\n700 0")
    let report = try sandbox.check()
    #expect(report.isFine && report.names == 14 && report.restored == 9, "\(report)")
  }

  @Test func `what did not change is one file in all snapshots, and nothing else is`() throws {
    let sandbox = try BackupSandbox()
    try sandbox.bash(Self.all + "\necho x > touched; echo x > owned; echo x > acl; echo aa > content; echo x > gone")
    // A time that is older than the tick in which two changes could have one time.
    try sandbox.bash("sleep 2.1")
    try sandbox.take()
    let first = sandbox.newest
    try sandbox.bash(
      """
      cd srv/t; touch -r content ../stamp; printf 'bb\\n' > content; touch -r ../stamp content
      touch touched; chown 61001 owned; setfacl -m u:61003:r acl; rm gone; chmod 600 a; chmod 640 a; echo new > new
      rm d/e/same; cp -p d/b d/e/same
      """)
    try sandbox.take(day: 1)
    let second = sandbox.newest
    func isShared(_ name: String) throws -> Bool {
      try sandbox.bash("stat -c %i \(first)/\(name) \(second)/\(name) | uniq | wc -l") == "1"
    }
    for name in ["nothing", "zeros", "d/b", "a"] { #expect(try isShared(name), "\(name)") }
    // The same size and time, and other contents: only ctime tells.
    for name in ["content", "touched", "owned", "acl", "d/e/same"] { #expect(try !isShared(name), "\(name)") }
    #expect(try sandbox.listing(second) == sandbox.listing("srv/t"))
    #expect(try sandbox.bash("cat \(first)/content \(first)/gone; stat -c %u \(first)/owned") == "aa\nx\n0")
    for name in sandbox.snapshots { #expect(try sandbox.check(day: 1, snapshot: name).isFine) }
  }

  @Test func `setuid, sockets, FIFOs, devices and what is not of the tree stay out and are counted`() throws {
    let sandbox = try BackupSandbox()
    try sandbox.bash(
      "cd srv/t; echo x > suid; chmod 6755 suid; mkdir d; chmod 2755 d; mkfifo f; ln -s / root; sleep 2.1")
    for day: Int64 in [0, 1] {
      let text = try sandbox.take(day: day).lines.joined(separator: "\n")
      #expect(text.contains("1 sockets, FIFOs and devices, not copied") && text.contains("1 files without the setuid"))
      #expect(try sandbox.bash("cd \(sandbox.newest); stat -c %a suid d; ls") == "755\n2755\nd\nroot\nsuid")
      #expect(try sandbox.check(day: day).isFine)
    }
    #expect(try sandbox.take(day: 2).lines[1].contains("(1 as in the last snapshot)"))
  }

  @Test func `the newest are kept, and never is the last whole one removed`() throws {
    let sandbox = try BackupSandbox(keep: 2)
    try sandbox.bash("mkdir -p srv/t/d; echo a > srv/t/d/a; mkdir srv/backup/t/mine; ln -s /etc srv/backup/t/link")
    for day in 0..<Int64(4) { try sandbox.take(day: day) }
    let kept = sandbox.snapshots
    #expect(kept.filter { $0.hasPrefix("2") }.count == 2 && kept.contains("mine") && kept.contains("link"))
    // A clock that went wrong once makes no room by itself.
    try sandbox.take(day: 4000)
    try sandbox.take(day: 4)
    #expect(sandbox.snapshots.contains(BackupFolder.name(at: .init(seconds: BackupSandbox.start.seconds + 4 * 86_400))))
    #expect(access("/etc/passwd", F_OK) == 0)
  }

  @Test func `it waits until one is due, and two never run at once`() throws {
    let sandbox = try BackupSandbox()
    try sandbox.take()
    #expect(try sandbox.take(ifDue: true).lines[0].contains("is new enough") && sandbox.snapshots.count == 1)
    try sandbox.take(day: 1, ifDue: true)
    #expect(sandbox.snapshots.count == 2)
    let folder = try BackupFolder.usable(HostRoot(sandbox.box.root), "/srv/backup/t")
    let lock = try folder.lock()
    #expect(throws: HostError.self) { try sandbox.take(day: 2) }
    #expect(throws: HostError.self) { try sandbox.check(day: 2) }
    withExtendedLifetime(lock) {}
  }

  @Test func `two within a second are two, and what a killed run left goes`() throws {
    let sandbox = try BackupSandbox()
    try sandbox.bash("echo a > srv/t/a; mkdir -p srv/backup/t/.partial/tree/d srv/backup/t/.removed-x/y")
    try sandbox.bash("ln -s /etc srv/backup/t/.partial/tree/l; echo x > srv/backup/t/.check")
    try sandbox.take()
    try sandbox.take()
    #expect(sandbox.snapshots.count == 2 && sandbox.snapshots.allSatisfy { $0.hasPrefix("2") })
  }

  @Test func `a folder that others get at, a link in its way, or no tree at all is refused`() throws {
    let sandbox = try BackupSandbox()
    for (script, undo) in [
      ("chmod 750 srv/backup/t", "chmod 700 srv/backup/t"), ("chown 61001 srv/backup/t", "chown 0 srv/backup/t"),
      ("chmod 777 srv/backup", "chmod 755 srv/backup"), ("chown 61001 srv/backup", "chown 0 srv/backup"),
      ("mv srv/backup srv/b; ln -s b srv/backup", "rm srv/backup; mv srv/b srv/backup"),
      ("mv srv/t srv/u", "mv srv/u srv/t"), ("mv srv/t srv/u; ln -s u srv/t", "rm srv/t; mv srv/u srv/t"),
      ("chmod 622 etc/writ/backups/t", "chmod 600 etc/writ/backups/t"),
      ("echo 'keep 9' >> etc/writ/backups/t", "sed -i '$d' etc/writ/backups/t"),
    ] {
      try sandbox.bash(script)
      #expect(throws: HostError.self, "\(script)") { try sandbox.take() }
      try sandbox.bash(undo)
      #expect(sandbox.snapshots == [])
    }
    try sandbox.take()
    #expect(throws: HostError.self) { try sandbox.backup.run("../../etc/passwd", at: BackupSandbox.start) }
    #expect(throws: HostError.self) { try sandbox.backup.run("other", at: BackupSandbox.start) }
  }

  @Test func `a full disk leaves the earlier snapshots and nothing else`() throws {
    let sandbox = try BackupSandbox()
    try sandbox.bash("echo a > srv/t/a")
    // In a namespace of its own, with a small file system for the snapshots.
    let agent = WritAgentProgram.path
    let result = try Program(
      "/usr/bin/unshare",
      [
        "-m", "/bin/bash", "-euc",
        """
        cd \(sandbox.box.root); mount -t tmpfs -o size=1m,mode=700 none srv/backup/t
        "\(agent)" backup t --root "$PWD"; before=$(find srv/backup/t | sort)
        head -c 2000000 /dev/urandom > srv/t/big
        sleep 1.1; if "\(agent)" backup t --root "$PWD"; then exit 7; fi
        [ "$before" = "$(find srv/backup/t | sort)" ]; "\(agent)" backup --check t --root "$PWD"
        """,
      ]
    ).run()
    #expect(result.succeeded, "\(result.outputText) \(result.errorText)")
    #expect(result.errorText.contains("No space left"))
  }
}

/// The agent as it was built beside these tests.
enum WritAgentProgram {
  static var path: String {
    var buffer = [UInt8](repeating: 0, count: 4096)
    let count = readlink("/proc/self/exe", &buffer, buffer.count)
    let path = String(decoding: buffer.prefix(max(0, count)), as: UTF8.self)
    return path.split(separator: "/").dropLast().map { "/" + $0 }.joined() + "/writ-agent"
  }
}
