import Glibc
import Testing
import WritApply
import WritPlan
import WritSyntax
import WritSystem

@testable import WritHostLinux

@Suite(.enabled(if: isRoot, "needs root, or root of a user namespace, to give files away"))
struct BaselineTests {
  private let session = ObjectID(.umask, "common-session")
  private let server = ObjectID(.jupyter, "server")
  private let mask = lines("session optional pam_umask.so umask=027 nousergroups")
  private let settings = lines(#"c.ServerApp.ip = "127.0.0.1""#, "c.ServerApp.allow_remote_access = False")

  private func change(_ id: ObjectID, _ state: ObjectState?) -> Change {
    WritHostLinuxTests.change(state == nil ? .remove : .update, id.kind, id.name, state)
  }

  private func make(_ accounts: [(ObjectID, ObjectState)], in box: Sandbox) throws {
    let changes = accounts.map {
      WritHostLinuxTests.change(.create, .account, $0.0.name, $0.1, phase: .prepare)
    }
    #expect(try box.apply(changes).allOK)
  }

  // MARK: lines at the end of a file of somebody else's

  /// Debian's, with a tab, a line that is not UTF-8, and no line feed at its end.
  private var debian: [UInt8] {
    Array("# a comment\nsession\t[default=1]\tpam_permit.so\nsession required pam_unix.so # J".utf8) + [0xfc]
      + Array("rgen\n\n# end".utf8)
  }

  @Test func `what a session file held stays byte for byte, before writ's line and after it is gone`() throws {
    let box = try Sandbox()
    let path = "/etc/pam.d/common-session"
    try FileContents.replace(box.root + path, with: debian, mode: 0o640)
    #expect(try box.live([session]).objects[session] == .absent)
    #expect(try box.apply([change(session, mask)]).allOK)
    let bytes = try FileContents.read(box.root + path)
    #expect(bytes.starts(with: debian + [10]))
    let added = String(decoding: bytes.dropFirst(debian.count + 1), as: UTF8.self)
    #expect(
      added == """
        # writ policy c0ffee wrote the lines below for host image; edits of them by hand are found and undone
        session optional pam_umask.so umask=027 nousergroups  # writ

        """)
    #expect(box.status(path).permissions == 0o640)
    #expect(try box.live([session]).objects[session] == .present(mask))
    let before = box.fingerprint()
    #expect(try box.apply([change(session, mask)], by: box.host("other")).allOK)
    #expect(box.fingerprint() == before)
    #expect(try box.apply([change(session, nil)]).allOK)
    #expect(try FileContents.read(box.root + path) == debian + [10])
    #expect(try box.live([session]).objects[session] == .absent)
    #expect(!box.exists("/var/lib/writ/previous/etc-pam.d-common-session"))
  }

  @Test func `a line that comes later, one that was changed and one that is gone are each found and put right`() throws
  {
    let box = try Sandbox()
    let path = "/etc/pam.d/common-session"
    #expect(try box.apply([change(session, mask)]).allOK)
    let good = box.text(path)
    let own = "session optional pam_umask.so umask=027 nousergroups  # writ\n"
    let later = "session optional pam_umask.so umask=000\n"
    for (text, found) in [
      (good + later, ["# found before other lines, which count instead", mask.list("lines")[0]]),
      (good.replacing("027", with: "000"), ["session optional pam_umask.so umask=000 nousergroups"]),
      (good.replacing("  # writ\n", with: "\n"), []), (good.replacing(own, with: ""), []),
      (good + own, [mask.list("lines")[0], mask.list("lines")[0]]),
    ] {
      try box.write(text, to: path)
      #expect((try box.live([session]).objects[session]?.state?.list("lines") ?? []) == found)
      #expect(try box.apply([change(session, mask)]).allOK)
      #expect(try box.live([session]).objects[session] == .present(mask))
      #expect(box.text(path).hasSuffix(own))
    }
    // Comments and blank lines of others after it change nothing.
    try box.write(box.text(path) + "\n# theirs\n", to: path)
    #expect(try box.live([session]).objects[session] == .present(mask))
  }

  @Test func `a session file that is not there is not made, and one that others may write is unknown`() throws {
    let box = try Sandbox()
    let path = "/etc/pam.d/common-session"
    unlink(box.root + path)
    guard case .blocked(let reason) = box.host().readiness(of: change(session, mask)) else {
      Issue.record("it is let through")
      return
    }
    #expect(reason.contains("opens no session by /etc/pam.d/common-session"))
    #expect(try box.apply([change(session, mask)]).noneOK && !box.exists(path))
    // Taking away what is not there is done.
    #expect(try box.apply([change(session, nil)]).allOK)
    try box.write("", to: path, mode: 0o666)
    guard case .unknown(let other)? = try box.live([session]).objects[session] else {
      Issue.record("it is known")
      return
    }
    #expect(other.contains("writable by others than root"))
    unlink(box.root + path)
    symlink("/etc/passwd", box.root + path)
    let passwd = box.text("/etc/passwd")
    #expect(try box.apply([change(session, mask)]).noneOK && box.text("/etc/passwd") == passwd)
  }

