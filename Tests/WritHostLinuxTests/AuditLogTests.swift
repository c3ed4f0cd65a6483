import Glibc
import Testing
import WritPlan
import WritPolicy
import WritSystem
import WritTestSupport

@testable import WritHostLinux

@Suite(.enabled(if: isRoot, "needs root, or root of a user namespace, to give files away"))
struct AuditLogTests {
  /// The records of one event as auditd writes them, with what it adds in `log_format = ENRICHED`.
  static func event(
    _ serial: Int, at time: Int, auid: String = "20014", exe: String = "\"/usr/bin/vim\"", success: String = "yes",
    names: [String], cwd: String = "\"/root\""
  ) -> String {
    let stamp = "msg=audit(\(time).123:\(serial)):"
    var lines = [
      "type=SYSCALL \(stamp) arch=c000003e syscall=82 success=\(success) exit=0 ppid=1 pid=2 auid=\(auid) uid=0 "
        + "comm=\"x\" exe=\(exe) subj=unconfined key=\"writ-accounts\"\u{1d}ARCH=x86_64 AUID=\"root\" exe=\"/bin/other\"",
      "type=CWD \(stamp) cwd=\(cwd)",
      "type=PATH \(stamp) item=0 name=\"/etc/\" inode=1 nametype=PARENT",
    ]
    lines += names.enumerated().map { "type=PATH \(stamp) item=\($0 + 1) name=\($1) inode=2 nametype=CREATE" }
    return (lines + ["type=PROCTITLE \(stamp) proctitle=00"]).joined(separator: "\n") + "\n"
  }

  private func events(_ text: String, since: Int64 = 0) -> [String] {
    var records = AuditRecords(since: Instant(seconds: since))
    for line in Array(text.utf8).split(separator: 10) { records.add(line) }
    records.finish()
    return records.events.map {
      "\($0.serial) \($0.login.map(String.init) ?? "-") \($0.program) \($0.paths.sorted().joined(separator: ","))"
    }
  }

