import Glibc
import Testing
import WritApply
import WritPlan
import WritSyntax
import WritSystem

@testable import WritHostLinux

@Suite(.enabled(if: isRoot, "needs root, or root of a user namespace, to give files away"))
struct AuditTests {
  private let id = ObjectID(.audit, "writ")
  private let rule = "-a always,exit -F arch=b64 -F dir=/srv -F perm=wa -F key=k"

  // MARK: rules as fields

  /// As written, and as kernels of different age list it.
  @Test(arguments: [
    "-a always,exit -S all -F arch=b64 -F dir=/srv -F perm=aw -F key=k",
    "-a exit,always -F arch=b64 -S all -F dir=/srv/ -F perm=wa -k k",
    "-a  always,exit -F perm=wa -F key=k -F dir=/srv -F arch=b64",
  ])
  func `one rule is one rule however it is listed`(_ listed: String) {
    #expect(AuditRule(listed) == AuditRule(rule))
  }

  @Test(arguments: [
    "-a never,exit -F arch=b64 -F dir=/srv -F perm=wa -F key=k", "-w /srv -p wa -k k",
    "-a always,exit -F arch=b32 -F dir=/srv -F perm=wa -F key=k",
    "-a always,exit -F arch=b64 -F dir=/srv -F perm=a -F key=k",
    "-a always,exit -F arch=b64 -F dir=/srv -F perm=wa -F auid>=1000 -F key=k",
    "-a always,exit -F arch=b64 -F dir=/srv2 -F perm=wa -F key=k",
    "-a always,exit -S openat -F arch=b64 -F dir=/srv -F perm=wa -F key=k",
  ])
  func `a rule that writes down less or other things is another one`(_ listed: String) {
    #expect(AuditRule(listed) != nil && AuditRule(listed) != AuditRule(rule))
  }

