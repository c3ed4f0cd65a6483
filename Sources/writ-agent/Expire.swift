internal import ArgumentParser
internal import WritHostLinux
internal import WritPolicy

/// `writ-agent expire`, for a timer of the host.
struct Expire: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Take away what has come to its end.",
    discussion: """
      Reads the coming ends that the last apply left in /etc/writ/ends and removes the memberships and ACL entries \
      that are over, and locks the accounts. It can give nothing to anybody. What it did is appended to \
      /var/lib/writ/expired.

      Example, from a timer: writ-agent expire

      Exit status: 0 done or nothing due, 1 nothing could be done, 8 done in part.
      """)

  @Option(help: ArgumentHelp("Work on a folder laid out like a host's root.", valueName: "dir"))
  var root = "/"

  func run() throws {
    let outcome: Expiry.Outcome
    do {
      outcome = try Expiry(root: root).run(at: Agent.now())
    } catch {
      Agent.complain("\(error)")
      throw ExitCode(1)
    }
    for line in outcome.done { print(line) }
    for line in outcome.failed { Agent.complain(line) }
    if !outcome.failed.isEmpty { throw ExitCode(8) }
  }
}
