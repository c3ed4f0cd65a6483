import Glibc
import Testing
import WritApply
import WritPlan
import WritPolicy
import WritSyntax
import WritSystem

@testable import WritHostLinux

/// A backup from the change that makes it to the one that takes it away.
@Suite(.enabled(if: isRoot, "needs root, or root of a user namespace, to give files away"))
struct BackupUnitTests {
  private let id = BackupSandbox.id

  private func withAgent(_ box: Sandbox) throws {
    try HostRoot(box.root).makeFolder("/etc/systemd/system")
    try HostRoot(box.root).makeFolder("/usr/local/sbin")
    try box.write("#!/bin/sh\n", to: "/usr/local/sbin/writ-agent", mode: 0o755)
  }

  @Test func `file, folder and units are made, kept and taken away, and the snapshots stay`() throws {
    let box = try Sandbox()
    try withAgent(box)
    let wanted = BackupSandbox.state(every: "36h")
    #expect(box.host().readiness(of: change(.create, .backup, "t", wanted)) == .ready)
    #expect(try box.apply([change(.create, .backup, "t", wanted)]).allOK)
    #expect(box.text("/etc/writ/backups/t").hasSuffix("\ntree /srv/t\nto /srv/backup/t\nevery 36h\nkeep 3\n"))
    #expect(box.status("/etc/writ/backups/t").permissions == 0o600)
    #expect(box.status("/srv/backup/t").permissions == 0o700 && box.status("/srv/backup").permissions == 0o755)
    let service = box.text("/etc/systemd/system/writ-backup-t.service")
    #expect(service.contains("\nExecStart=/usr/local/sbin/writ-agent backup --if-due t\n"))
    #expect(box.text("/etc/systemd/system/writ-backup-t.timer").contains("\nOnCalendar=*:00/15\n"))
    #expect(box.exists("/etc/systemd/system/timers.target.wants/writ-backup-t.timer"))
    let live = try box.live([id], desired: [id: wanted])
    #expect(live.objects[id] == .present(wanted) && live.notices == [])
    let before = box.fingerprint()
    #expect(try box.apply([change(.create, .backup, "t", wanted)], by: box.host("other")).allOK)
    #expect(box.fingerprint() == before)
    try HostRoot(box.root).makeFolder("/srv/t")
    _ = try TreeBackup(root: box.root).run("t", at: BackupSandbox.start)
    #expect(try box.apply([change(.remove, .backup, "t", nil, before: wanted, phase: .revoke)]).allOK)
    #expect(!box.exists("/etc/writ/backups/t") && !box.exists("/etc/systemd/system/writ-backup-t.service"))
    #expect(!box.exists("/etc/systemd/system/timers.target.wants/writ-backup-t.timer"))
    #expect(try HostRoot(box.root).names(in: "/srv/backup/t") == [BackupFolder.name(at: BackupSandbox.start)])
    #expect(try box.live([id]).objects[id] == .absent)
  }

  @Test(arguments: [
    ("/etc/systemd/system/writ-backup-t.timer", "+ without writ-backup-t.timer"),
    ("/etc/systemd/system/timers.target.wants/writ-backup-t.timer", "+ without writ-backup-t.timer"),
    ("/etc/systemd/system/writ-backup-t.service", "+ without writ-backup-t.service"),
    ("/srv/backup/t", "+ /srv/backup/t is missing"),
  ])
  func `what hands took away is drift, and an apply puts it back`(_ path: String, _ fault: String) throws {
    let box = try Sandbox()
    try withAgent(box)
    let wanted = BackupSandbox.state()
    #expect(try box.apply([change(.create, .backup, "t", wanted)]).allOK)
    #expect(remove(box.root + path) == 0)
    #expect(try box.live([id], desired: [id: wanted]).objects[id]?.state?.list("faults") == [fault])
    #expect(try box.apply([change(.update, .backup, "t", wanted, before: wanted)]).allOK)
    #expect(try box.live([id], desired: [id: wanted]).objects[id] == .present(wanted))
  }

