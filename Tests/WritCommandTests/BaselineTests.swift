import Glibc
import Testing
import WritDigest
import WritSystem
import WritTestSupport

/// Host baselines from the policy to the host and back.
@Suite(.enabled(if: World.isRoot, "needs root: gives files to accounts"))
struct BaselineTests {
  private static let baseline = """
    host-baselines:
      shared-gpu: { hosts: [gpu], umask: "027", jupyter: { bind: loopback, port: 8888 } }

    """

  private func text(_ world: World, _ path: String) throws -> String {
    String(decoding: try FileContents.read(world.host + path), as: UTF8.self)
  }

  @Test func `a baseline is planned, applied, kept and taken away`() throws {
    let world = try World.withSmallPolicy()
    try world.expect(0, "apply", "--bootstrap")
    let session = try text(world, "/etc/pam.d/common-session")
    try world.commit(World.small + Self.baseline, "Add a baseline")
    let plan = try world.expect(2, "plan", "--detailed-exitcode").output
    #expect(plan.contains("+ umask      common-session\n") && plan.contains("because host baseline shared-gpu"))
    #expect(plan.contains("+ jupyter    server\n") && plan.contains("4 changes: 4 to create"))
    #expect(try text(world, "/etc/pam.d/common-session") == session)
    try world.expect(0, "apply")
    #expect(try text(world, "/etc/pam.d/common-session").contains("umask=027 nousergroups  # writ\n"))
    #expect(try world.expect(0, "plan", "--detailed-exitcode").output.contains("nothing to change"))
    try world.expect(0, "drift")
    try FileContents.replace(
      world.host + "/etc/jupyter/jupyter_notebook_config.py",
      with: Array((try text(world, "/etc/jupyter/jupyter_notebook_config.py") + "c.NotebookApp.ip = '*'\n").utf8),
      mode: 0o644)
    let drift = try world.expect(2, "drift").output
    #expect(drift.contains("jupyter    notebook  (drift)") && drift.contains("which count instead"))
    try world.expect(0, "apply")
    try world.expect(0, "drift")
    try world.commit(World.small, "Take it away")
    try world.expect(0, "apply")
    #expect(try text(world, "/etc/pam.d/common-session") == session)
    #expect(access(world.host + "/etc/jupyter/jupyter_server_config.py", F_OK) != 0)
    #expect(try text(world, "/etc/jupyter/jupyter_notebook_config.py") == "c.NotebookApp.ip = '*'\n")
  }

  @Test func `who listens for other machines is a finding, and no apply mends it`() throws {
    let world = try World.withSmallPolicy()
    try world.commit(World.small + Self.baseline)
    try world.expect(0, "apply", "--bootstrap")
    for folder in ["/proc", "/proc/net"] { mkdir(world.host + folder, 0o755) }
    let table = "  sl ...\n   0: 00000000:22B8 00000000:0000 0A 0:0 0:0 0 20002 0 77 1\n"
    try FileContents.replace(world.host + "/proc/net/tcp", with: Array(table.utf8), mode: 0o444)
    let drift = try world.expect(2, "drift").output
    #expect(drift.contains("account bob: listens on 0.0.0.0:8888"))
    #expect(drift.contains("(finding: writ explain open-listener)") && drift.contains("no drift; 1 finding\n"))
    let json = try world.expect(2, "drift", "--format", "json").output
    let document = try JSONValue(canonicalLine: Array(json.utf8)).object
    let notices = document?["targets"]?.array?.first?.object?["notices"]?.array
    #expect(notices?.contains { $0.object?["finding"]?.string == "open-listener" } == true)
    #expect(try world.expect(0, "explain", "open-listener").output.contains("127.0.0.1"))
    // It is no change, so it keeps no apply from being complete.
    #expect(try world.expect(0, "plan", "--detailed-exitcode").output.contains("nothing to change"))
    try world.expect(0, "apply")
  }

  // MARK: watches, and who it was

  @Test func `a watched tree has its rules on the host, and a change by hand has a name`() throws {
    let world = try World.withSmallPolicy()
    try world.commit(World.small.replacing("group: readers }", with: "group: readers, watch: envs_write }"))
    try world.expect(0, "apply", "--bootstrap")
    #expect(
      try text(world, "/etc/audit/rules.d/60-writ.rules")
        .contains("-a always,exit -F arch=b64 -F dir=/opt/envs -F perm=wa -F key=envs_write\n"))
    #expect(try world.expect(0, "plan", "--detailed-exitcode").output.contains("staged, not loaded"))
    for folder in ["/var/log", "/var/log/audit"] { mkdir(world.host + folder, 0o755) }
    let now = time(nil) + 60
    func event(_ serial: Int, _ auid: Int, _ path: String) -> String {
      let stamp = "msg=audit(\(now).5:\(serial)):"
      return "type=SYSCALL \(stamp) success=yes auid=\(auid) uid=0 exe=\"/usr/bin/vim\"\n"
        + "type=PATH \(stamp) name=\"\(path)\" nametype=NORMAL\n"
    }
    let log = event(41, 20002, "/etc/audit/rules.d/60-writ.rules") + event(42, 4242, "/etc/group")
    try FileContents.replace(world.host + "/var/log/audit/audit.log", with: Array(log.utf8), mode: 0o600)
    try world.expect(0, "drift")
    try FileContents.replace(
      world.host + "/etc/audit/rules.d/60-writ.rules", with: Array("# writ policy x\n".utf8), mode: 0o640)
    let group = try text(world, "/etc/group").replacing("render:x:106:ann,bob", with: "render:x:106:ann")
    try FileContents.replace(world.host + "/etc/group", with: Array(group.utf8), mode: 0o644)
    let drift = try world.expect(2, "drift").output
    #expect(drift.contains("because bob (login uid 20002) with /usr/bin/vim at "))
    #expect(drift.contains("audit event 41\n") && drift.contains("audit event 42\n"))
    #expect(drift.contains("because somebody whom the policy does not name (login uid 4242) with /usr/bin/vim"))
    #expect(!(try world.expect(2, "plan", "--detailed-exitcode").output.contains("audit event")))
    try world.expect(0, "apply")
    try world.expect(0, "drift")
  }

  @Test func `what nobody manages is listed, and what writ made is not`() throws {
    let world = try World.withSmallPolicy()
    try world.expect(0, "apply", "--bootstrap")
    #expect(
      try world.expect(0, "drift", "--unmanaged").output
        == "host:gpu01: 1 unmanaged\n  sudoers /etc/sudoers: root ALL=(ALL:ALL) ALL\n")
    let json = try world.expect(0, "drift", "--unmanaged", "--format", "json").output
    let document = try JSONValue(canonicalLine: Array(json.utf8)).object
    #expect(
      document?["targets"]?.array?.first?.object?["unmanaged"]?.array?.first?.object?["kind"]?.string == "sudoers")
    try world.expect(64, "drift", "--unmanaged", "--record")
    try FileContents.replace(world.host + "/etc/writ/limits", with: Array("nonsense\n".utf8), mode: 0o644)
    #expect(try world.expect(1, "drift", "--unmanaged").output.contains("unreadable"))
  }

  @Test func `two baselines that disagree stop everything, and both are named`() throws {
    let world = try World.withSmallPolicy()
    try world.commit(World.small + Self.baseline + "  strict: { hosts: [gpu01], umask: \"077\" }\n")
    let run = try world.writ("validate")
    #expect(run.status == 3 && (run.output + run.errors).contains("error[baseline-conflict]"))
    #expect((run.output + run.errors).contains("host baselines `shared-gpu` and `strict` disagree"))
  }
}
