internal import ArgumentParser
internal import Glibc
internal import WritHostLinux
internal import WritPolicy
internal import WritSyntax

/// `writ-agent undo`, for the host's root after a change of a tree that nobody wanted.
struct Undo: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Show, or go back to, what a tree was before writ changed it.",
    discussion: """
      Without NUMBER the journals in /var/lib/writ/undo are listed. With it, what going back to before that run, and all \
      later ones of the same tree, would change; `--restore` does it.

      A tree that the policy has is left alone: take it out of the policy, or mend the policy, and apply. What somebody \
      changed since writ did stays as it is. Setuid and setgid of files, file capabilities and devices do not come back. \
      The next apply writes into the ledger that it was done.

      Example: writ-agent undo
      Example: writ-agent undo 17 --restore

      Exit status: 0 done or shown, 1 nothing could be done, 8 done in part.
      """)

  @Argument(help: "A journal's number.") var number: Int?
  @Flag(help: "Go back, instead of showing what that would change.") var restore = false
  @Option(help: ArgumentHelp("Work on a folder laid out like a host's root.", valueName: "dir"))
  var root = "/"

  func validate() throws {
    if restore && number == nil { throw ValidationError("`--restore` needs the number of a journal") }
  }

  func run() throws {
    let undo = TreeUndo(root: root)
    guard let number else { return try list(answer { try undo.journals() }) }
    let outcome = try answer { restore ? try undo.restore(number, at: Agent.now()) : try undo.preview(number) }
    for line in outcome.lines { print(line) }
    let inodes = "\(outcome.inodes) \(outcome.inodes == 1 ? "inode" : "inodes") of \(visible(outcome.tree))"
    print(restore ? "\(inodes) are as they were" : "\(inodes) would be as they were; `--restore` does it")
    for failure in outcome.failures { Agent.complain(failure) }
    if !outcome.failures.isEmpty { throw ExitCode(8) }
  }

  private func answer<Answer>(_ body: () throws -> Answer) throws -> Answer {
    do { return try body() } catch {
      Agent.complain("\(error)")
      throw ExitCode(1)
    }
  }

  private func list(_ found: (journals: [TreeUndo.Journal], faults: [String])) throws {
    for journal in found.journals {
      print(
        "\(journal.number)  \(journal.time.rfc3339)  \(visible(journal.tree))  \(journal.inodes) inodes before "
          + visible(String(journal.policy.prefix(40))))
    }
    if found.journals.isEmpty && found.faults.isEmpty { print("no journals") }
    for fault in found.faults { Agent.complain(fault) }
    if !found.faults.isEmpty { throw ExitCode(8) }
  }
}
