import Glibc
import Testing
import WritSystem
import WritTestSupport

@Suite struct InheritedDescriptorTests {
  /// A git that outlived a killed writ went on in the clone while the next writ was at work in it.
  @Test func `a lock that a program inherited lasts until the program has ended, too`() throws {
    let scratch = try Scratch()
    let path = scratch.path + "/lock"
    let mine = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
    #expect(flock(mine, LOCK_EX | LOCK_NB) == 0)
    let shown = try Program("/usr/bin/readlink", ["/proc/self/fd/3"], inherited: mine).run()
    #expect(shown.outputText == path + "\n")
    #expect(try !Program("/usr/bin/readlink", ["/proc/self/fd/3"]).run().succeeded)
    // It goes on in the background after what was run has ended, and after this process has let go.
    let script = "sleep 1 </dev/null >/dev/null 2>&1 & echo $!"
    let child = try Program("/bin/sh", ["-c", script], inherited: mine).run().outputText
    close(mine)
    let other = open(path, O_RDWR | O_CLOEXEC)
    #expect(flock(other, LOCK_EX | LOCK_NB) != 0)
    kill(try #require(Int32(child.dropLast())), SIGKILL)
    #expect(flock(other, LOCK_EX) == 0)
    close(other)
  }
}
