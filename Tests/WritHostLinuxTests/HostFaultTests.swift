import Glibc
import Testing
import WritPlan
import WritSystem
import WritTestSupport

@testable import WritHostLinux

private let strace = "/usr/bin/strace"

@Suite(
  .enabled(if: isRoot, "needs root, or root of a user namespace, to give files away"),
  .enabled(if: access(strace, X_OK) == 0, "needs strace to stop a program half-way"))
struct HostFaultTests {
  /// The path of the test program's neighbour.
  private static var probe: String {
    var buffer = [UInt8](repeating: 0, count: 4096)
    let count = readlink("/proc/self/exe", &buffer, buffer.count)
    let path = String(decoding: buffer.prefix(max(0, count)), as: UTF8.self)
    return path.split(separator: "/").dropLast().map { "/" + $0 }.joined() + "/host-probe"
  }

  private static let files = ["/etc/passwd", "/etc/shadow", "/etc/group", "/etc/gshadow", "/var/lib/writ/ids"]

  private func run(_ work: String, _ box: Sandbox) throws -> Program.Result {
    try Program(Self.probe, [work, box.root]).run()
  }

  private func contents(_ box: Sandbox) -> [String: String] {
    Dictionary(uniqueKeysWithValues: Self.files.map { ($0, box.text($0)) })
  }

  /// Nothing that a stopped run left stands in the way of other tools, and all of it is swept by the next one.
  private func leftovers(_ box: Sandbox) throws -> [String] {
    let root = HostRoot(box.root)
    let inEtc = try root.names(in: "/etc").filter { $0.hasSuffix(".lock") && $0 != ".pwd.lock" || $0.hasSuffix(".tmp") }
    return inEtc + (try root.names(in: "/var/lib/writ").filter { $0.hasPrefix("writ-staging") })
  }

  @Test(arguments: ["rename:signal=SIGKILL", "link:signal=SIGKILL", "unlink:signal=SIGKILL", "write:error=ENOSPC"])
  func `stopped anywhere, each account file is old or new, and the next run finishes`(_ fault: String) throws {
    let reference = try Sandbox()
    let old = contents(reference)
    #expect(try run("apply", reference).succeeded)
    let new = contents(reference)
    var stopped = 0
    // Every call of the transaction for what puts files in place; a sample of the others.
    for number in stride(from: 1, through: 40, by: fault.hasPrefix("rename") ? 1 : fault.hasPrefix("link") ? 2 : 5) {
      let box = try Sandbox()
      let call = fault.prefix { $0 != ":" }
      let traced = try Program(
        strace,
        [
          "-o", "/dev/null", "-e", "trace=\(call)", "-e", "inject=\(fault):when=\(number)", Self.probe, "apply",
          box.root,
        ]
      ).run()
      if traced.succeeded { break }
      stopped += 1
      let found = contents(box)
      for file in Self.files {
        #expect(
          found[file] == old[file] || found[file] == new[file], "\(fault) \(number): \(file) is neither old nor new")
      }
      // Whoever has an entry in passwd has all that belongs to it.
      if found["/etc/passwd"] == new["/etc/passwd"] {
        #expect(found == new, "\(fault) \(number)")
      }
      let again = try run("apply", box)
      #expect(again.succeeded, "\(fault) \(number): \(again.outputText)")
      #expect(contents(box) == new, "\(fault) \(number)")
      let left = try leftovers(box)
      #expect(left.isEmpty, "\(fault) \(number): \(left)")
    }
    #expect(stopped > 1)
  }

  @Test func `looking takes no lock, opens nothing for writing and changes nothing`() throws {
    let box = try Sandbox()
    #expect(try run("apply", box).succeeded)
    let before = box.fingerprint()
    let log = box.scratch.path + "/log"
    let traced = try Program(
      strace, ["-f", "-o", log, "-e", "trace=%file,%desc,%process", Self.probe, "read", box.root]
    ).run()
    #expect(traced.succeeded, "\(traced.outputText)\(traced.errorText)")
    #expect(box.fingerprint() == before)
    let text = String(decoding: try FileContents.read(log), as: UTF8.self)
    #expect(text.contains("/etc/shadow"))
    let writes = [
      "O_WRONLY", "O_RDWR", "O_CREAT", "mkdir", "rename", "link(", "linkat", "symlink", "chmod", "chown", "setxattr(",
      "removexattr", "truncate", "utime", "mknod", "F_SETLK", "F_OFD_SETLK", "flock(", "vfork", "fork(",
    ]
    for line in text.split(separator: "\n") where !line.contains("readlink") {
      #expect(!writes.contains { line.contains($0) }, "\(line)")
    }
  }

  @Test func `a host that is mounted read-only is left as it is and says why`() throws {
    let box = try Sandbox()
    let before = contents(box)
    let script =
      "mount --bind '\(box.root)' '\(box.root)' && mount -o remount,ro,bind '\(box.root)' && exec '\(Self.probe)' apply '\(box.root)'"
    let result = try Program("/usr/bin/unshare", ["-m", "/bin/sh", "-c", script]).run()
    #expect(
      !result.succeeded && result.outputText.contains("Read-only file system"),
      "\(result.outputText)\(result.errorText)")
    #expect(contents(box) == before)
  }
}