  @Test func `edits by hand are drift, and an open folder is shut with the revocations`() throws {
    let box = try Sandbox()
    try withAgent(box)
    let wanted = BackupSandbox.state()
    #expect(try box.apply([change(.create, .backup, "t", wanted)]).allOK)
    for (path, old, new) in [
      ("/etc/systemd/system/writ-backup-t.service", "--if-due t", "--if-due u"),
      ("/etc/writ/backups/t", "keep 3", "keep 1"),
      ("/etc/writ/backups/t", "keep 3", "keep 3\nrun /bin/sh"),
    ] {
      let text = box.text(path)
      try box.write(text.replacing(old, with: new), to: path, mode: path.hasPrefix("/etc/writ") ? 0o600 : 0o644)
      #expect(try box.live([id], desired: [id: wanted]).objects[id] != .present(wanted), "\(new)")
      #expect(try box.apply([change(.update, .backup, "t", wanted, before: wanted)]).allOK)
      #expect(box.text(path) == text)
    }
    chmod(box.root + "/srv/backup/t", 0o755)
    let found = try #require(try box.live([id], desired: [id: wanted]).objects[id]?.state)
    #expect(found.list("faults").first?.hasPrefix("- /srv/backup/t has owner 0, group 0, mode 0755") == true)
    #expect(try box.apply([change(.update, .backup, "t", wanted, before: found, phase: .revoke)]).allOK)
    #expect(box.status("/srv/backup/t").permissions == 0o700)
  }

  @Test func `a host says no to folders outside its limits, to those with other things, and to open ways`() throws {
    let box = try Sandbox()
    func refusal(_ state: ObjectState) -> String {
      if case .blocked(let reason) = box.host().readiness(of: change(.create, .backup, "t", state)) { return reason }
      return ""
    }
    #expect(refusal(BackupSandbox.state(to: "/mnt/b")).contains("trees: /opt /srv /data /mnt"))
    #expect(refusal(BackupSandbox.state(to: "/srv/t/b")).contains("no backup that writ can take"))
    #expect(refusal(BackupSandbox.state(to: "/srv/../etc")).contains("no backup that writ can take"))
    try HostRoot(box.root).makeFolder("/srv/backup/t/things")
    #expect(refusal(BackupSandbox.state()).contains("holds things, which is no snapshot"))
    rmdir(box.root + "/srv/backup/t/things")
    #expect(refusal(BackupSandbox.state()) == "")
    chmod(box.root + "/srv/backup", 0o777)
    #expect(refusal(BackupSandbox.state()).contains("somebody but root may write to backup above it"))
    #expect(try box.apply([change(.create, .backup, "t", BackupSandbox.state())]).noneOK)
    try box.write("someone's own\n", to: "/etc/writ/backups-t")
    #expect(!box.exists("/etc/writ/backups/t"))
  }

  @Test func `where no timer can be, that is said, and so is what is overdue`() throws {
    let sandbox = try BackupSandbox()
    let desired = [id: BackupSandbox.state()]
    let notices = try sandbox.box.live([id], desired: desired).notices
    #expect(
      notices.count == 1 && notices[0].text.hasPrefix("no timer takes snapshots here, `writ-agent backup t` does"))
    // Told long ago, and still there is none.
    try sandbox.bash("touch -d '3 days ago' etc/writ/backups/t")
    var found = try sandbox.box.live([id], desired: desired).notices.filter { $0.finding == .backupOverdue }
    #expect(found.map(\.text) == ["there is no whole snapshot, and one is wanted every 1d"])
    _ = try sandbox.backup.run("t", at: SystemClock.now())
    found = try sandbox.box.live([id], desired: desired).notices.filter { $0.finding != nil }
    #expect(found == [])
    try sandbox.bash("mv srv/backup/t/2* srv/backup/t/20200101T000000Z")
    found = try sandbox.box.live([id], desired: desired).notices.filter { $0.finding != nil }
    #expect(found.map(\.text) == ["the newest whole snapshot, 20200101T000000Z, is older than the 1d that is wanted"])
  }
}
