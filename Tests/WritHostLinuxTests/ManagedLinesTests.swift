import Testing
import WritApply
import WritPlan

@testable import WritHostLinux

/// What a host takes from whoever applies, whatever policy that says it comes from.
@Suite struct ManagedLinesTests {
  private func refused(_ kind: ObjectKind, _ lines: String...) -> Bool {
    ManagedLines(kind: kind, limits: HostLimits()).refusal(of: lines) != nil
  }

  @Test func `sshd is told who may log in and where their keys lie, and nothing else`() {
    let login = [
      "AllowGroups root writ-login", "Match Group writ-login", "    AuthorizedKeysFile /etc/ssh/authorized_keys.d/%u",
      "    AuthorizedKeysCommand none", "    AuthorizedPrincipalsFile none", "    PasswordAuthentication no",
      "    KbdInteractiveAuthentication no", "Match User ci,svc-1", "    DisableForwarding yes",
    ]
    let lines = ManagedLines(kind: .sshd, limits: HostLimits())
    #expect(lines.refusal(of: login) == nil && lines.refusal(of: ["DenyUsers li", "DenyUsers ann"]) == nil)
    for line in [
      "PermitRootLogin yes", "AuthorizedKeysCommand /opt/x", "AuthorizedKeysFile /etc/ssh/authorized_keys.d/%u",
      "AllowGroups *", "AllowGroups sudo", "AllowGroups", "AllowUsers ann", "DenyUsers r*", "DenyUsers ann bob",
      "Include /tmp/x", "Subsystem sftp /tmp/x", "Match all", "Match Group sudo", "Match User a,*", "Match User a,,b",
      "Match Group writ-login User root", "match group writ-login", "    DisableForwarding yes", "", " ", "# remark",
      "DenyUsers ann\nPermitRootLogin yes", "DenyUsers\tann",
    ] { #expect(refused(.sshd, line), "\(line)") }
    for line in [
      "    AuthorizedKeysCommand /opt/x", "    AuthorizedKeysFile /home/%u/keys", "    DisableForwarding yes",
      "    ForceCommand /opt/x", "PermitRootLogin yes", "AllowGroups root", "    PasswordAuthentication yes",
    ] { #expect(refused(.sshd, "Match Group writ-login", line), "\(line)") }
    #expect(refused(.sshd, "Match User ci", "    PasswordAuthentication no"))
    #expect(refused(.sshd, "Match User ci", "DenyUsers ann"))
    var limits = HostLimits()
    limits.keepLogin = ["root", "operators"]
    #expect(ManagedLines(kind: .sshd, limits: limits).refusal(of: ["AllowGroups root operators writ-login"]) == nil)
  }

  @Test func `a key is one restricted key`() {
    let key = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAAA ann"
    for line in [
      "restrict,pty,port-forwarding \(key)", "restrict,pty,port-forwarding,expiry-time=\"20270101000000Z\" \(key)",
      #"restrict,from="10.0.0.0/8,!10.1.0.0/16",command="set -f; exec /usr/bin/sudo -n -u svc -- /opt/x 'a b'" \#(key)"#,
    ] { #expect(!refused(.keys, line), "\(line)") }
    for line in [
      key, "pty \(key)", "restrict,cert-authority \(key)", "restrict,environment=\"LD_PRELOAD=/tmp/x\" \(key)",
      "restrict,tunnel=\"1\" \(key)", "restrict,permitopen=\"*:*\" \(key)", "restrict,user-rc \(key)",
      "restrict,agent-forwarding \(key)", "restrict,nothing \(key)", "restrict \(key)\n\(key)", "restrict", "# \(key)",
    ] { #expect(refused(.keys, line), "\(line)") }
  }

  @Test func `sessions get a umask, and notebooks a place to listen`() {
    let files = ["027", "077", "000"].map { "session optional pam_umask.so umask=\($0) nousergroups" }
    for line in files { #expect(!refused(.umask, line)) }
    for line in [
      "session required pam_exec.so /tmp/x", "auth sufficient pam_permit.so",
      "session optional pam_umask.so umask=0 nousergroups", "session optional pam_umask.so umask=02x nousergroups",
      "session optional pam_umask.so umask=0270 nousergroups", files[0] + " x", " " + files[0], files[0] + "\n",
    ] { #expect(refused(.umask, line), "\(line)") }
    for program in ["ServerApp", "NotebookApp"] {
      for line in ["ip = \"127.0.0.1\"", "allow_remote_access = False", "port = 8888", "open_browser = False"] {
        #expect(!refused(.jupyter, "c.\(program).\(line)"))
      }
    }
    for line in [
      "import os", "c.ServerApp.ip = \"0.0.0.0\"", "c.ServerApp.ip = \"127.0.0.1\"; import os", "c.Other.port = 1",
      "c.ServerApp.port = 99999", "c.ServerApp.port = os.getpid()", "c.ServerApp.port = ", "c.ServerApp.port = +1",
      "c.ServerApp.allow_remote_access = True", " c.ServerApp.port = 1",
    ] { #expect(refused(.jupyter, line), "\(line)") }
  }

  @Test(.enabled(if: isRoot, "needs root, or root of a user namespace, to give files away"))
  func `an account of the system's own gets neither keys nor groups, and nothing is written`() throws {
    let box = try Sandbox()
    let host = box.host()
    let key = "restrict,pty ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAAA ann"
    for one in [
      change(.create, .keys, "root", lines(key)), change(.create, .group, "writ-login", members("root")),
      change(.create, .membership, "writ-login/root", membership), change(.create, .keys, "daemon", lines(key)),
      change(.create, .sshd, "writ", lines("AllowGroups *")),
      change(.create, .keys, "li", lines("cert-authority \(key)")),
    ] {
      guard case .blocked(let reason) = host.readiness(of: one) else {
        Issue.record("\(one.object)")
        continue
      }
      let reasons = ["is root, to whom no policy gives", "which is the system's; ", "is no line that writ puts there"]
      #expect(reasons.contains(where: reason.contains), "\(reason)")
      let before = box.fingerprint()
      #expect(try box.apply([one]).allOK == false && box.fingerprint() == before)
    }
  }
}