  @Test func `without the module the line is refused`() throws {
    let box = try Sandbox()
    for folder in ["/usr", "/usr/lib", "/usr/lib/x86_64-linux-gnu", "/usr/lib/x86_64-linux-gnu/security"] {
      mkdir(box.root + folder, 0o755)
    }
    let before = box.text("/etc/pam.d/common-session")
    #expect(try box.apply([change(session, mask)])["umask common-session"]?.failure.contains("pam_umask.so") == true)
    #expect(box.text("/etc/pam.d/common-session") == before)
    try box.write("", to: "/usr/lib/x86_64-linux-gnu/security/pam_umask.so")
    #expect(try box.apply([change(session, mask)]).allOK)
  }

  /// The real PAM reads what was written: a session of `su`, in a mount namespace of its own.
  @Test func `a session gets the mask, whatever stands before it`() throws {
    let box = try Sandbox()
    for file in SessionUmask.files {
      let id = ObjectID(.umask, file)
      try box.write("session optional pam_umask.so umask=0\nsession required pam_unix.so\n", to: "/etc/pam.d/\(file)")
      #expect(try box.apply([change(id, mask)]).allOK)
    }
    let script = """
      mount --make-rprivate / && for file in common-session common-session-noninteractive; do
      mount --bind "$0/etc/pam.d/$file" "/etc/pam.d/$file" || exit 9; done; su -s /bin/sh nobody -c umask
      """
    let run = try Program("/usr/bin/unshare", ["-m", "/bin/sh", "-c", script, box.root]).run()
    #expect(run.outputText == "0027\n", "\(run.errorText)")
  }

  // MARK: Jupyter

  @Test func `settings are added to what is there, and a file of nothing else comes and goes with them`() throws {
    let box = try Sandbox()
    let path = "/etc/jupyter/jupyter_server_config.py"
    #expect(try box.apply([change(server, settings)]).allOK)
    let own = settings.list("lines").map { $0 + "  # writ\n" }.joined()
    #expect(box.text(path).hasSuffix("of them by hand are found and undone\n" + own))
    #expect(try box.apply([change(server, nil)]).allOK && !box.exists(path))
    try box.write("c = get_config()\nc.ServerApp.ip = '*'\n", to: path)
    #expect(try box.apply([change(server, settings)]).allOK)
    #expect(try box.live([server]).objects[server] == .present(settings))
    #expect(try box.apply([change(server, nil)]).allOK)
    #expect(box.text(path) == "c = get_config()\nc.ServerApp.ip = '*'\n")
  }

