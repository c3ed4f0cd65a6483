import Glibc
import Testing
import WritPolicy
import WritSystem

@testable import WritHostLinux

/// Somebody who may write to the tree works against snapshots and their removal.
@Suite(.enabled(if: TreeSandbox.isRoot, "needs root: changes owners"), .serialized)
struct BackupAttackTests {
  private static let rounds = 25

  @Test(arguments: [
    "rename \"d\",\"o\"; symlink \"../../etc\",\"d\"; unlink \"d\"; rename \"o\",\"d\";",
    "rename \"d/secret\",\"o\"; symlink \"../../../etc/secret\",\"d/secret\"; unlink \"d/secret\"; rename \"o\",\"d/secret\";",
    "rename \"d/e\",\"d/o\"; symlink \"../../../etc\",\"d/e\"; unlink \"d/e\"; rename \"d/o\",\"d/e\"; mkdir \"n\"; rmdir \"n\";",
    "open F,\">d/x\"; print F \"x\" x 5000; close F; truncate \"d/x\",3; rename \"d/x\",\"d/y\"; unlink \"d/y\"; system(\"mkfifo p\"); unlink \"p\";",
  ])
  func `nothing outside the tree is copied or removed`(_ round: String) throws {
    let sandbox = try BackupSandbox(keep: 2)
    try sandbox.bash(
      """
      echo outside-secret > etc/secret; chmod 600 etc/secret
      mkdir -p srv/t/d/e; echo inside > srv/t/d/secret; echo inside > srv/t/d/e/secret
      for i in $(seq 200); do echo $i > srv/t/d/e/$i; done
      chown -R 61002:61002 srv/t
      """)
    let outside = try sandbox.bash("find etc srv/backup -maxdepth 1 -not -path srv/backup | sort; sha256sum etc/secret")
    let script = "alarm 200; chdir 'srv/t'; $) = $( = 61002; $< = $> = 61002; while (getppid() != 1) { \(round) }"
    let attacker = try RunningAttack("/usr/bin/perl", ["-e", script], in: sandbox.box.root)
    defer { attacker.end() }
    var days: Int64 = 0
    for _ in 0..<Self.rounds {
      let outcome = try sandbox.take(day: days)
      #expect(outcome.isWhole)
      days += 1
    }
    attacker.end()
    #expect(try sandbox.bash("grep -rl outside-secret srv/backup | wc -l") == "0")
    #expect(
      try sandbox.bash("find etc srv/backup -maxdepth 1 -not -path srv/backup | sort; sha256sum etc/secret") == outside)
    #expect(sandbox.snapshots.count == 2)
    for name in sandbox.snapshots {
      let report = try sandbox.check(day: days, snapshot: name)
      #expect(report.faultCount == 0, "\(report.faults)")
    }
  }

  @Test func `a very deep tree is walked, counted and removed`() throws {
    let sandbox = try BackupSandbox(keep: 1)
    try sandbox.bash(
      "cd srv/t; perl -e 'for (1..600) { mkdir \"nnnnnnnnn\"; chdir \"nnnnnnnnn\" } open F,\">f\"; mkdir \"z\"'; echo a > a"
    )
    let outcome = try sandbox.take()
    #expect(outcome.isWhole && outcome.lines.contains { $0.contains("deeper than a path can be") })
    #expect(try sandbox.check().isFine)
    try sandbox.take(day: 1)
    #expect(sandbox.snapshots.count == 1)
    try sandbox.bash("rm -rf srv")
  }
}

/// A program that works against the tests until it is ended.
final class RunningAttack {
  private var pid: pid_t = 0

  init(_ path: String, _ arguments: [String], in folder: String) throws {
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    let script = "cd '\(folder)'; exec \"$0\" \"$@\" >/dev/null 2>&1"
    var words: [UnsafeMutablePointer<CChar>?] =
      (["/bin/sh", "-c", script, path] + arguments).map { strdup($0) } + [nil]
    defer { for word in words { free(word) } }
    guard posix_spawn(&pid, "/bin/sh", &actions, nil, &words, nil) == 0 else { throw SystemError("spawn", path) }
  }

  func end() {
    guard pid > 0 else { return }
    kill(pid, SIGKILL)
    waitpid(pid, nil, 0)
    pid = 0
  }
}
