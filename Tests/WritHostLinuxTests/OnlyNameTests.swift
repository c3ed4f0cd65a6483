import CWritSys
import Glibc
import Testing
import WritSystem
import WritTestSupport

@testable import WritHostLinux

/// Whether a name, by which a file was opened, is the one name of that file.
@Suite struct OnlyNameTests {
  /// Opens `name` in the folder `t`, lets `meanwhile` happen beside it, and asks.
  private func answer(_ name: String, _ made: String, _ meanwhile: String = "") throws -> Int32 {
    let scratch = try Scratch()
    func run(_ script: String) throws {
      let program = Program("/bin/bash", ["-euc", script], workingDirectory: scratch.path)
      try #require(try program.run().succeeded)
    }
    try run("mkdir t u; echo > outside; \(made)")
    let folder = open(scratch.path + "/t", O_RDONLY | O_DIRECTORY)
    defer { close(folder) }
    let pin = writ_pin(folder, name)
    try #require(pin >= 0)
    defer { close(pin) }
    try run(meanwhile)
    let answer = writ_only_name(folder, name, pin)
    return answer < 0 ? -errno : answer
  }

  @Test func `is said of what lies there alone, whatever it is called`() throws {
    #expect(try answer("f", "echo > t/f") == 1)
    #expect(try answer("f", "echo > t/f", "chmod 600 t/f; echo > t/g; echo more >> t/f") == 1)
    #expect(try answer("f (deleted)", "echo > 't/f (deleted)'") == 1)
    #expect(try answer("f\ng", "printf x > \"$(printf 't/f\\ng')\"") == 1)
    #expect(try answer("s", "ln -s nowhere t/s") == 1)
    #expect(try answer("p", "mkfifo t/p") == 1)
    #expect(try answer("f", "echo > t/f", "mv t w; mv w t") == 1)
  }

  // The count of names is one in each, and was so for the file elsewhere before anybody came.
  @Test func `is not said of a file elsewhere whose link was taken away`() throws {
    #expect(try answer("f", "ln outside t/f", "rm t/f") == 0)
    #expect(try answer("f", "ln outside t/f", "mv -T t/f t/g; rm outside") == 0)
    #expect(try answer("f", "ln outside t/f", "rm t/f; ln outside 't/f (deleted)'; rm outside") == 0)
    #expect(try answer("f", "ln outside t/f", "rm t/f; mv outside t/f") == 0)
    #expect(try answer("f", "ln outside t/f", "echo > t/x; mv -T t/x t/f") == 0)
    #expect(try answer("f", "echo > t/f", "mv t/f u/f") == 0)
    #expect(try answer("f", "echo > t/f", "mv t/f f") == 0)
    #expect(try answer("f", "echo > t/f", "rm -r t") == 0)
    #expect(try answer("f", "echo > t/f", "rm t/f") == 0)
  }

  @Test func `is not said of a file with more names`() throws {
    #expect(try answer("f", "ln outside t/f") == 0)
    #expect(try answer("f", "echo > t/f", "ln t/f t/g") == 0)
  }

  @Test func `is not known of a path longer than the kernel tells`() throws {
    let deep = (0..<20).map { _ in String(repeating: "d", count: 250) }
    let walk = deep.map { "mkdir \($0); cd \($0)" }.joined(separator: "; ")
    let scratch = try Scratch()
    let program = Program("/bin/bash", ["-euc", walk + "; echo > f"], workingDirectory: scratch.path)
    try #require(try program.run().succeeded)
    var folder = open(scratch.path, O_RDONLY | O_DIRECTORY)
    for name in deep {
      let inner = openat(folder, name, O_RDONLY | O_DIRECTORY)
      close(folder)
      folder = inner
    }
    defer { close(folder) }
    let pin = writ_pin(folder, "f")
    defer { close(pin) }
    #expect(writ_only_name(folder, "f", pin) == -1 && errno == ENAMETOOLONG)
    // Too deep for a path.
    try #require(try Program("/bin/rm", ["-r", scratch.path]).run().succeeded)
  }
}
