import Glibc
import Testing
import WritApply
import WritDigest
import WritPlan
import WritPolicy
import WritSystem
import WritTestSupport

@testable import WritHostLinux

@Suite(.enabled(if: isRoot, "needs root, or root of a user namespace, to give files away"))
struct SystemFileTests {
  /// A sandbox with an account to run as and a command that only root may change.
  private func prepared() throws -> Sandbox {
    let box = try Sandbox()
    mkdir(box.root + "/opt/bin", 0o755)
    try box.write("#!/bin/sh\n", to: "/opt/bin/train", mode: 0o755)
    #expect(
      try box.apply([
        change(.create, .account, "svc", account(19002, home: "/nonexistent")),
        change(.create, .account, "li", account(20001, home: "/nonexistent")),
      ]).allOK)
    return box
  }

  private let rule = #"li ALL=(svc) NOTAFTER=20261231155959Z NOPASSWD: /opt/bin/train """#

  // MARK: sudoers

  /// For sudo a pattern ends at its first `$`, and what follows a comma or colon was another command that nobody judged.
  @Test(arguments: [
    "^a$, /bin/sh ^b$", "^[$, /bin/sh ^b]$", "^a$:ALL=(root) /bin/sh ^b$", "^a#b$", "a, /bin/sh",
    "a:ALL=(root) /bin/sh",
    "a*", #"a\"#,
  ])
  func `a line with more than one command is not understood`(_ arguments: String) {
    #expect(SudoersRule("li ALL=(svc) NOPASSWD: /opt/bin/train \(arguments)") == nil)
  }

  @Test(arguments: ["", #""""#, "^--config=[a-z:,]+$", #"a\,b c\=d e"f"#])
  func `arguments of one command are understood`(_ arguments: String) {
    #expect(SudoersRule("li ALL=(svc) NOPASSWD: /opt/bin/train \(arguments)")?.command == "/opt/bin/train")
  }

  @Test func `rules are written, read back and taken away`() throws {
    let box = try prepared()
    let id = ObjectID(.sudoers, "writ")
    let result = try box.apply([change(.create, .sudoers, "writ", lines(rule))])
    #expect(result.allOK, "\(result)")
    #expect(box.text("/etc/sudoers.d/writ").hasPrefix("# writ policy c0ffee\n# writ "))
    #expect(box.status("/etc/sudoers.d/writ").permissions == 0o440)
    #expect(try box.live([id]).objects[id] == .present(lines(rule)))
    let before = box.fingerprint()
    #expect(try box.apply([change(.create, .sudoers, "writ", lines(rule))], by: box.host("other")).allOK)
    #expect(box.fingerprint() == before)
    #expect(!box.exists("/var/lib/writ/previous/etc-sudoers.d-writ"))
    #expect(try box.apply([change(.remove, .sudoers, "writ", nil)]).allOK)
    #expect(!box.exists("/etc/sudoers.d/writ"))
    #expect(try box.live([id]).objects[id] == .absent)
  }

  @Test func `a program that is not the pinned one is told, and not mended`() throws {
    let box = try prepared()
    let id = ObjectID(.sudoers, "writ")
    let digest = Digest(of: Array("#!/bin/sh\n".utf8)).hex
    let pinned = rule.replacing("NOPASSWD: ", with: "NOPASSWD: LOG_OUTPUT: sha256:\(digest) ")
    #expect(SudoersRule(pinned)?.sha256 == digest && SudoersRule(pinned)?.command == "/opt/bin/train")
    let result = try box.apply([change(.create, .sudoers, "writ", lines(pinned))])
    #expect(result.allOK, "\(result)")
    #expect(try box.live([id]).notices.isEmpty)
    try box.write("#!/bin/sh\necho other\n", to: "/opt/bin/train", mode: 0o755)
    let live = try box.live([id])
    #expect(live.objects[id] == .present(lines(pinned)))
    let other = Digest(of: Array("#!/bin/sh\necho other\n".utf8)).hex
    #expect(live.notices.map(\.text).filter { $0.contains("sudo refuses it") && $0.contains(other) }.count == 1)
    // A digest of another length is another thing.
    #expect(SudoersRule(pinned.replacing(digest, with: String(digest.dropLast()))) == nil)
  }

  @Test func `a mode that sudo passes over is drift`() throws {
    let box = try prepared()
    let id = ObjectID(.sudoers, "writ")
    #expect(try box.apply([change(.create, .sudoers, "writ", lines(rule))]).allOK)
    chmod(box.root + "/etc/sudoers.d/writ", 0o666)
    let found = try box.live([id]).objects[id]?.state?.list("lines") ?? []
    #expect(found == ["# found with owner 0, group 0, mode 0666", rule])
    #expect(try box.apply([change(.update, .sudoers, "writ", lines(rule), before: lines(rule))]).allOK)
    #expect(box.status("/etc/sudoers.d/writ").permissions == 0o440)
  }

  @Test func `what visudo refuses leaves the old file`() throws {
    let box = try prepared()
    #expect(try box.apply([change(.create, .sudoers, "writ", lines(rule))]).allOK)
    let before = box.text("/etc/sudoers.d/writ")
    // Judged by writ to be a rule, and by visudo to be none: the time does not exist.
    let broken = "li ALL=(svc) NOTAFTER=2026 NOPASSWD: /opt/bin/train"
    let result = try box.apply([change(.update, .sudoers, "writ", lines(rule, broken))])
    #expect(result["sudoers writ"]?.failure.contains("visudo refuses it") == true, "\(result)")
    #expect(box.text("/etc/sudoers.d/writ") == before)
  }

  @Test func `a fault of somebody else's file stops no revocation, and an alias given twice is found`() throws {
    let box = try prepared()
    let other = rule.replacing("li ", with: "svc ").replacing("(svc)", with: "(li)")
    #expect(try box.apply([change(.create, .sudoers, "writ", lines(rule, other))]).allOK)
    try box.write("this is broken\n", to: "/etc/sudoers.d/zz", mode: 0o440)
    let result = try box.apply([
      change(.update, .sudoers, "writ", lines(rule), before: lines(rule, other), phase: .revoke)
    ])
    #expect(result.allOK, "\(result)")
    #expect(!box.text("/etc/sudoers.d/writ").contains("svc ALL"))
  }

  @Test func `a file that sudo never reads is not written`() throws {
    let box = try prepared()
    try box.write("root ALL=(ALL:ALL) ALL\n", to: "/etc/sudoers", mode: 0o440)
    let result = try box.apply([change(.create, .sudoers, "writ", lines(rule))])
    #expect(result["sudoers writ"]?.failure.contains("includes no folder") == true)
    #expect(!box.exists("/etc/sudoers.d/writ"))
  }

  struct Refusal: Sendable {
    var name: String
    var line: String
    var reason: String
  }

  @Test(arguments: [
    Refusal(name: "as root", line: #"li ALL=(root) NOPASSWD: /opt/bin/train """#, reason: "run-as: root"),
    Refusal(
      name: "as anybody", line: #"li ALL=(ALL) NOPASSWD: /opt/bin/train """#, reason: "no rule that writ can judge"),
    Refusal(name: "as nobody there", line: #"li ALL=(nemo) NOPASSWD: /opt/bin/train """#, reason: "no account nemo"),
    Refusal(name: "anything", line: "li ALL=(svc) NOPASSWD: ALL", reason: "no rule that writ can judge"),
    Refusal(name: "by wildcard", line: "li ALL=(svc) NOPASSWD: /opt/bin/*", reason: "no rule that writ can judge"),
    Refusal(
      name: "two commands", line: "li ALL=(svc) NOPASSWD: /opt/bin/train, /bin/sh",
      reason: "no rule that writ can judge"),
    Refusal(name: "a default", line: "Defaults !env_reset", reason: "no rule that writ can judge"),
    Refusal(name: "a group", line: "%sudo ALL=(svc) NOPASSWD: /opt/bin/train", reason: "no rule that writ can judge"),
    Refusal(name: "not there", line: #"li ALL=(svc) NOPASSWD: /opt/bin/gone """#, reason: "not there"),
    Refusal(name: "a folder", line: #"li ALL=(svc) NOPASSWD: /opt/bin """#, reason: "no file that can be run"),
  ])
  func `a rule that the host does not let through is refused`(_ refusal: Refusal) throws {
    let box = try prepared()
    let wanted = change(.create, .sudoers, "writ", lines(refusal.line))
    guard case .blocked(let reason) = box.host().readiness(of: wanted) else {
      Issue.record("\(refusal.name) is let through")
      return
    }
    #expect(reason.contains(refusal.reason), "\(reason)")
    #expect(try box.apply([wanted]).noneOK)
    #expect(!box.exists("/etc/sudoers.d/writ"))
  }

  @Test func `a command that others can change is refused, whatever leads there`() throws {
    let box = try prepared()
    let wanted = change(.create, .sudoers, "writ", lines(rule))
    func blocked(_ part: String) -> Bool {
      if case .blocked(let reason) = box.host().readiness(of: wanted) { reason.contains(part) } else { false }
    }
    #expect(!blocked(""))
    chmod(box.root + "/opt/bin/train", 0o775)
    #expect(blocked("/opt/bin/train"))
    chmod(box.root + "/opt/bin/train", 0o755)
    chmod(box.root + "/opt", 0o777)
    #expect(blocked("/opt"))
    chmod(box.root + "/opt", 0o755)
    chown(box.root + "/opt/bin", 20001, 0)
    #expect(blocked("20001"))
    // The run-as account itself may: it can do nothing as itself that it could not do anyway.
    chown(box.root + "/opt/bin", 19002, 0)
    #expect(!blocked(""))
    chown(box.root + "/opt/bin", 0, 0)
    rename(box.root + "/opt/bin/train", box.root + "/opt/real")
    symlink("/opt/real", box.root + "/opt/bin/train")
    #expect(!blocked(""))
    chmod(box.root + "/opt/real", 0o757)
    #expect(blocked("/opt/real"))
    chmod(box.root + "/opt/real", 0o755)
    mkdir(box.root + "/bin", 0o755)
    try box.write("", to: "/bin/sh", mode: 0o777)
    #expect(blocked("/bin/sh"))
  }

  // MARK: sshd

  private let dropIn = ["AllowGroups root writ-login", "Match Group writ-login", "    PasswordAuthentication no"]

  @Test func `the drop-in is accepted by sshd, read back and taken away`() throws {
    let box = try Sandbox()
    let id = ObjectID(.sshd, "writ")
    let wanted = ObjectState(["lines": .lines(dropIn)])
    let result = try box.apply([change(.create, .sshd, "writ", wanted)])
    #expect(result.allOK, "\(result)")
    #expect(try box.live([id], desired: [id: wanted]).objects[id] == .present(wanted))
    #expect(box.status("/etc/ssh/sshd_config.d/00-writ.conf").permissions == 0o644)
    let before = box.fingerprint()
    #expect(try box.apply([change(.create, .sshd, "writ", wanted)], by: box.host("other")).allOK)
    #expect(box.fingerprint() == before)
    #expect(try box.apply([change(.remove, .sshd, "writ", nil)]).allOK)
    #expect(!box.exists("/etc/ssh/sshd_config.d/00-writ.conf"))
  }

  @Test func `what sshd refuses leaves the old file, also inside Match`() throws {
    let box = try Sandbox()
    #expect(try box.apply([change(.create, .sshd, "writ", ObjectState(["lines": .lines(dropIn)]))]).allOK)
    let before = box.text("/etc/ssh/sshd_config.d/00-writ.conf")
    for bad in ["AllowGroup writ-login", "Match Group x\n", "    PermitTTY perhaps"] {
      let result = try box.apply([
        change(.update, .sshd, "writ", ObjectState(["lines": .lines(dropIn + [bad])]))
      ])
      #expect(result.noneOK)
    }
    #expect(box.text("/etc/ssh/sshd_config.d/00-writ.conf") == before)
  }

  @Test func `a drop-in that sshd never reads is not written`() throws {
    let box = try Sandbox()
    try box.write("UsePAM yes\n", to: "/etc/ssh/sshd_config")
    let result = try box.apply([change(.create, .sshd, "writ", ObjectState(["lines": .lines(dropIn)]))])
    #expect(result["sshd writ"]?.failure.contains("does not include") == true)
  }

  @Test func `groups of the host's limits are never shut out`() throws {
    let box = try Sandbox()
    try box.write("keep-login: root rescue\n", to: "/etc/writ/limits")
    let id = ObjectID(.sshd, "writ")
    let wanted = ObjectState(["lines": .lines(dropIn)])
    #expect(try box.apply([change(.create, .sshd, "writ", wanted)]).allOK)
    #expect(box.text("/etc/ssh/sshd_config.d/00-writ.conf").contains("\nAllowGroups rescue\n"))
    #expect(try box.live([id], desired: [id: wanted]).objects[id] == .present(wanted))
    try box.write("keep-login: root other\n", to: "/etc/writ/limits")
    #expect(try box.live([id], desired: [id: wanted]).objects[id] != .present(wanted))
    #expect(try box.apply([change(.update, .sshd, "writ", wanted)]).allOK)
    #expect(try box.live([id], desired: [id: wanted]).objects[id] == .present(wanted))
  }

  @Test func `whoever keeps a login is not shut out, whatever the drop-in says`() throws {
    let box = try prepared()
    try box.write("keep-login: root rescue\n", to: "/etc/writ/limits")
    #expect(try box.apply([change(.create, .group, "rescue", members("li"))]).allOK)
    #expect(try box.apply([change(.create, .sshd, "writ", ObjectState(["lines": .lines(dropIn)]))]).allOK)
    let before = box.text("/etc/ssh/sshd_config.d/00-writ.conf")
    let shut = change(.update, .sshd, "writ", ObjectState(["lines": .lines(["DenyUsers li"])]))
    let result = try box.apply([shut])
    #expect(result["sshd writ"]?.failure.contains("li could not log in any more") == true, "\(result)")
    #expect(box.text("/etc/ssh/sshd_config.d/00-writ.conf") == before)
    // Whom nothing keeps may be shut out.
    #expect(try box.apply([change(.update, .group, "rescue", members())]).allOK)
    #expect(try box.apply([shut]).allOK)
  }

  /// An account that was made a moment ago has nothing to log in by: its key and its membership wait for the drop-in.
  @Test func `an account without password and keys is shut out by nothing, one with a key is`() throws {
    let box = try prepared()
    let id = ObjectID(.group, DesiredState.loginGroup)
    let desired = DesiredState([id: DesiredState.Entry(members("li"), causes: [Cause(.granted, "test")])])
    func apply(_ changes: Change...) throws -> [String: ChangeResult.Status] {
      let host = box.host()
      _ = try host.readLive(Scope(owned: [], desired: desired, base: DesiredState()))
      return try box.apply(changes, by: host)
    }
    let wanted = ObjectState(["lines": .lines(dropIn)])
    #expect(try apply(change(.create, .sshd, "writ", wanted)).allOK)
    #expect(try apply(change(.remove, .sshd, "writ", nil)).allOK)
    #expect(try apply(change(.create, .keys, "li", lines("restrict,pty ssh-ed25519 AAAA li"))).allOK)
    let result = try apply(change(.create, .sshd, "writ", wanted))
    #expect(result["sshd writ"]?.failure.contains("li could not log in any more") == true, "\(result)")
    #expect(!box.exists("/etc/ssh/sshd_config.d/00-writ.conf"))
  }

  // MARK: keys and the host itself

  @Test func `keys are written for an account that exists, and a file of somebody else's is foreign`() throws {
    let box = try prepared()
    let key = "restrict,pty ssh-ed25519 AAAA li"
    #expect(try box.apply([change(.create, .keys, "nemo", lines(key))]).noneOK)
    #expect(try box.apply([change(.create, .keys, "li", lines(key))]).allOK)
    let file = box.status("/etc/ssh/authorized_keys.d/li")
    #expect(file.permissions == 0o644 && file.st_uid == 0)
    let id = ObjectID(.keys, "li")
    #expect(try box.live([id]).objects[id] == .present(lines(key)))
    try box.write("ssh-ed25519 BBBB\n", to: "/etc/ssh/authorized_keys.d/li")
    #expect(try box.live([id]).objects[id] == .foreign(lines("ssh-ed25519 BBBB")))
    #expect(try box.apply([change(.update, .keys, "../../passwd", lines(key))]).noneOK)
    let injected = try box.apply([change(.create, .keys, "svc", lines("a\nssh-ed25519 CCCC"))])
    #expect(injected.noneOK && !box.exists("/etc/ssh/authorized_keys.d/svc"))
  }

  @Test func `a folder without its mark, or with another's, is no host`() throws {
    let box = try Sandbox()
    let scope = Scope(owned: [], desired: DesiredState(), base: DesiredState())
    _ = try box.host().readLive(scope)
    let other = try #require(HostName(validating: "other"))
    #expect(throws: HostError.self) {
      try LinuxHost(name: other, root: box.root, policyCommit: "c").readLive(scope)
    }
    #expect(throws: HostError.self) { try LinuxHost.initialise(root: box.root, name: other) }
    unlink(box.root + "/etc/writ/host")
    #expect(throws: HostError.notMarked(path: box.root)) { try box.host().readLive(scope) }
    // Of this machine the policy names no key.
    #expect(throws: HostError.self) {
      try LinuxHost(name: other, root: "/", policyCommit: "c", hostKeys: ["ssh-ed25519 AAAA"]).readLive(scope)
    }
    #expect(throws: HostError.self) { try LinuxHost(name: other, root: "/", policyCommit: "c").readLive(scope) }
  }

  @Test func `making a root twice changes nothing of the first`() throws {
    let box = try Sandbox()
    try box.write("root:x:0:0:changed:/root:/bin/sh\n", to: "/etc/passwd")
    let before = box.fingerprint()
    try LinuxHost.initialise(root: box.root, name: box.name)
    #expect(box.fingerprint() == before)
  }

  @Test func `the head of the ledger comes back as it was left`() throws {
    let box = try Sandbox()
    #expect(try box.host().readHead() == nil)
    let head = LedgerHead(origin: "example.com/lab \"x\"", size: 41, root: Digest(of: "a"))
    try box.host().leaveHead(head)
    #expect(try box.host().readHead() == head)
    let before = box.fingerprint()
    try box.host().leaveHead(head)
    #expect(box.fingerprint() == before)
    try box.write("{}\n", to: "/var/lib/writ/head")
    #expect(throws: HostError.self) { try box.host().readHead() }
  }
}
