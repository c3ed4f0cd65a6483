import Glibc
import Testing
import WritTestSupport

@testable import WritHostLinux

/// The rows of the safety checklist in which somebody else works on the tree at the same time, or the system fails.
@Suite(.enabled(if: TreeSandbox.isRoot, "needs root: changes owners"), .serialized)
struct TreeAttackTests {
  /// Runs a Perl loop beside `body`, and ends it by its process id.
  private func beside<R>(_ sandbox: TreeSandbox, loop: String, _ body: () throws -> R) throws -> R {
    let pid = try sandbox.bash(
      """
      perl -e 'alarm 60; chdir "srv/t" or die; while (1) { \(loop) }' >/dev/null 2>&1 </dev/null &
      echo $!
      """)
    guard let number = Int32(pid.dropLast()) else { throw TreeSandbox.Failed(script: loop, text: pid) }
    defer { kill(number, SIGKILL) }
    return try body()
  }

  @Test func `a parent swapped for a link while it is mended leads nowhere`() throws {
    let sandbox = try TreeSandbox()
    try sandbox.bash(
      "mkdir -p etc/sub srv/t/d/sub; touch {etc,srv/t/d}/{,sub/}{a,b,shadow}; chmod 604 etc/* etc/sub/*; chmod 755 etc/sub"
    )
    let before = try sandbox.bash("find etc -printf '%i %C@ %m %U:%G %p\\n'")
    let engine = try sandbox.engine(TreeSandbox.rule())
    let loop = """
      rename "d", "o"; symlink "../../etc", "d"; unlink "d"; rename "o", "d";
      rename "d/a", "d/o"; symlink "../../../etc/a", "d/a"; unlink "d/a"; rename "d/o", "d/a";
      chmod 0666, "d/a", "d/sub/shadow"; chmod 0777, "d", "d/sub";
      """
    let changed = try beside(sandbox, loop: loop) {
      var changed = 0
      // However late the other process starts.
      for run in 0..<20_000 where run < 200 || changed < 100 { changed += try engine.mend("/srv/t").changed }
      return changed
    }
    // It did have something to do, while the names it worked by pointed elsewhere.
    #expect(changed >= 100)
    #expect(try sandbox.bash("find etc -printf '%i %C@ %m %U:%G %p\\n'") == before)
  }

  @Test func `what comes and goes meanwhile is counted and the next run converges`() throws {
    let sandbox = try TreeSandbox()
    let engine = try sandbox.engine(TreeSandbox.rule())
    let loop = #"mkdir "n"; for $i (1 .. 20) { open F, ">n/$i"; close F } unlink glob("n/*"); rmdir "n";"#
    let vanished = try beside(sandbox, loop: loop) {
      var vanished = 0
      for run in 0..<4_000 where run < 60 || vanished == 0 {
        let mending = try engine.mend("/srv/t")
        #expect(mending.failures == [])
        vanished += mending.vanished
      }
      return vanished
    }
    #expect(vanished > 0)
    _ = try engine.mend("/srv/t")
    let report = try engine.scan().report()
    #expect(report.lines() == [] && report.isComplete)
  }

  @Test func `mounts are listed and not entered, be it of a single file`() throws {
    let sandbox = try TreeSandbox()
    try sandbox.bash("mkdir etc srv/t/in; touch etc/passwd srv/t/f; mkdir srv/t/d; chmod 604 etc/passwd")
    // A process in a mount namespace of its own; its view of the file system is reached through /proc.
    let pid = try sandbox.bash(
      """
      unshare -m bash -c 'mount --make-rprivate /; mount --bind etc srv/t/in; mount --bind etc/passwd srv/t/f; \
      touch ready; exec sleep 30' >/dev/null 2>&1 </dev/null &
      echo $!; for i in {1..200}; do [ -e ready ] && exit; sleep 0.02; done
      """)
    guard let number = Int32(pid.dropLast()) else { throw TreeSandbox.Failed(script: "unshare", text: pid) }
    defer { kill(number, SIGKILL) }
    let before = try sandbox.bash("find etc -printf '%i %C@ %m %U:%G %p\\n'")
    let host = try TreeHostRoot("/proc/\(number)/root\(sandbox.scratch.path)")
    let engine = try TreeEngine(host, rules: [TreeSandbox.rule()])
    #expect(try engine.mend("/srv/t").isDone)
    let report = try engine.scan().report()
    #expect(report.notices.map(\.text) == ["something else is mounted here, left alone: 2 (f, in)"])
    #expect(report.lines() == [])
    #expect(try sandbox.bash("find etc -printf '%i %C@ %m %U:%G %p\\n'") == before)
    #expect(try sandbox.state("srv/t/d") == ["2750 \(TreeSandbox.owner):\(TreeSandbox.readers)"])
  }
}

