import Glibc
import Testing
import WritPlan
import WritPolicy
import WritSystem

@testable import WritHostLinux

/// A marked root with a tree at `/srv/t` whose snapshots go to `/srv/backup/t`.
final class BackupSandbox {
  static let id = ObjectID(.backup, "t")
  static let start = Instant(seconds: 1_795_000_000)

  let box: Sandbox
  var backup: TreeBackup { TreeBackup(root: box.root) }

  init(keep: Int = 3, every: String = "1d") throws {
    box = try Sandbox()
    try bash("mkdir -p srv/t; chmod 755 srv")
    guard try box.apply([change(.create, .backup, "t", Self.state(keep: keep, every: every))]).allOK else {
      throw Sandbox.Failure.name
    }
  }

  static func state(
    tree: String = "/srv/t", to: String = "/srv/backup/t", keep: Int = 3, every: String = "1d"
  ) -> ObjectState {
    ObjectState([
      "tree": .text(tree), "to": .text(to), "every": .text(every), "keep": .text("\(keep)"), "faults": .lines([]),
    ])
  }

  @discardableResult
  func bash(_ script: String) throws -> String {
    let result = try Program("/bin/bash", ["-euc", script], workingDirectory: box.root).run()
    guard result.succeeded else { throw TreeSandbox.Failed(script: script, text: result.errorText) }
    return String(result.outputText.dropLast(result.outputText.hasSuffix("\n") ? 1 : 0))
  }

  /// Takes a snapshot so many days after the start.
  @discardableResult
  func take(day: Int64 = 0, ifDue: Bool = false) throws -> TreeBackup.Outcome {
    try backup.run("t", at: Instant(seconds: Self.start.seconds + day * 86_400), ifDue: ifDue)
  }

  func check(
    day: Int64 = 0, snapshot: String? = nil, sample: Int? = nil, seed: UInt64 = 1
  ) throws -> BackupReport {
    try backup.check(
      BackupQuestion(name: "t", snapshot: snapshot, sample: sample, seed: seed),
      at: Instant(seconds: Self.start.seconds + day * 86_400))
  }

  var snapshots: [String] {
    (try? HostRoot(box.root).names(in: "/srv/backup/t")) ?? []
  }

  /// Below the root, the newest snapshot's copy of the tree.
  var newest: String { "srv/backup/t/\(snapshots.last ?? "none")/tree" }

  /// Everything that a copy must keep, of every name: type, mode, owners, time, size, target and contents.
  func listing(_ folder: String) throws -> String {
    try bash(
      """
      cd \(folder)
      find . -printf '%P %y %m %U:%G %T@ %l\\0' | sort -z | tr '\\0' '\\n'
      find . -type f -print0 | sort -z | xargs -0 sha256sum
      find . ! -type l -print0 | sort -z | xargs -0 getfacl -n
      """)
  }
}
