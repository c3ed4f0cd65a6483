import Testing

@testable import WritHostLinux

/// The rows of the safety checklist about permissions and ACLs of trees.
@Suite(.enabled(if: TreeSandbox.isRoot, "needs root: changes owners"))
struct TreeMendTests {
  @Test func `execute bits follow the owner's and a second run changes nothing`() throws {
    let sandbox = try TreeSandbox()
    try sandbox.bash(
      "cd srv/t; mkdir d; touch a b c d/e; chmod 644 a; chmod 755 b; chmod 600 c; chmod 711 d/e; chmod 2777 d")
    let engine = try sandbox.engine(TreeSandbox.rule())
    #expect(try !engine.scan().report().deviations.isEmpty)
    let mending = try engine.mend("/srv/t")
    #expect(mending.isDone && mending.changed == 6)
    let ids = "\(TreeSandbox.owner):\(TreeSandbox.readers)"
    #expect(
      try sandbox.state("srv/t", "srv/t/a", "srv/t/b", "srv/t/c", "srv/t/d", "srv/t/d/e") == [
        "2750 \(ids)", "640 \(ids)", "750 \(ids)", "640 \(ids)", "2750 \(ids)", "750 \(ids)",
      ])
    #expect(try engine.scan().report().lines() == [])
    let before = try sandbox.ctimes()
    #expect(try engine.mend("/srv/t").changed == 0)
    #expect(try sandbox.ctimes() == before)
  }

  @Test func `an ACL behind the right mode is drift and goes without leaving its mask`() throws {
    let sandbox = try TreeSandbox()
    let engine = try sandbox.engine(TreeSandbox.rule())
    try sandbox.bash("touch srv/t/leak srv/t/mask")
    _ = try engine.mend("/srv/t")
    try sandbox.bash(
      """
      cd srv/t
      setfacl -m u:\(TreeSandbox.stranger):r,m::r leak; chmod 640 leak
      setfacl -m u:\(TreeSandbox.stranger):rwx mask
      """)
    #expect(try sandbox.state("srv/t/leak") == ["640 \(TreeSandbox.owner):\(TreeSandbox.readers)"])
    let lines = try engine.scan().report().lines(
      TreeNames(account: { $0 == TreeSandbox.stranger ? "eve" : String($0) }))
    #expect(
      lines == [
        "- files acl u::rw-,u:eve:r--,g::r--,m::r--,o::--- → 0640: 1 (leak)",
        "- files acl u::rw-,u:eve:rwx,g::r--,m::rwx,o::--- → 0640: 1 (mask)",
      ])
    _ = try engine.mend("/srv/t")
    for name in ["leak", "mask"] {
      #expect(try sandbox.acl("srv/t/\(name)") == "user::rw-,group::r--,other::---")
    }
    #expect(try engine.scan().report().lines() == [])
  }

  @Test func `writers and single accounts get entries, also for what is made later under any umask`() throws {
    let sandbox = try TreeSandbox()
    let engine = try sandbox.engine(
      TreeSandbox.rule {
        $0.writers = [TreeSandbox.writers]
        $0.accountReaders = [TreeSandbox.stranger]
      })
    _ = try engine.mend("/srv/t")
    // Where others may make files, the tree's owner has an entry too, or could not read them.
    func named(_ owner: String, _ rights: String) -> String {
      "user:\(TreeSandbox.owner):\(owner),user:\(TreeSandbox.stranger):\(rights)"
    }
    let group = "group:\(TreeSandbox.writers)"
    #expect(
      try sandbox.acl("srv/t").hasPrefix(
        "user::rwx,\(named("rwx", "r-x")),group::r-x,\(group):rwx,mask::rwx,other::---,default:user::rwx,"))
    for umask in ["000", "022", "077"] {
      try sandbox.bash("umask \(umask); touch srv/t/f\(umask); mkdir srv/t/d\(umask)")
      #expect(
        try sandbox.acl("srv/t/f\(umask)")
          == "user::rw-,\(named("rwx", "r-x")),group::r-x,\(group):rwx,mask::rw-,other::---")
    }
    // What the kernel made holds the folder's entries under the file's mask: the same rights, so no drift by itself.
    try sandbox.bash("chown \(TreeSandbox.owner) srv/t/f* srv/t/d*")
    #expect(try engine.scan().report().lines() == [])
    try sandbox.bash("chmod 660 srv/t/f*; chown 0 srv/t/f*")
    _ = try engine.mend("/srv/t")
    for name in ["f000", "f022", "f077"] {
      #expect(
        try sandbox.acl("srv/t/\(name)")
          == "user::rw-,\(named("rw-", "r--")),group::r--,\(group):rw-,mask::rw-,other::---")
    }
    #expect(try engine.scan().report().lines() == [])
  }

  @Test func `what a writer makes stays that writer's until the right ends`() throws {
    let sandbox = try TreeSandbox()
    let maker = TreeSandbox.stranger
    func engine(_ makers: Set<UInt32>) throws -> TreeEngine {
      try sandbox.engine(
        TreeSandbox.rule {
          $0.writers = [TreeSandbox.writers]
          $0.makers = makers
        })
    }
    _ = try engine([maker]).mend("/srv/t")
    try sandbox.bash("umask 077; mkdir srv/t/d; touch srv/t/d/f srv/t/f; ln -s f srv/t/l; chown -hR \(maker) srv/t/*")
    #expect(try engine([maker]).scan().report().lines() == [])
    let ctimes = try sandbox.ctimes()
    #expect(try engine([maker]).mend("/srv/t").changed == 0)
    #expect(try sandbox.ctimes() == ctimes)
    // The root is never a writer's: its owner could open the whole tree.
    try sandbox.bash("chown \(maker) srv/t")
    #expect(try engine([maker]).scan().report().lines().count == 1)
    #expect(try engine([maker]).mend("/srv/t").changed == 1)
    // Without the right, owning the file would be a way to give it to others.
    #expect(try engine([]).mend("/srv/t", narrowOnly: true).changed == 4)
    #expect(try sandbox.bash("find srv/t -not -user \(TreeSandbox.owner)") == "")
    #expect(try engine([]).scan().report().lines() == [])
  }

  @Test func `what is moved into the tree is found, what is made in it is right`() throws {
    let sandbox = try TreeSandbox()
    let engine = try sandbox.engine(TreeSandbox.rule())
    _ = try engine.mend("/srv/t")
    try sandbox.bash(
      """
      touch srv/moved; chmod 666 srv/moved; mv srv/moved srv/t/
      umask 000; touch srv/t/made; chown \(TreeSandbox.owner) srv/t/made
      """)
    #expect(
      try engine.scan().report().lines(TreeNames(account: { "uid\($0)" }, group: { "gid\($0)" })) == [
        "- files group gid0 → gid\(TreeSandbox.readers): 1 (moved)",
        "- files mode 0666 → 0640: 1 (moved)",
        "- files owner uid0 → uid\(TreeSandbox.owner): 1 (moved)",
      ])
  }

  @Test func `only narrowing gives nobody anything`() throws {
    let sandbox = try TreeSandbox()
    let engine = try sandbox.engine(TreeSandbox.rule { $0.writers = [TreeSandbox.writers] })
    try sandbox.bash(
      """
      cd srv/t; mkdir d; touch d/open d/shut
      chmod 666 d/open; chmod 400 d/shut; chmod 700 d; chown -R \(TreeSandbox.owner):\(TreeSandbox.readers) .
      chown 0 d/open
      """)
    let before = try sandbox.bash("stat -c '%Z' srv/t/d/shut srv/t/d")
    let mending = try engine.mend("/srv/t", narrowOnly: true)
    #expect(mending.isDone)
    #expect(
      try sandbox.state("srv/t/d/open", "srv/t/d/shut", "srv/t/d") == [
        "640 \(TreeSandbox.owner):\(TreeSandbox.readers)", "400 \(TreeSandbox.owner):\(TreeSandbox.readers)",
        "700 \(TreeSandbox.owner):\(TreeSandbox.readers)",
      ])
    #expect(try sandbox.bash("stat -c '%Z' srv/t/d/shut srv/t/d") == before)
    let left = try engine.scan().report()
    #expect(!left.deviations.isEmpty && left.deviations.allSatisfy { !$0.difference.isWider })
  }

  @Test func `setuid and capabilities are named before they go`() throws {
    let sandbox = try TreeSandbox()
    try sandbox.bash("cd srv/t; touch s c; chmod 4755 s; cp /bin/true c; setcap cap_net_raw+ep c")
    let engine = try sandbox.engine(TreeSandbox.rule())
    let report = try engine.scan().report()
    #expect(report.lines().contains("- files mode 4755 → 0750: 1 (s)"))
    #expect(report.notices.map(\.text) == ["file capabilities that a change of owner takes away: 1 (c)"])
    _ = try engine.mend("/srv/t")
    #expect(try sandbox.state("srv/t/s") == ["750 \(TreeSandbox.owner):\(TreeSandbox.readers)"])
  }

  @Test func `a missing root is made, with what is above it`() throws {
    let sandbox = try TreeSandbox()
    try sandbox.bash("rmdir srv/t; rmdir srv")
    let engine = try sandbox.engine(TreeSandbox.rule("/srv/a/t"))
    #expect(try engine.scan().report("/srv/a/t").lines() == ["+ the tree does not exist"])
    #expect(try engine.mend("/srv/a/t", narrowOnly: true).created == false)
    #expect(try engine.mend("/srv/a/t").created)
    #expect(
      try sandbox.state("srv", "srv/a", "srv/a/t") == [
        "755 0:0", "755 0:0", "2750 \(TreeSandbox.owner):\(TreeSandbox.readers)",
      ])
    #expect(try engine.scan().report("/srv/a/t").lines() == [])
  }

  @Test func `a closed tree keeps its owners and nothing else`() throws {
    let sandbox = try TreeSandbox()
    let open = try sandbox.engine(TreeSandbox.rule { $0.writers = [TreeSandbox.writers] })
    try sandbox.bash("mkdir srv/t/d; touch srv/t/d/f; chmod 755 srv/t/d/f")
    _ = try open.mend("/srv/t")
    let engine = try sandbox.engine(.closed(path: "/srv/t"))
    #expect(try engine.scan().report().deviations.allSatisfy { $0.difference.isWider })
    #expect(try engine.mend("/srv/t").isDone)
    #expect(try engine.scan().report().lines() == [])
    #expect(
      try sandbox.state("srv/t", "srv/t/d", "srv/t/d/f") == [
        "700 \(TreeSandbox.owner):0", "700 \(TreeSandbox.owner):0", "700 \(TreeSandbox.owner):0",
      ])
    #expect(try sandbox.acl("srv/t/d") == "user::rwx,group::---,other::---")
  }

  @Test func `of a closed tree a hand's gifts become root's, and what its people made stays theirs`() throws {
    let sandbox = try TreeSandbox()
    let (owner, maker, stranger) = (TreeSandbox.owner, UInt32(61_003), TreeSandbox.stranger)
    // The root in the hands of one who may only make files in it: that is a gift too.
    try sandbox.bash(
      """
      mkdir -m 0755 srv/t/made srv/t/given; touch srv/t/own srv/t/made/f srv/t/given/f; mknod -m 0666 srv/t/device c 1 3
      chown \(owner) srv/t/own srv/t/device; chown -R \(maker) srv/t/made; chown -R \(stranger) srv/t/given
      chown \(maker) srv/t
      """)
    let engine = try sandbox.engine(
      .closed(path: "/srv/t", keepers: TreeRule.Keepers(owner: owner, makers: [maker])))
    #expect(try engine.scan().report().deviations.allSatisfy { $0.difference.isWider })
    #expect(try engine.mend("/srv/t", narrowOnly: true).isDone)
    #expect(try engine.scan().report().lines() == [])
    #expect(try sandbox.state("srv/t", "srv/t/own", "srv/t/device") == ["700 0:0", "600 \(owner):0", "600 0:0"])
    #expect(try sandbox.state("srv/t/made", "srv/t/made/f") == ["700 \(maker):0", "600 \(maker):0"])
    #expect(try sandbox.state("srv/t/given", "srv/t/given/f") == ["700 0:0", "600 0:0"])
    let nobodys = try sandbox.engine(.closed(path: "/srv/t", keepers: TreeRule.Keepers(owner: nil, makers: [])))
    #expect(try nobodys.mend("/srv/t").isDone)
    #expect(try sandbox.state("srv/t/own", "srv/t/made/f") == ["600 0:0", "600 0:0"])
  }

  @Test func `an outer tree stops at an inner one, lets its readers pass and keeps its place`() throws {
    let sandbox = try TreeSandbox()
    let outer = TreeSandbox.rule {
      $0.writers = [TreeSandbox.writers]
      $0.passers = [
        TreeRule.Passer(folder: "/srv/t", group: TreeSandbox.others),
        TreeRule.Passer(folder: "/srv/t/a", group: TreeSandbox.others),
      ]
    }
    let inner = TreeSandbox.rule("/srv/t/a/inner") { $0.group = TreeSandbox.others }
    let engine = try sandbox.engine(inner, outer)
    #expect(try engine.mend("/srv/t").isDone)
    #expect(try engine.mend("/srv/t/a/inner").isDone)
    #expect(try engine.scan().reports.values.allSatisfy { try $0.get().lines().isEmpty })
    #expect(
      try sandbox.state("srv/t", "srv/t/a", "srv/t/a/inner") == [
        "3770 \(TreeSandbox.owner):\(TreeSandbox.readers)", "3770 \(TreeSandbox.owner):\(TreeSandbox.readers)",
        "2750 \(TreeSandbox.owner):\(TreeSandbox.others)",
      ])
    let passing = "group:\(TreeSandbox.others):--x"
    #expect(try sandbox.acl("srv/t").contains("," + passing))
    #expect(try !sandbox.acl("srv/t").contains("default:" + passing))
    #expect(try sandbox.acl("srv/t/a").contains("," + passing))
    // The kernel's word: a reader of the inner tree gets there, sees nothing on the way.
    let reader = "setpriv --reuid \(TreeSandbox.stranger) --regid \(TreeSandbox.others) --clear-groups"
    try sandbox.bash("chmod 755 .; \(reader) ls srv/t/a/inner; ! \(reader) ls srv/t/a 2>/dev/null")
  }
}