/// The same code in a process of its own: traced, failing, killed, or run by somebody without rights.
@Suite(.enabled(if: TreeSandbox.isRoot, "needs root: changes owners"))
struct TreeProbeTests {
  /// The path of the test program's neighbour.
  static var probe: String {
    var buffer = [UInt8](repeating: 0, count: 4096)
    let count = readlink("/proc/self/exe", &buffer, buffer.count)
    let path = String(decoding: buffer.prefix(max(0, count)), as: UTF8.self)
    return path.split(separator: "/").dropLast().map { "/" + $0 }.joined() + "/tree-probe"
  }

  /// The words after `scan` or `mend`.
  private func words(_ sandbox: TreeSandbox, writers: String = "-") -> String {
    "\(sandbox.scratch.path) /srv/t \(TreeSandbox.owner) \(TreeSandbox.readers) 2750 640 \(writers)"
  }

  @Test func `looking opens nothing for writing and changes nothing`() throws {
    let sandbox = try TreeSandbox()
    try sandbox.bash(
      "mkdir srv/t/d; touch srv/t/a srv/t/d/b; chmod 666 srv/t/a; setfacl -m u:0:r srv/t/d/b; ln srv/t/a srv/out; ln -s /etc srv/t/l"
    )
    let before = try sandbox.bash("find srv -printf '%i %C@ %T@ %p\\n' | sort")
    let trace = try sandbox.bash(
      "strace -f -o trace -e trace=%file,%desc \(Self.probe) scan \(words(sandbox)) >/dev/null; grep -E 'statx|getdents64|O_WRONLY|O_RDWR|O_CREAT|chmod|chown|(set|remove)xattr|mkdir|unlink|rename' trace"
    )
    #expect(trace.contains("getdents64"))
    for call in [
      "O_WRONLY", "O_RDWR", "O_CREAT", "chmod", "chown", "setxattr", "removexattr", "mkdir", "unlink", "rename",
    ] {
      #expect(!trace.contains(call), "\(call)")
    }
    #expect(try sandbox.bash("find srv -printf '%i %C@ %T@ %p\\n' | sort") == before)
  }