  /// Everything that reads what people left below their homes.
  @Test func `what counts instead of the host's settings is told, and no link in a home is followed`() throws {
    let box = try Sandbox()
    let names = ["li", "wu", "sun"]
    let people = names.enumerated().map {
      (ObjectID(.account, $1), account(20001 + $0, home: "/home/\($1)", homeFolder: "private"))
    }
    try make(people, in: box)
    for (number, name) in names.enumerated() {
      mkdir(box.root + "/home/\(name)/.jupyter", 0o700)
      chown(box.root + "/home/\(name)/.jupyter", uid_t(20001 + number), 0)
    }
    let text = "# c.ServerApp.port = 1\nc.ServerApp.port_retries = 0\nc.ServerApp.ip = '0.0.0.0'\n"
    try box.write(text, to: "/home/li/.jupyter/jupyter_server_config.py")
    chown(box.root + "/home/li/.jupyter/jupyter_server_config.py", 20001, 0)
    try box.write("\"ip\": 1", to: "/etc/secret")
    symlink("../../../etc/secret", box.root + "/home/wu/.jupyter/jupyter_server_config.py")
    link(box.root + "/etc/secret", box.root + "/home/sun/.jupyter/jupyter_notebook_config.json")
    mkdir(box.root + "/etc/jupyter", 0o755)
    try box.write("{\"ServerApp\": {\"allow_remote_access\": true}}", to: "/etc/jupyter/jupyter_server_config.json")
    var desired = Dictionary(uniqueKeysWithValues: people)
    desired[server] = settings
    let notices = try box.live(Array(desired.keys), desired: desired).notices.map { "\($0.object): \($0.text)" }
    #expect(notices.contains("account li: /home/li/.jupyter/jupyter_server_config.py sets ip instead"))
    #expect(
      notices.contains("jupyter server: /etc/jupyter/jupyter_server_config.json sets allow_remote_access instead"))
    #expect(
      notices.contains(
        "account sun: /home/sun/.jupyter/jupyter_notebook_config.json was not looked at: it is not a file of theirs"))
    #expect(notices.contains { $0.hasPrefix("account wu: ") && $0.contains("was not looked at") })
    #expect(notices.count { $0.hasPrefix("account ") } == 3)
  }

  // MARK: who listens

  private static let head = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid\n"

  private func row(_ address: String, _ state: String, _ uid: Int, _ inode: Int) -> String {
    "   0: \(address) 00000000:0000 \(state) 00000000:00000000 00:00000000 00000000 \(uid)        0 \(inode) 1 0\n"
  }

  @Test func `addresses are read as the kernel prints them`() {
    let table =
      Self.head + row("00000000:22B8", "0A", 20001, 11) + row("0100007F:22B9", "0A", 20001, 12)
      + row("0900000A:0050", "0A", 0, 13) + row("00000000:1F90", "01", 20001, 14) + "rubbish\n"
      + row("00000000000000000000000000000000:0016", "0A", 7, 15)
      + row("00000000000000000000000001000000:0017", "0A", 7, 16)
      + row("0000000000000000FFFF00000100007F:0018", "0A", 7, 17)
      + row("B80D0120000000000000000001000000:0019", "0A", 7, 18)
    #expect(
      Listeners.open(in: Array(table.utf8)).map { "\($0.address) \($0.uid) \($0.inode)" } == [
        "0.0.0.0:8888 20001 11", "10.0.0.9:80 0 13", "[::]:22 7 15", "[2001:db8::1]:25 7 18",
      ])
  }

  @Test func `a listener of a person's is a finding with its process, one of a service or the system is none`() throws {
    let box = try Sandbox()
    let people = [
      ObjectID(.account, "li"): account(20001, home: "/home/li", homeFolder: "private"),
      ObjectID(.account, "svc"): account(19002, home: "/nonexistent"),
    ]
    try make(people.map { ($0, $1) }, in: box)
    var desired = people
    desired[server] = settings
    let none = try box.live(Array(desired.keys), desired: desired).notices
    #expect(none.map(\.text) == ["nothing was asked about who listens: this host has no /proc/net/tcp"])
    for folder in ["/proc", "/proc/net", "/proc/4242", "/proc/4242/fd"] { mkdir(box.root + folder, 0o755) }
    try box.write(
      Self.head + row("00000000:22B8", "0A", 20001, 11) + row("00000000:22B9", "0A", 19002, 12)
        + row("00000000:0016", "0A", 0, 13) + row("00000000:2000", "0A", 30000, 14)
        + row("00000000:2001", "0A", 65534, 15), to: "/proc/net/tcp")
    try box.write("jupy\u{1b}[31m\n", to: "/proc/4242/comm")
    symlink("socket:[11]", box.root + "/proc/4242/fd/7")
    let found = try box.live(Array(desired.keys), desired: desired).notices
    #expect(
      found.map { "\($0.object) \($0.text)" } == [
        "account li listens on 0.0.0.0:8888 for other machines (process 4242, jupy\\u{1b}[31m)",
        "account uid-30000 listens on 0.0.0.0:8192 for other machines (no process that can be seen holds it)",
      ])
    #expect(found.allSatisfy { $0.finding == .openListener })
    // Without the baseline nobody is asked about it.
    #expect(try box.live([session], desired: people.merging([session: mask]) { $1 }).notices.isEmpty)
  }

  @Test func `a real listener of this machine is found with its process`() throws {
    let socket = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    defer { close(socket) }
    try #require(listen(socket, 1) == 0)
    var address = sockaddr_in()
    var size = socklen_t(MemoryLayout<sockaddr_in>.size)
    let rc = withUnsafeMutablePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { getsockname(socket, $0, &size) }
    }
    try #require(rc == 0)
    let listeners = Listeners(root: HostRoot("/"))
    let own = try #require(
      listeners.open()?.first { $0.address == "0.0.0.0:\(UInt16(bigEndian: address.sin_port))" })
    #expect(own.uid == geteuid())
    #expect(listeners.holders(of: [own.inode])[own.inode]?.map(\.pid).contains(Int(getpid())) == true)
  }

  // MARK: what beats the mask

  @Test func `what makes sessions come out otherwise is told`() throws {
    let box = try Sandbox()
    for (name, text) in [
      ("sshd", "auth required x.so\n@include common-session\n"),
      ("cron", "session include common-session-noninteractive\n"),
      ("runuser", "session required pam_unix.so\n"), ("passwd", "password required pam_unix.so\n"),
      ("login", "@include common-session\nsession optional \\\n  pam_umask.so umask=0\n"),
      ("loop", "@include loop\nsession required pam_unix.so\n"), ("deep", "@include sshd\n"),
    ] { try box.write(text, to: "/etc/pam.d/" + name) }
    try make([(ObjectID(.account, "li"), account(20001, home: "/nonexistent", gecos: "li,,,umask=000"))], in: box)
    let notices = try box.live([session], desired: [session: mask]).notices.map { "\($0.object): \($0.text)" }
    #expect(
      notices == [
        "umask common-session: sessions of loop, runuser do not come by here (/etc/pam.d)",
        "umask common-session: /etc/pam.d/login has a pam_umask of its own",
        "account li: its comment field says umask=000, which beats the host's umask",
      ])
  }
}