  @Test func `an old watch is the same as its fields, and a setting is no rule`() {
    #expect(
      AuditRule("-w /etc/passwd -p wa -k k") == AuditRule("-a always,exit -F path=/etc/passwd -F perm=wa -F key=k"))
    for text in ["# -a never,task", "-b 8192", "-e 2", "-D", "", "No rules", "-a always"] {
      #expect(AuditRule(text) == nil)
    }
    #expect(AuditRule("-a never,task")?.silencesAll == true && AuditRule("-a task,never")?.silencesAll == true)
    #expect(AuditRule("-a never,exclude -F msgtype=CWD")?.silencesAll == false)
  }

  // MARK: the file

  @Test func `rules are staged in a folder, read back, kept and taken away`() throws {
    let box = try Sandbox()
    let path = "/etc/audit/rules.d/60-writ.rules"
    #expect(try box.apply([change(.create, .audit, "writ", lines(rule))]).allOK)
    #expect(box.text(path).hasSuffix("\n\(rule)\n") && box.status(path).permissions == 0o640)
    let live = try box.live([id], desired: [id: lines(rule)])
    #expect(live.objects[id] == .present(lines(rule)))
    #expect(live.notices.map(\.text) == ["the rules are staged, not loaded: a folder has no kernel of its own"])
    let before = box.fingerprint()
    #expect(try box.apply([change(.create, .audit, "writ", lines(rule))], by: box.host("other")).allOK)
    #expect(box.fingerprint() == before)
    try box.write(box.text(path).replacing("perm=wa", with: "perm=a"), to: path, mode: 0o640)
    #expect(try box.live([id]).objects[id] != .present(lines(rule)))
    #expect(try box.apply([change(.remove, .audit, "writ", nil)]).allOK && !box.exists(path))
  }

  @Test func `a watch of what is not there, and a line that is no rule, leave the old file`() throws {
    let box = try Sandbox()
    #expect(try box.apply([change(.create, .audit, "writ", lines(rule))]).allOK)
    let before = box.fingerprint()
    for bad in [
      rule.replacing("/srv", with: "/gone"), rule.replacing("dir=/srv", with: "dir=/etc/passwd"), "-e 0", "-D",
      rule.replacing("dir=/srv", with: "path=/gone/x"), "-a never,task",
    ] {
      #expect(try box.apply([change(.update, .audit, "writ", lines(rule, bad))]).noneOK, "\(bad)")
    }
    #expect(box.fingerprint() == before)
  }

  @Test func `a rule that silences everything is a finding`() throws {
    let box = try Sandbox()
    #expect(try box.apply([change(.create, .audit, "writ", lines(rule))]).allOK)
    try box.write("# -a never,task\n", to: "/etc/audit/rules.d/00.rules")
    #expect(try box.live([id], desired: [id: lines(rule)]).notices.allSatisfy { $0.finding == nil })
    try box.write("-b 8192\n-a task,never\n", to: "/etc/audit/rules.d/10-distribution.rules")
    let found = try box.live([id], desired: [id: lines(rule)]).notices.filter { $0.finding == .auditSilenced }
    #expect(
      found.map(\.text) == ["/etc/audit/rules.d/10-distribution.rules holds `-a never,task`, so nothing is audited"])
  }

  // MARK: the kernel, played by scripts

  /// A kernel in a folder: `augenrules --load` takes the file over unless it is told not to.
  private func playing(_ box: Sandbox, enabled: Int = 1, pid: Int = 77, takes: Bool = true) throws -> AuditRules {
    try box.write(
      """
      #!/bin/sh
      if [ "$1" = -s ]; then printf 'enabled \(enabled)\nfailure 1\npid \(pid)\nlost 3\n'; else cat \(box.root)/loaded; fi
      """, to: "/auditctl", mode: 0o755)
    try box.write(
      "#!/bin/sh\n"
        + (takes
          ? "sed 's/-F arch/-S all -F arch/' \(box.root)/etc/audit/rules.d/60-writ.rules >\(box.root)/loaded\n" : ""),
      to: "/augenrules", mode: 0o755)
    if !box.exists("/loaded") { try box.write("", to: "/loaded") }
    return AuditRules(
      root: HostRoot(box.root), auditctl: box.root + "/auditctl", augenrules: box.root + "/augenrules", isLive: true)
  }

  @Test func `what the kernel says is told apart`() throws {
    let box = try Sandbox()
    #expect(try playing(box, pid: 0).kernel() == .none("no audit daemon runs"))
    #expect(try playing(box, enabled: 2).kernel() == .audits(isLocked: true, lost: 3, rules: []))
    try box.write("-a never,task\n", to: "/loaded")
    guard case .audits(false, 3, let rules) = try playing(box).kernel() else {
      Issue.record("no kernel")
      return
    }
    #expect(rules.filter(\.silencesAll).count == 1)
    try box.write("#!/bin/sh\nexit 1\n", to: "/auditctl", mode: 0o755)
    let broken = AuditRules(
      root: HostRoot(box.root), auditctl: box.root + "/auditctl", augenrules: "/bin/false", isLive: true)
    #expect(broken.kernel() == .none("auditctl cannot ask the kernel"))
    let absent = AuditRules(
      root: HostRoot(box.root), auditctl: box.root + "/none", augenrules: "/bin/false", isLive: true)
    #expect(absent.kernel() == .none("auditctl is not installed"))
  }

  @Test func `rules are loaded where a daemon runs, and a kernel that does not take them is noticed`() throws {
    let box = try Sandbox()
    #expect(try box.apply([change(.create, .audit, "writ", lines(rule))]).allOK)
    try playing(box).load()
    guard case .audits(_, _, let rules) = try playing(box).kernel() else {
      Issue.record("no kernel")
      return
    }
    #expect(try playing(box).missing(rules) == [])
    try box.write("-w /srv -p a -k k\n", to: "/loaded")
    #expect(throws: HostError.self) { try playing(box, takes: false).load() }
    // What is locked is left alone, and so is what no daemon reads.
    try playing(box, enabled: 2, takes: false).load()
    try playing(box, pid: 0, takes: false).load()
  }
}
