import Glibc
import Testing
import WritApply
import WritPlan
import WritSystem
import WritTestSupport

@testable import WritHostLinux

@Suite(.enabled(if: isRoot, "needs root, or root of a user namespace, to give files away"))
struct AccountTests {
  @Test func `an account with its group and home folder is made and read back`() throws {
    let box = try Sandbox()
    let wanted = account(20011, home: "/home/wangfang", homeFolder: "private", expires: "20819", gecos: "wang.fang")
    let result = try box.apply([change(.create, .account, "wangfang", wanted)])
    #expect(result["account wangfang"]?.isOK == true, "\(result)")
    #expect(box.text("/etc/passwd").hasSuffix("wangfang:x:20011:20011:wang.fang:/home/wangfang:/bin/bash\n"))
    #expect(box.text("/etc/shadow").hasSuffix("wangfang:*::0:99999:7::20819:\n"))
    #expect(box.text("/etc/group").contains("\nwangfang:x:20011:\n"))
    #expect(box.text("/etc/gshadow").contains("\nwangfang:!::\n"))
    #expect(box.text("/var/lib/writ/ids").contains("wangfang account 20011\n"))
    let home = box.status("/home/wangfang")
    #expect(home.st_uid == 20011 && home.st_gid == 20011 && home.permissions == 0o700)
    let id = ObjectID(.account, "wangfang")
    #expect(try box.live([id], desired: [id: wanted]).objects[id] == .present(wanted))
    #expect(!box.exists("/etc/passwd.lock") && box.status("/etc/shadow").permissions == 0o640)
    #expect(box.status("/etc/shadow").st_gid == 42 && box.exists("/etc/passwd-"))
  }

  @Test func `applying the same again changes no inode`() throws {
    let box = try Sandbox()
    let changes = [
      change(.create, .account, "li", account(20001, home: "/home/li", homeFolder: "private")),
      change(.create, .group, "team", members("li")), change(.create, .membership, "render/li", membership),
      change(.create, .keys, "li", lines("restrict ssh-ed25519 AAAA li")),
      change(.create, .ends, "writ", lines("2027-01-01T00:00:00Z remove member team li")),
    ]
    #expect(try box.apply(changes).allOK)
    let before = box.fingerprint()
    #expect(try box.apply(changes, by: box.host("another commit")).allOK)
    #expect(box.fingerprint() == before)
  }

