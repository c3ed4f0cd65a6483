internal import ArgumentParser
internal import Glibc
internal import WritHostLinux
internal import WritPolicy
internal import WritSyntax
internal import WritSystem

/// `writ-agent backup`, for a timer of the host or its root.
struct Backup: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Take snapshots of trees, or look whether one can be restored.",
    discussion: """
      What is copied where stands in /etc/writ/backups, which an apply writes; without NAME every backup there is taken. \
      A snapshot is a folder named after its time in UTC, with owners, modes, ACLs and times in `tree`, and a list with \
      digests beside it; unchanged files are hard links to those of the last one. Without systemd, let cron run it with \
      `--if-due`.

      `--check` compares the newest snapshot, or that of `--snapshot`, with its list, and restores a sample on trial.

      Example: writ-agent backup
      Example: writ-agent backup --check conda-envs

      Exit status: 0 done, not due or in order, 1 nothing could be done, 2 a check found a fault or an overdue backup, \
      8 taken, but something could not be read.
      """)

  @Argument(help: "A resource with a backup on this host.") var name: String?
  @Flag(help: "Do nothing while the newest snapshot is new enough.") var ifDue = false
  @Flag(help: "Take none, but look whether one can be restored.") var check = false
  @Option(help: ArgumentHelp("The snapshot to check, as it is named.", valueName: "snapshot")) var snapshot: String?
  @Option(help: "Files and links that a check restores on trial.") var sample = 200
  @Flag(help: "Have a check restore everything on trial; it needs as much room again.") var all = false
  @Option(help: "Draws another sample; the same seed draws the same one.") var seed: UInt64 = 1
  @Option(help: ArgumentHelp("Work on a folder laid out like a host's root.", valueName: "dir"))
  var root = "/"

  func validate() throws {
    if check && ifDue { throw ValidationError("`--check` takes no snapshot, so none is due") }
    if !check && (snapshot != nil || all) { throw ValidationError("`--snapshot` and `--all` go with `--check`") }
    if snapshot != nil && name == nil { throw ValidationError("`--snapshot` needs the name of a backup") }
    if sample < 0 { throw ValidationError("a sample is 0 or more") }
  }

  func run() throws {
    guard geteuid() == 0 else {
      Agent.complain("only root can read every file, and keep its owner")
      throw ExitCode(1)
    }
    let backup = TreeBackup(root: root)
    let names: [String]
    do { names = try name.map { [$0] } ?? backup.names() } catch {
      Agent.complain("\(error)")
      throw ExitCode(1)
    }
    if names.isEmpty { print("no backups") }
    var status: Int32 = 0
    for name in names {
      do {
        let found = try check ? look(backup, name) : take(backup, name)
        // What failed wholly counts most.
        if status != 1 { status = max(status, found) }
      } catch {
        Agent.complain("\(name): \(visible("\(error)"))")
        status = 1
      }
    }
    if status != 0 { throw ExitCode(status) }
  }

  private func take(_ backup: TreeBackup, _ name: String) throws -> Int32 {
    let outcome = try backup.run(name, at: Agent.now(), ifDue: ifDue)
    for line in outcome.lines { print(line) }
    return outcome.isWhole ? 0 : 8
  }

  private func look(_ backup: TreeBackup, _ name: String) throws -> Int32 {
    let now = Agent.now()
    let report = try backup.check(
      BackupQuestion(name: name, snapshot: snapshot, sample: all ? nil : sample, seed: seed), at: now)
    for (index, line) in report.lines(at: now).enumerated() { print(index == 0 ? "\(name): \(line)" : line) }
    return report.isFine ? 0 : 2
  }
}
