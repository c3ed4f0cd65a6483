import Testing

@testable import WritHostLinux

/// The rows of the safety checklist about what is not the tree's: links, mounts, paths, names.
@Suite(.enabled(if: TreeSandbox.isRoot, "needs root: changes owners"))
struct TreeSafetyTests {
  @Test func `a symbolic link is changed itself and never followed`() throws {
    let sandbox = try TreeSandbox()
    try sandbox.bash(
      "mkdir etc; echo secret > etc/shadow; chmod 600 etc/shadow; ln -s ../../etc/shadow srv/t/x; ln -s ../../etc srv/t/y"
    )
    let before = try sandbox.bash("find etc -printf '%i %C@ %m %U:%G\\n'")
    let engine = try sandbox.engine(TreeSandbox.rule())
    #expect(
      try engine.scan().report().lines(TreeNames(account: { _ in "o" }, group: { _ in "g" })).contains(
        "- symbolic links owner o → o: 2 (x, y)"))
    #expect(try engine.mend("/srv/t").isDone)
    #expect(try sandbox.bash("find etc -printf '%i %C@ %m %U:%G\\n'") == before)
    #expect(try sandbox.state("srv/t/x").first?.hasSuffix(" \(TreeSandbox.owner):\(TreeSandbox.readers)") == true)
    #expect(try engine.scan().report().lines() == [])
  }

  @Test func `a file with a link outside is listed and left alone`() throws {
    let sandbox = try TreeSandbox()
    let engine = try sandbox.engine(TreeSandbox.rule())
    _ = try engine.mend("/srv/t")
    try sandbox.bash("echo secret > srv/secret; chmod 600 srv/secret; ln srv/secret srv/t/x")
    let before = try sandbox.bash("stat -c '%a %u %g' srv/secret")
    let scan = engine.scan()
    #expect(try scan.report().lines() == [])
    #expect(try scan.report().notices.map(\.text) == ["1 of 2 links outside the managed trees, left alone: 1 (x)"])
    let mending = try engine.mend("/srv/t", after: scan)
    #expect(mending.leftAlone == 1 && mending.changed == 0)
    #expect(try sandbox.bash("stat -c '%a %u %g' srv/secret") == before)
  }

  @Test func `links among managed trees are normal and each file is changed once`() throws {
    let sandbox = try TreeSandbox()
    try sandbox.bash(
      "mkdir srv/pkgs; for i in 1 2 3 4 5; do touch srv/pkgs/$i; ln srv/pkgs/$i srv/t/$i; ln srv/pkgs/$i srv/t/b$i; done"
    )
    let engine = try sandbox.engine(TreeSandbox.rule(), TreeSandbox.rule("/srv/pkgs"))
    let scan = engine.scan()
    #expect(try scan.report().notices.isEmpty && scan.report("/srv/pkgs").notices.isEmpty)
    let changed = try engine.mend("/srv/pkgs", after: scan).changed + engine.mend("/srv/t", after: scan).changed
    #expect(changed == 2 + 5)
    #expect(try engine.scan().report().lines() == [])
  }

  @Test func `one file under two rules that disagree is a conflict naming both`() throws {
    let sandbox = try TreeSandbox()
    try sandbox.bash("mkdir srv/pkgs; touch srv/pkgs/f; ln srv/pkgs/f srv/t/f")
    let engine = try sandbox.engine(TreeSandbox.rule(), TreeSandbox.rule("/srv/pkgs") { $0.files = 0o600 })
    let scan = engine.scan()
    for path in ["/srv/t", "/srv/pkgs"] {
      #expect(try scan.report(path).conflicts.map(\.rules) == [["/srv/pkgs", "/srv/t"]])
      #expect(try engine.mend(path, after: scan).leftAlone == 1)
    }
    #expect(try sandbox.state("srv/t/f") == ["644 0:0"])
  }

  @Test func `a closed tree takes nothing from a tree that is still managed`() throws {
    let sandbox = try TreeSandbox()
    try sandbox.bash("mkdir srv/pkgs; touch srv/pkgs/f; ln srv/pkgs/f srv/t/f")
    let engine = try sandbox.engine(TreeSandbox.rule(), .closed(path: "/srv/pkgs"))
    _ = try engine.mend("/srv/t")
    #expect(try engine.mend("/srv/pkgs").isDone)
    #expect(try sandbox.state("srv/t/f") == ["640 \(TreeSandbox.owner):\(TreeSandbox.readers)"])
    #expect(try engine.scan().reports.values.allSatisfy { try $0.get().lines().isEmpty })
  }

  @Test func `immutable and append-only files are listed, not retried`() throws {
    let sandbox = try TreeSandbox()
    try sandbox.bash("cd srv/t; touch i a; chattr +i i; chattr +a a")
    let engine = try sandbox.engine(TreeSandbox.rule())
    let mending = try engine.mend("/srv/t")
    #expect(mending.isDone && mending.leftAlone == 2)
    let report = try engine.scan().report()
    #expect(report.lines() == [])
    #expect(
      report.notices.map(\.text) == [
        "append-only and not as it should be, left alone: 1 (a)",
        "immutable and not as it should be, left alone: 1 (i)",
      ])
    try sandbox.bash("cd srv/t; lsattr i | grep -q i; chattr -i i; chattr -a a")
  }

  @Test func `what was replaced between the look and the mending is looked at anew`() throws {
    let sandbox = try TreeSandbox()
    try sandbox.bash("cd srv/t; mkdir d; touch a b d/c secret; chmod 666 a b d/c; chmod 600 ../t/secret")
    let engine = try sandbox.engine(TreeSandbox.rule())
    let scan = engine.scan()
    // Another file, a link, a folder, a hard link to what is not the tree's, and a folder moved away.
    try sandbox.bash(
      """
      echo root > srv/outside; chmod 600 srv/outside; cd srv/t
      rm a; ln ../outside a; rm b; ln -s ../outside b; mv d ../away; mkdir d; touch d/c; chmod 604 d/c
      """)
    let before = try sandbox.bash("stat -c '%n %a %u %g' srv/outside srv/away srv/away/c")
    let mending = try engine.mend("/srv/t", after: scan)
    #expect(mending.isDone && mending.leftAlone == 1)
    #expect(try sandbox.bash("stat -c '%n %a %u %g' srv/outside srv/away srv/away/c") == before)
    #expect(try sandbox.state("srv/t/d/c") == ["640 \(TreeSandbox.owner):\(TreeSandbox.readers)"])
  }

  @Test func `hostile names neither escape nor get lost`() throws {
    let sandbox = try TreeSandbox()
    try sandbox.bash(
      #"""
      cd srv/t
      touch $'a\nb' $'\e[31m' $'\xff\xfe' $'\u202eabc' 'back\slash' ./-rf "$(printf 'n%.0s' {1..255})"
      d=$(printf 'd%.0s' {1..200}); for i in {1..30}; do mkdir $d; cd $d; done; touch deep
      """#)
    let engine = try sandbox.engine(TreeSandbox.rule())
    let lines = try engine.scan().report().lines()
    #expect(lines.allSatisfy { line in line.unicodeScalars.allSatisfy { $0.value >= 0x20 && $0.value != 0x202e } })
    #expect(try engine.mend("/srv/t").isDone)
    #expect(try engine.scan().report().lines() == [])
    #expect(visible([0x61, 0x0a, 0x1b, 0xff, 0x5c]) == #"a\n\x1b\xff\\"#)
    #expect(visible("王芳") == "王芳")
  }

  @Test func `a tree that differs in very many ways is told in few lines`() throws {
    let sandbox = try TreeSandbox()
    try sandbox.bash(
      "cd srv/t; for i in {1..150}; do echo f$i; done | xargs touch; perl -e 'for (1 .. 150) { chown $_, 70000 + $_, \"f$_\" }'"
    )
    let engine = try sandbox.engine(TreeSandbox.rule())
    let lines = try engine.scan().report().lines()
    #expect(lines.count <= 43)
    #expect(lines.contains { $0.hasPrefix("- files in other ways: ") })
    #expect(try engine.mend("/srv/t").isDone)
  }

  @Test func `a deep tree needs few descriptors`() throws {
    let sandbox = try TreeSandbox()
    // Each level has a second folder beside the way down, so that every level above is needed again.
    try sandbox.bash("cd srv/t; for i in {1..150}; do mkdir a z; touch a/f z/f; cd a; done")
    let engine = try sandbox.engine(TreeSandbox.rule())
    #expect(try engine.mend("/srv/t").changed == 1 + 4 * 150)
    let report = try engine.scan().report()
    #expect(report.lines() == [] && report.isComplete)
    #expect(report.counts.directories == 301 && report.counts.entries == 300)
  }

  @Test func `FIFOs, sockets and devices are never opened`() throws {
    let sandbox = try TreeSandbox()
    try sandbox.bash(
      "cd srv/t; mkfifo p; chmod 666 p; mknod n c 1 3; chmod 666 n; perl -MIO::Socket::UNIX -e 'IO::Socket::UNIX->new(Local => q(s), Listen => 1) or die'"
    )
    let engine = try sandbox.engine(TreeSandbox.rule())
    #expect(try engine.mend("/srv/t").isDone)
    let ids = "\(TreeSandbox.owner):\(TreeSandbox.readers)"
    #expect(try sandbox.state("srv/t/p", "srv/t/s", "srv/t/n") == ["640 \(ids)", "640 \(ids)", "600 0:0"])
    #expect(try engine.scan().report().notices.map(\.text) == ["device files: 1 (n)"])
  }

  @Test func `the way to the root is refused when somebody else could change it`() throws {
    let sandbox = try TreeSandbox()
    let engine = try sandbox.engine(TreeSandbox.rule())
    func refusal() -> TreeError? {
      if case .failure(let error)? = engine.scan()["/srv/t"] { error } else { nil }
    }
    try sandbox.bash("mv srv real; ln -s real srv")
    #expect(refusal() == .symbolicLink("/srv"))
    #expect(throws: TreeError.symbolicLink("/srv")) { try engine.mend("/srv/t") }
    try sandbox.bash("rm srv; mv real srv; chmod 777 srv")
    #expect(refusal() == .writableParent("/srv", owner: 0, group: 0, mode: 0o777))
    try sandbox.bash("chmod 755 srv; chown \(TreeSandbox.stranger) srv")
    #expect(refusal() == .writableParent("/srv", owner: TreeSandbox.stranger, group: 0, mode: 0o755))
    try sandbox.bash("chown 0 srv; chmod 1777 srv")
    #expect(refusal() == nil)
    try sandbox.bash("chown \(TreeSandbox.stranger) srv/t")
    #expect(refusal() == .writableParent("/srv", owner: 0, group: 0, mode: 0o1777))
    try sandbox.bash("chmod 755 srv; rmdir srv/t; touch srv/t")
    #expect(refusal() == .notADirectory("/srv/t"))
    try sandbox.bash("rm srv/t; ln -s /etc srv/t")
    #expect(refusal() == .symbolicLink("/srv/t"))
  }

  @Test(arguments: [
    "/", "/etc", "/usr", "/home", "/root", "/var", "srv/t", "/srv//t", "/srv/../etc", "/srv/./t", "/srv/t/",
  ])
  func `no rule covers a system folder or has a crooked path`(path: String) throws {
    let sandbox = try TreeSandbox()
    #expect(throws: TreeError.self) { try sandbox.engine(TreeSandbox.rule(path)) }
  }
}