  @Test func `unknown lines, comments, order and NIS entries keep their bytes`() throws {
    let box = try Sandbox()
    let odd =
      "# hand made\nroot:x:0:0:r\u{fc}:/root:/bin/bash\n\nnonsense\nold:x:1500:1500:::\n+@staff:::::\n-eve:::::\n+::::::"
    try box.write(odd, to: "/etc/passwd")
    try box.write("root:*:1:0:99999:7:::\nold:*:1:0:99999:7:::\n", to: "/etc/shadow")
    let result = try box.apply([change(.create, .account, "li", account(20001, home: "/nonexistent"))])
    #expect(result.allOK, "\(result)")
    #expect(
      box.text("/etc/passwd")
        == odd.replacing("+@staff", with: "li:x:20001:20001:somebody:/nonexistent:/bin/bash\n+@staff") + "\n")
  }

  @Test func `a uid that somebody had is not given again, and one account keeps its uid`() throws {
    let box = try Sandbox()
    #expect(try box.apply([change(.create, .account, "alice", account(20001, home: "/nonexistent"))]).allOK)
    // Somebody deletes alice by hand.
    try box.write(
      box.text("/etc/passwd").split(separator: "\n").filter { !$0.hasPrefix("alice") }.joined(separator: "\n") + "\n",
      to: "/etc/passwd")
    let result = try box.apply([
      change(.create, .account, "bob", account(20001, home: "/nonexistent")),
      change(.create, .account, "carol", account(0, home: "/nonexistent")),
      change(.create, .account, "dave", account(65534, home: "/nonexistent")),
    ])
    #expect(result["account bob"]?.failure.contains("alice") == true)
    #expect(result["account carol"]?.failure.contains("/etc/writ/limits") == true)
    #expect(result["account dave"]?.failure.contains("nobody") == true)
    #expect(!box.text("/etc/passwd").contains("bob"))
    #expect(try box.apply([change(.create, .account, "alice", account(20001, home: "/nonexistent"))]).allOK)
    let moved = try box.apply([change(.update, .account, "alice", account(20002, home: "/nonexistent"))])
    #expect(moved["account alice"]?.failure.contains("never changed") == true)
  }

  @Test func `an account that is older than writ is foreign`() throws {
    let box = try Sandbox()
    try box.write(box.text("/etc/passwd") + "old:x:1500:1500::/home/old:/bin/sh\n", to: "/etc/passwd")
    let id = ObjectID(.account, "old")
    guard case .foreign(let state)? = try box.live([id]).objects[id] else {
      Issue.record("not foreign")
      return
    }
    #expect(state.text("password") == "missing")
    #expect(try box.live([id], owned: [id]).objects[id]?.state == state)
  }

  @Test func `a password hash is never shown`() throws {
    let box = try Sandbox()
    #expect(try box.apply([change(.create, .account, "li", account(20001, home: "/nonexistent"))]).allOK)
    try box.write(box.text("/etc/shadow").replacing("li:*:", with: "li:$y$j9T$secret:"), to: "/etc/shadow")
    let id = ObjectID(.account, "li")
    let live = try box.live([id])
    #expect(live.objects[id]?.state?.text("password") == "set")
    #expect(!"\(live)".contains("secret"))
  }

  @Test func `who leaves is locked, expired and without shell, keeps uid, and comes back as before`() throws {
    let box = try Sandbox()
    let active = account(20001, home: "/home/li", homeFolder: "private")
    #expect(try box.apply([change(.create, .account, "li", active)]).allOK)
    try box.write("* * * * * x\n", to: "/home/li/x")
    mkdir(box.root + "/var/spool", 0o755)
    mkdir(box.root + "/var/spool/cron", 0o755)
    mkdir(box.root + "/var/spool/cron/crontabs", 0o755)
    try box.write("* * * * * x\n", to: "/var/spool/cron/crontabs/li")
    #expect(try box.apply([change(.retire, .account, "li", retired(20001), phase: .revoke)]).allOK)
    #expect(box.text("/etc/shadow").contains("\nli:!*::0:99999:7::1:\n"))
    #expect(box.text("/etc/passwd").contains("\nli:x:20001:20001:somebody:/home/li:/usr/sbin/nologin\n"))
    let id = ObjectID(.account, "li")
    let live = try box.live([id], owned: [id])
    #expect(live.objects[id]?.state?.text("state") == "retired")
    #expect(live.notices.map(\.text) == ["li left a crontab: /var/spool/cron/crontabs/li"])
    #expect(try box.apply([change(.update, .account, "li", active)]).allOK)
    #expect(try box.live([id], desired: [id: active]).objects[id] == .present(active))
    // Nobody is made in order to be retired.
    #expect(try box.apply([change(.retire, .account, "never", retired(20009), phase: .revoke)]).allOK)
    #expect(!box.text("/etc/passwd").contains("never"))
  }

  @Test func `derived groups get gids of their own, and a removed group's gid goes to nobody else`() throws {
    let box = try Sandbox()
    let first = [
      change(.create, .account, "li", account(20001, home: "/nonexistent")), change(.create, .group, "a", members()),
      change(.create, .group, "b", members()), change(.update, .group, "b", members("li"), id: "later"),
    ]
    #expect(try box.apply(first).allOK)
    #expect(box.text("/etc/group").hasSuffix("a:x:50000:\nb:x:50001:li\n"))
    #expect(box.text("/etc/gshadow").hasSuffix("a:!::\nb:!::li\n"))
    #expect(try box.apply([change(.remove, .group, "a", nil, before: members())]).allOK)
    #expect(try box.apply([change(.create, .group, "c", members())]).allOK)
    #expect(box.text("/etc/group").hasSuffix("b:x:50001:li\nc:x:50002:\n"))
    #expect(try box.apply([change(.create, .group, "a", members())]).allOK)
    #expect(box.text("/etc/group").hasSuffix("a:x:50000:\n"))
  }

  // A random host: its groups listed somebody without an account, its gshadow did not, and no membership could be given.
  @Test func `a member without an account stays where it is listed, and gets in nobody's way`() throws {
    let box = try Sandbox()
    let render = box.text("/etc/group").replacing(#/(?m)^render:(.*)$/#) { "render:\($0.1)gone" }
    try box.write(render, to: "/etc/group", mode: 0o644)
    #expect(
      try box.apply([
        change(.create, .account, "li", account(20001, home: "/nonexistent")),
        change(.create, .membership, "render/li", ObjectState(["state": .text("member")])),
      ]).allOK)
    #expect(box.text("/etc/group").contains(#/(?m)^render:.*:gone,li$/#))
    #expect(box.text("/etc/gshadow").contains(#/(?m)^render:\*::li$/#))
    // Where both files list it, both keep it.
    let shadow = box.text("/etc/gshadow").replacing(#/(?m)^render:.*$/#) { _ in "render:*::gone,li" }
    try box.write(shadow, to: "/etc/gshadow", mode: 0o640)
    #expect(
      try box.apply([
        change(
          .remove, .membership, "render/li", nil, before: ObjectState(["state": .text("member")]), phase: .revoke)
      ]).allOK)
    #expect(box.text("/etc/group").contains(#/(?m)^render:.*:gone$/#))
    #expect(box.text("/etc/gshadow").contains(#/(?m)^render:\*::gone$/#))
  }

  @Test func `a gid that is somebody's primary group is given to no group, though no group has it`() throws {
    let box = try Sandbox()
    try box.write(
      box.text("/etc/passwd") + "eve:x:1600:50000::/:/bin/sh\nmallory:x:1601:20001::/:/bin/sh\n", to: "/etc/passwd")
    #expect(try box.apply([change(.create, .group, "team", members())]).allOK)
    #expect(box.text("/etc/group").hasSuffix("team:x:50001:\n"))
    let result = try box.apply([change(.create, .account, "li", account(20001, home: "/nonexistent"))])
    #expect(result["account li"]?.failure.contains("primary group of mallory") == true, "\(result)")
  }

  @Test func `a member through the primary group is seen and not passed over`() throws {
    let box = try Sandbox()
    #expect(try box.apply([change(.create, .group, "team", members())]).allOK)
    try box.write(box.text("/etc/passwd") + "eve:x:1600:50000::/:/bin/sh\n", to: "/etc/passwd")
    let id = ObjectID(.group, "team")
    #expect(try box.live([id]).objects[id] == .present(members("eve")))
    let result = try box.apply([change(.update, .group, "team", members())])
    #expect(result["group team"]?.failure.contains("eve") == true)
  }

  @Test func `a removal is made although a member to be added does not exist`() throws {
    let box = try Sandbox()
    #expect(
      try box.apply([
        change(.create, .account, "li", account(20001, home: "/nonexistent")),
        change(.create, .group, "team", members("li")),
      ]).allOK)
    let result = try box.apply([change(.update, .group, "team", members("nemo"))])
    #expect(result["group team"]?.failure.contains("nemo") == true)
    #expect(box.text("/etc/group").hasSuffix("team:x:50000:\n"))
  }

  @Test func `groups that amount to root need a line in the limits`() throws {
    let box = try Sandbox()
    let wanted = [
      change(.create, .account, "li", account(20001, home: "/nonexistent")),
      change(.create, .membership, "docker/li", membership),
    ]
    let result = try box.apply(wanted)
    #expect(result["membership docker/li"]?.failure.contains("root-groups: docker") == true)
    #expect(!box.text("/etc/group").contains("docker:x:998:li"))
    try box.write("root-groups: docker\n", to: "/etc/writ/limits")
    #expect(try box.apply(wanted).allOK)
    #expect(box.text("/etc/group").contains("docker:x:998:li\n"))
    // Ill-formed limits stop everything but are never taken for none.
    try box.write("root-group docker\n", to: "/etc/writ/limits")
    #expect(try box.apply(wanted).values.filter { $0.failure.contains("/etc/writ/limits:1") }.count == 2)
    try box.write("root-groups: docker\n", to: "/etc/writ/limits", mode: 0o666)
    #expect(try box.apply(wanted).values.filter { $0.failure.contains("writable") }.count == 2)
  }

  /// All changes of a transaction are judged by one look, before the files are locked: what that look missed must not get in.
  @Test func `what another program changes between the judging and the lock is seen under the lock`() throws {
    let box = try Sandbox()
    #expect(
      try box.apply([
        change(.create, .account, "li", account(20001, home: "/nonexistent")),
        change(.create, .group, "one", members()), change(.create, .group, "two", members()),
      ]).allOK)
    let empty = members()
    let changes = [
      change(.update, .group, "one", members("li"), before: empty),
      change(.update, .group, "two", members("li"), before: empty),
      change(.create, .account, "wu", account(20002, home: "/nonexistent")),
    ]
    var out: [String: ChangeResult.Status] = [:]
    try box.host().apply(changes) { event in
      switch event {
      case .began("account wu"):
        // groupmod(8) gives away the gid; useradd(8) takes the uid.
        try box.write(box.text("/etc/group").replacing("\none:x:50000:", with: "\none:x:300:"), to: "/etc/group")
        try box.write(box.text("/etc/passwd") + "eve:x:20002:100::/nonexistent:/bin/sh\n", to: "/etc/passwd")
      case .began: break
      case .ended(let result): out[result.change] = result.status
      }
    }
    #expect(box.text("/etc/group").contains("\none:x:300:\n"), "\(box.text("/etc/group"))")
    #expect(out["group one"]?.failure.contains("group of the system") == true, "\(out)")
    #expect(out["group two"]?.isOK == true, "\(out)")
    #expect(out["account wu"]?.failure.contains("belongs to eve") == true, "\(out)")
    #expect(!box.text("/etc/passwd").contains("wu:"))
  }

  @Test func `many changes are judged as each by itself`() throws {
    let box = try Sandbox()
    try box.write("ids: 20000-\n", to: "/etc/writ/limits")
    try box.write(box.text("/etc/group") + "old:x:300:\n", to: "/etc/group")
    let host = box.host()
    let changes = [
      change(.update, .group, "old", members("li"), before: members()), change(.create, .group, "new", members()),
      change(.create, .group, "docker", members()),
      change(.create, .account, "li", account(20001, home: "/nonexistent")),
      change(.create, .account, "wu", account(1500, home: "/nonexistent")),
      change(.create, .membership, "sudo/li", membership), change(.remove, .tree, "/home", nil, phase: .revoke),
    ]
    let together = host.readiness(of: changes)
    #expect(together == changes.map { host.readiness(of: $0) })
    #expect(together.map { $0 == .ready } == [false, true, false, true, false, false, false])
    // The next look is a new one.
    try box.write("ids: 1000-\n", to: "/etc/writ/limits")
    #expect(host.readiness(of: changes)[4] == .ready)
    chmod(box.root + "/etc/writ/limits", 0o666)
    #expect(host.readiness(of: changes).allSatisfy { $0 != .ready })
  }

  @Test func `a field that would be another entry is refused`() throws {
    let box = try Sandbox()
    let before = box.text("/etc/passwd")
    for gecos in ["a:b", "a\nroot2:x:0:0::/:/bin/sh"] {
      let result = try box.apply([change(.create, .account, "li", account(20001, home: "/nonexistent", gecos: gecos))])
      #expect(result["account li"]?.failure.contains("gecos") == true)
    }
    for name in ["", "Root", "a/b", "a\nb", "..", String(repeating: "a", count: 33)] {
      let result = try box.apply([change(.create, .account, name, account(20001, home: "/nonexistent"))])
      #expect(result.noneOK)
    }
    #expect(box.text("/etc/passwd") == before)
  }

  @Test func `a home folder is never made through a link, and never taken from another account`() throws {
    let box = try Sandbox()
    let outside = box.scratch.path + "/outside"
    mkdir(outside, 0o755)
    symlink(outside, box.root + "/home/li")
    let wanted = change(.create, .account, "li", account(20001, home: "/home/li", homeFolder: "private"))
    #expect(try box.apply([wanted]).noneOK)
    var status = stat()
    lstat(outside, &status)
    #expect(status.st_uid == 0 && status.permissions == 0o755)
    unlink(box.root + "/home/li")
    mkdir(box.root + "/home/li", 0o777)
    chown(box.root + "/home/li", 65534, 65534)
    #expect(try box.apply([wanted])["account li"]?.failure.contains("nobody") == true)
    chown(box.root + "/home/li", 0, 0)
    #expect(try box.apply([wanted]).allOK)
    #expect(box.status("/home/li").st_uid == 20001 && box.status("/home/li").permissions == 0o700)
    chmod(box.root + "/home", 0o777)
    rmdir(box.root + "/home/li")
    #expect(try box.apply([wanted])["account li"]?.failure.contains("home") == true)
  }

  @Test func `what shadow does not tell is unknown, never absent`() throws {
    let box = try Sandbox()
    unlink(box.root + "/etc/shadow")
    let id = ObjectID(.account, "li")
    guard case .unknown? = try box.live([id]).objects[id] else {
      Issue.record("not unknown")
      return
    }
    #expect(try box.apply([change(.create, .account, "li", account(20001, home: "/nonexistent"))]).noneOK)
  }

  @Test func `two thousand people are one transaction`() throws {
    let box = try Sandbox()
    var changes: [Change] = []
    for number in 0..<2000 {
      changes.append(change(.create, .account, "u\(number)", account(20000 + number, home: "/nonexistent")))
    }
    for number in 0..<300 { changes.append(change(.create, .membership, "render/u\(number)", membership)) }
    changes.append(
      change(.create, .group, "all", ObjectState(["members": .members((0..<2000).map { "u\($0)" })])))
    let clock = ContinuousClock()
    var results: [String: ChangeResult.Status] = [:]
    let time = try clock.measure { results = try box.apply(changes) }
    #expect(results.count == 2301 && results.allOK)
    #expect(box.text("/etc/passwd").split(separator: "\n").count == 2003)
    print("2,301 changes: \(time)")
  }
}
