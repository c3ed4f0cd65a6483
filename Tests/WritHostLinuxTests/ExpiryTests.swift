import Glibc
import Testing
import WritApply
import WritPlan
import WritPolicy
import WritSystem
import WritTestSupport

@testable import WritHostLinux

@Suite(.enabled(if: isRoot, "needs root, or root of a user namespace, to give files away"))
struct ExpiryTests {
  private let end = Instant(rfc3339: "2026-12-31T16:00:00Z") ?? .distantPast

  private func prepared() throws -> Sandbox {
    let box = try Sandbox()
    let result = try box.apply([
      change(.create, .account, "li", account(20001, home: "/nonexistent", expires: "20819")),
      change(.create, .account, "wu", account(20002, home: "/nonexistent")),
      change(.create, .group, "team", members("li", "wu")), change(.create, .membership, "render/li", membership),
      change(
        .create, .ends, "writ",
        lines(
          "2026-12-31T16:00:00Z lock li", "2026-12-31T16:00:00Z remove acl /srv/out/wu li",
          "2026-12-31T16:00:00Z remove member render li", "2026-12-31T16:00:01Z remove member team li")),
    ])
    #expect(result.allOK, "\(result)")
    return box
  }

  @Test func `nothing is touched before the end, and at the end exactly what is due`() throws {
    let box = try prepared()
    let before = box.fingerprint()
    #expect(try Expiry(root: box.root).run(at: Instant(seconds: end.seconds - 1)) == Expiry.Outcome())
    #expect(box.fingerprint() == before)
    let outcome = try Expiry(root: box.root).run(at: end)
    #expect(outcome.failed.isEmpty && outcome.done.count == 2, "\(outcome)")
    #expect(
      box.text("/etc/group").contains("render:x:106:\n") && box.text("/etc/group").hasSuffix("team:x:50000:li,wu\n"))
    #expect(box.text("/etc/gshadow").contains("render:*::\n"))
    #expect(box.text("/etc/shadow").contains("li:!*::0:99999:7::20818:\n"))
    #expect(box.text("/var/lib/writ/expired").split(separator: "\n").count == 2)
    let after = box.fingerprint()
    #expect(try Expiry(root: box.root).run(at: end) == Expiry.Outcome())
    #expect(box.fingerprint() == after)
    #expect(try Expiry(root: box.root).run(at: Instant(seconds: end.seconds + 1)).done.count == 1)
    #expect(box.text("/etc/group").hasSuffix("team:x:50000:wu\n"))
  }

  @Test func `the timer comes with the ends, where it can run, and goes with them`() throws {
    let box = try Sandbox()
    let id = ObjectID(.ends, "writ")
    let wanted = lines("2026-12-31T16:00:00Z lock li")
    let units = ["writ-expire.service", "writ-expire.timer"].map { "/etc/systemd/system/" + $0 }
    let link = "/etc/systemd/system/timers.target.wants/writ-expire.timer"
    func live() throws -> Observed? { try box.live([id], desired: [id: wanted]).objects[id] }
    // Without systemd and the agent there is nothing that a unit could run.
    #expect(try box.apply([change(.create, .ends, "writ", wanted)]).allOK)
    #expect(try live() == .present(wanted) && !box.exists(units[1]))
    for folder in ["/etc/systemd", "/etc/systemd/system", "/usr", "/usr/local", "/usr/local/sbin"] {
      mkdir(box.root + folder, 0o755)
    }
    try box.write("", to: "/usr/local/sbin/writ-agent", mode: 0o775)
    #expect(try live() == .present(wanted))
    chmod(box.root + "/usr/local/sbin/writ-agent", 0o755)
    #expect(
      try live()?.state?.list("lines").prefix(2)
        == ["# found without writ-expire.service", "# found without writ-expire.timer"])
    #expect(try box.apply([change(.update, .ends, "writ", wanted)]).allOK)
    #expect(try live() == .present(wanted))
    #expect(box.text(units[0]).contains("\nExecStart=/usr/local/sbin/writ-agent expire\n"))
    if access("/usr/bin/systemd-analyze", X_OK) == 0 {
      // It misses units of the system in the sandbox; of ours it may say nothing with a line.
      let checked = try Program("/usr/bin/systemd-analyze", ["verify", "--root=\(box.root)", "writ-expire.timer"]).run()
      #expect(!checked.errorText.contains(#/writ-expire\.[a-z]+:\d+:/#), "\(checked.errorText)")
    }
    let before = box.fingerprint()
    #expect(try box.apply([change(.update, .ends, "writ", wanted)], by: box.host("other")).allOK)
    #expect(box.fingerprint() == before)
    // A link in a folder's place would lead out of the root.
    let (wants, kept) = (box.root + "/etc/systemd/system/timers.target.wants", box.root + "/kept")
    rename(wants, kept)
    symlink(kept, wants)
    #expect(throws: HostError.self) { try box.apply([change(.update, .ends, "writ", wanted)]) }
    unlink(wants)
    rename(kept, wants)
    // By hand: disabled, and edited.
    unlink(box.root + link)
    try box.write("[Service]\nExecStart=/bin/true\n", to: units[0])
    #expect(try live()?.state?.list("lines").count == 3)
    #expect(try box.apply([change(.update, .ends, "writ", wanted)]).allOK)
    #expect(try live() == .present(wanted))
    #expect(try box.apply([change(.remove, .ends, "writ", nil)]).allOK)
    #expect(!box.exists(units[0]) && !box.exists(units[1]) && !box.exists(link) && !box.exists("/etc/writ/ends"))
  }

  @Test func `an ACL entry goes from the whole tree and the rights of all others stay`() throws {
    let box = try prepared()
    mkdir(box.root + "/srv/out", 0o755)
    mkdir(box.root + "/srv/out/wu", 0o700)
    try box.write("x", to: "/srv/out/wu/f", mode: 0o600)
    try box.write("x", to: "/srv/out/wu/plain", mode: 0o640)
    let folder = box.root + "/srv/out/wu"
    func setfacl(_ arguments: String...) throws { #expect(try Program("/usr/bin/setfacl", arguments).run().succeeded) }
    func getfacl(_ path: String) throws -> String {
      try Program("/usr/bin/getfacl", ["-cnp", folder + path]).run().outputText
    }
    try setfacl("-m", "u:20001:rwx,u:20002:r-x", folder)
    try setfacl("-d", "-m", "u:20001:rwx", folder)
    try setfacl("-m", "u:20001:rw-,m::r--", folder + "/f")
    try setfacl("-m", "u:20002:r--", folder + "/plain")
    let plain = box.status("/srv/out/wu/plain")
    let outcome = try Expiry(root: box.root).run(at: end)
    #expect(outcome.failed.isEmpty && outcome.done.last?.contains("2 inodes") == true, "\(outcome)")
    #expect(
      try getfacl("")
        == "user::rwx\nuser:20002:r-x\ngroup::---\nmask::r-x\nother::---\ndefault:user::rwx\ndefault:group::---\ndefault:other::---\n\n"
    )
    #expect(try getfacl("/f") == "user::rw-\ngroup::---\nother::---\n\n")
    #expect(box.status("/srv/out/wu/plain").st_ctim.tv_nsec == plain.st_ctim.tv_nsec)
  }

  @Test func `where a group would give the account more, an entry stays that gives nothing`() throws {
    let list = TreeACL(mode: 0o770, users: [.init(7, 4), .init(8, 6)], groups: [])
    let without = try #require(list.without(user: 7))
    #expect(without == TreeACL(mode: 0o770, users: [.init(7, 0), .init(8, 6)], groups: []))
    #expect(!without.isWider(than: list) && without.without(user: 7) == nil)
    #expect(list.without(user: 9) == nil)
  }

  @Test func `what is no end is named, stops nothing, and gives nothing`() throws {
    let box = try prepared()
    let odd = [
      "2020-01-01T00:00:00Z add member sudo li", "2020-01-01T00:00:00 lock li", "2020-01-01T00:00:00Z lock ../x",
      "2020-01-01T00:00:00Z remove member a", "2020-01-01T00:00:00Z unlock li", "2020-01-01T00:00:00Z lock root",
    ]
    try box.write(
      (odd + ["2020-01-01T00:00:00Z remove member team wu"]).joined(separator: "\n"), to: "/etc/writ/ends", mode: 0o600)
    let shadow = box.text("/etc/shadow")
    let outcome = try Expiry(root: box.root).run(at: end)
    #expect(outcome.failed.count == odd.count && outcome.done.count == 1, "\(outcome)")
    #expect(box.text("/etc/shadow") == shadow)
    chmod(box.root + "/etc/writ/ends", 0o666)
    #expect(throws: HostError.self) { try Expiry(root: box.root).run(at: end) }
    unlink(box.root + "/etc/writ/ends")
    #expect(try Expiry(root: box.root).run(at: end) == Expiry.Outcome())
  }
}