  @Test func `narrowing comes before the new owner, widening after`() throws {
    let sandbox = try TreeSandbox()
    try sandbox.bash(
      "chown \(TreeSandbox.owner):\(TreeSandbox.readers) srv/t; chmod 2750 srv/t; touch srv/t/f; chown \(TreeSandbox.stranger):\(TreeSandbox.others) srv/t/f; chmod 4674 srv/t/f; setfacl -m u:\(TreeSandbox.stranger):rwx srv/t/f"
    )
    let trace = try sandbox.bash(
      "strace -f -o trace \(Self.probe) mend \(words(sandbox, writers: "\(TreeSandbox.writers)")) >/dev/null; cat trace"
    )
    // A call during which another thread was at work is told in two lines, and how it ended in the second.
    var begun: [String: String] = [:]
    var whole: [String] = []
    for line in trace.split(separator: "\n").map(String.init) {
      let thread = String(line.prefix { $0 != " " })
      if line.hasSuffix("<unfinished ...>") {
        begun[thread] = line
      } else {
        whole.append(line.contains(" resumed>") ? (begun.removeValue(forKey: thread) ?? "") + line : line)
      }
    }
    let calls = whole.compactMap { line -> String? in
      if line.contains("= -1") { return nil }
      if line.contains("fchownat(") { return "chown" }
      if line.contains("setxattr(") { return line.contains("acl_default") ? "default" : "acl" }
      return line.contains("chmod") || line.contains("0x1c4(") ? "chmod" : nil
    }
    // The folder's default ACL; of the file setuid, then the stranger's entry, then the owner, then the writers' entry; the
    // folder is opened to the writers last.
    #expect(calls == ["default", "chmod", "acl", "chown", "acl", "acl"], "\(trace)")
    #expect(
      try sandbox.acl("srv/t/f")
        == "user::rw-,user:\(TreeSandbox.owner):rw-,group::r--,group:\(TreeSandbox.writers):rw-,mask::rw-,other::---")
  }

  @Test(arguments: [
    "fchownat:error=EROFS", "fchownat:error=EPERM", "setxattr:error=EIO", "setxattr:error=ENOSPC",
    "getdents64:error=ESTALE",
  ])
  func `a call that fails is reported, and the rest is done`(fault: String) throws {
    let sandbox = try TreeSandbox()
    try sandbox.bash(
      "mkdir srv/t/d; touch srv/t/{a,b,c} srv/t/d/{a,b,c}; setfacl -m u:\(TreeSandbox.stranger):rwx srv/t/b srv/t/d/b")
    let call = fault.split(separator: ":").first ?? ""
    // strace counts for each thread, and the look before has several calls of getdents64.
    let time = call == "getdents64" ? "2+" : "2"
    let text = try sandbox.bash(
      "strace -f -o /dev/null -e trace=\(call) -e inject=\(fault):when=\(time) \(Self.probe) mend \(words(sandbox)) && exit 9 || [ $? = 1 ]"
    )
    #expect(text.contains("failure: ") || text.contains("obstacle: "), "\(text)")
    let engine = try sandbox.engine(TreeSandbox.rule())
    let report = try engine.scan().report()
    #expect(!report.deviations.isEmpty || fault.hasPrefix("getdents64"))
    #expect(report.deviations.reduce(0) { max($0, $1.sample.count) } <= 3)
    #expect(try engine.mend("/srv/t").isDone)
    #expect(try engine.scan().report().lines() == [])
  }

  @Test func `killed anywhere, it leaves nothing wider, and the next run completes`() throws {
    let sandbox = try TreeSandbox()
    let engine = try sandbox.engine(TreeSandbox.rule())
    for call in ["fchownat", "setxattr", "fsetxattr", "statx"] {
      for count in 1...3 {
        try sandbox.bash(
          """
          chmod 700 srv/t; setfacl -Rb srv/t; rm -rf srv/t/*; mkdir srv/t/d; touch srv/t/{a,b} srv/t/d/c; chown -R 0:0 srv/t
          setfacl -m u:\(TreeSandbox.stranger):rwx srv/t/a srv/t/d; chmod 604 srv/t/b
          strace -f -o /dev/null -e trace=\(call) -e inject=\(call):signal=SIGKILL:when=\(count) \(Self.probe) mend \(words(sandbox)) >/dev/null 2>&1 || true
          """)
        // With an ACL the group's bits are its mask: the most that any entry gives.
        for (name, most) in [("a", 0o674), ("b", 0o644), ("d", 0o775), ("d/c", 0o644)] {
          let mode = try #require(Int(sandbox.bash("stat -c %a srv/t/\(name)").dropLast(), radix: 8))
          #expect(mode & 0o777 & ~most == 0, "\(name) \(call) \(count)")
        }
        #expect(try engine.mend("/srv/t").isDone)
        #expect(try engine.scan().report().lines() == [])
      }
    }
  }

  @Test func `what an ordinary user cannot read is unknown`() throws {
    let sandbox = try TreeSandbox()
    try sandbox.bash(
      "mkdir srv/t/open srv/t/shut; touch srv/t/shut/f; chmod 755 . srv/t srv/t/open; chmod 0 srv/t/shut")
    let text = try sandbox.bash(
      "setpriv --reuid \(TreeSandbox.stranger) --regid \(TreeSandbox.others) --clear-groups \(Self.probe) scan \(words(sandbox)) && exit 9 || [ $? = 1 ]"
    )
    #expect(text.contains("obstacle: open: Permission denied: 1 (shut)"))
  }

  @Test func `a read-only file system is told and nothing is called done`() throws {
    let sandbox = try TreeSandbox()
    try sandbox.bash("touch srv/t/f")
    let text = try sandbox.bash(
      "unshare -m bash -c 'mount --make-rprivate /; mount --bind srv srv; mount -o remount,ro,bind srv; \(Self.probe) scan \(words(sandbox)); \(Self.probe) mend \(words(sandbox)) && exit 9 || [ $? = 1 ]'"
    )
    #expect(text.contains("notice: the file system is mounted read-only"))
    #expect(text.contains("failure: ") && text.contains("Read-only file system"))
  }
}