  @Test func `an event has who logged in, the program and its paths, and none of what the daemon made of them`() {
    #expect(
      events(
        Self.event(7, at: 100, names: ["\"/etc/passwd\"", "\"shadow\""], cwd: "\"/etc\"")
          + Self.event(8, at: 101, auid: "4294967295", exe: "2F6F70742F6120620A", names: ["2F7372762F6120622E747874"])
      ) == ["7 20014 /usr/bin/vim /etc/passwd,/etc/shadow", "8 - /opt/a b\\u{a} /srv/a b.txt"])
  }

  @Test func `records of several events may be mixed, and what failed, is older, or was said by a program is none`() {
    let (a, b) = (Self.event(1, at: 100, names: ["\"/etc/a\""]), Self.event(2, at: 100, names: ["\"/etc/b\""]))
    let mixed = zip(a.split(separator: "\n"), b.split(separator: "\n")).map { "\($0)\n\($1)\n" }.joined()
    #expect(events(mixed) == ["1 20014 /usr/bin/vim /etc/a", "2 20014 /usr/bin/vim /etc/b"])
    #expect(events(Self.event(3, at: 100, success: "no", names: ["\"/etc/a\""])) == [])
    #expect(events(Self.event(4, at: 99, names: ["\"/etc/a\""]), since: 100) == [])
    #expect(
      events(
        "type=USER_CMD msg=audit(100.1:5): auid=1 exe=\"/x\" success=yes msg='type=SYSCALL msg=audit(100.1:6): auid=0'\n"
      )
        == [])
  }

  /// Bytes of anybody's never stop the reading, and never make an event out of nothing.
  @Test(arguments: UInt64(1)...40) func `bent logs are read to their end`(_ seed: UInt64) {
    var random = SeededGenerator(seed: seed)
    let good = Array(Self.event(7, at: 100, names: ["\"/etc/passwd\"", "2F61"]).utf8)
    for _ in 0..<50 {
      var bytes = good
      for _ in 0..<Int.random(in: 1...6, using: &random) {
        let place = Int.random(in: 0..<bytes.count, using: &random)
        if Bool.random(using: &random) {
          bytes[place] = UInt8.random(in: .min ... .max, using: &random)
        } else {
          bytes.removeSubrange(place..<min(bytes.count, place + Int.random(in: 1...40, using: &random)))
        }
      }
      var records = AuditRecords(since: Instant(seconds: 0))
      for line in bytes.split(separator: 10) { records.add(line) }
      records.finish()
      #expect(records.events.count <= 6)
      for event in records.events { #expect(event.program.unicodeScalars.allSatisfy { $0.value >= 0x20 }) }
    }
  }

  @Test func `many unfinished events take bounded room`() {
    var records = AuditRecords(since: Instant(seconds: 0))
    for serial in 0..<(3 * AuditRecords.openLimit) {
      records.add(Array("type=CWD msg=audit(1.0:\(serial)): cwd=\"/\"".utf8)[...])
    }
    #expect(records.openCount <= AuditRecords.openLimit)
  }

  @Test func `the last events of each object are told, newest first, from all files, but not writ's own`() throws {
    let box = try Sandbox()
    for folder in ["/var/log", "/var/log/audit"] { mkdir(box.root + folder, 0o755) }
    let objects = [ObjectID(.group, "team"), ObjectID(.sudoers, "writ"), ObjectID(.tree, "/srv/data")]
    func traces() -> LinuxHost.Traces? {
      box.host().traces(of: objects, since: Instant(seconds: 50), besides: ["/opt/writ"])
    }
    #expect(traces() == nil)
    try box.write(
      Self.event(1, at: 40, names: ["\"/etc/group\""]) + Self.event(2, at: 60, auid: "1", names: ["\"/etc/group\""]),
      to: "/var/log/audit/audit.log.1")
    try box.write(
      Self.event(3, at: 70, exe: "\"/opt/writ\"", names: ["\"/etc/group\""])
        + Self.event(4, at: 80, names: ["\"/etc/group\""]) + Self.event(5, at: 90, names: ["\"/etc/group\""])
        + Self.event(6, at: 95, names: ["\"/srv/data/a/b\"", "\"/srv/database\""])
        + Self.event(7, at: 96, names: ["\"/srv/database\""]), to: "/var/log/audit/audit.log")
    let found = try #require(traces())
    #expect(found.events["group team"]?.map(\.serial) == [5, 2])
    #expect(found.events["tree /srv/data"]?.map(\.serial) == [6])
    #expect(found.events["sudoers writ"] == [] && found.gaps == [])
    unlink(box.root + "/var/log/audit/audit.log.1")
    symlink("/etc/shadow", box.root + "/var/log/audit/audit.log.1")
    #expect(traces()?.gaps.first?.contains("audit.log.1 was not looked at") == true)
  }

  // MARK: what nobody manages

  @Test func `everything of others is listed, nothing of writ's, and nothing of the system's`() throws {
    let box = try Sandbox()
    #expect(
      try box.apply([
        change(.create, .account, "li", account(20001, home: "/home/li", homeFolder: "private"), phase: .prepare),
        change(.create, .group, "team", members(), phase: .prepare),
        change(.create, .keys, "li", lines("restrict ssh-rsa AAAA li")),
      ]).allOK)
    let owned: Set = [ObjectID(.account, "li"), ObjectID(.group, "team"), ObjectID(.keys, "li")]
    let plain = try box.host().unmanaged(owned: owned).map { "\($0.kind) \($0.name): \($0.detail)" }
    #expect(plain == ["sudoers /etc/sudoers: root ALL=(ALL:ALL) ALL"])
    try box.write(box.text("/etc/passwd") + "eve:x:1003:1003:\u{1b}:/home/eve:/bin/sh\n", to: "/etc/passwd")
    try box.write(box.text("/etc/group") + "eve:x:1003:\nclub:x:2000:li,eve\n", to: "/etc/group")
    for folder in ["/home/eve", "/home/eve/.ssh", "/home/li/.ssh"] { mkdir(box.root + folder, 0o755) }
    try box.write("k\n", to: "/home/eve/.ssh/authorized_keys")
    try box.write("k\n", to: "/home/li/.ssh/authorized_keys2")
    try box.write("k\n", to: "/etc/ssh/authorized_keys.d/eve")
    try box.write("PermitRootLogin yes\n", to: "/etc/ssh/sshd_config.d/99-x.conf")
    try box.write("# no\nDefaults x\n  eve ALL=(ALL) \\\n NOPASSWD: ALL\n", to: "/etc/sudoers.d/zz", mode: 0o440)
    let found = try box.host().unmanaged(owned: owned).map { "\($0.kind) \($0.name): \($0.detail)" }
    #expect(
      found == [
        "account eve: uid 1003, /bin/sh", "group club: gid 2000, 2 members listed",
        "group eve: gid 1003, 0 members listed",
        "keys /etc/ssh/authorized_keys.d/eve: a key file that is not writ's",
        "keys /home/eve/.ssh/authorized_keys: keys of eve's own",
        "keys /home/li/.ssh/authorized_keys2: keys of li's own",
        "sshd /etc/ssh/sshd_config.d/99-x.conf: a drop-in of sshd",
        "sudoers /etc/sudoers: root ALL=(ALL:ALL) ALL", "sudoers /etc/sudoers.d/zz: eve ALL=(ALL)   NOPASSWD: ALL",
      ])
    chmod(box.root + "/etc/passwd", 0o644)
    unlink(box.root + "/etc/shadow")
    #expect(throws: HostError.self) { try box.host().unmanaged(owned: owned) }
  }
}
