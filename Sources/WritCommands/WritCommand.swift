internal import ArgumentParser
internal import Glibc
internal import WritRender
internal import WritSyntax
internal import WritSystem

/// The root of the command line.
struct WritCommand: ParsableCommand {
  static let version = "0.1.0"

  static let configuration = CommandConfiguration(
    commandName: "writ",
    abstract: "Keep a team's access in git; review it, plan it, apply it, and say who granted what.",
    discussion: """
      The policy is YAML below `policies/` in a git repository. Results go to standard output, everything else to standard \
      error.

      Example: writ validate && writ plan && writ apply
      """,
    version: version,
    subcommands: [
      InitCommand.self,
      FmtCommand.self, ValidateCommand.self, TestCommand.self, ExplainCommand.self, AccessCommand.self, CanCommand.self,
      WhyCommand.self, ExpiringCommand.self, RenewCommand.self, DiffCommand.self, BlameCommand.self, PlanCommand.self,
      ApplyCommand.self, ImportCommand.self, DriftCommand.self, AdoptCommand.self, ExpiredCommand.self,
      ProveCommand.self, RestoreCommand.self, LogCommand.self,
      ShowCommand.self,
      VerifyCommand.self, ApproveCommand.self, ApprovalsCommand.self, SignersCommand.self, SecretCommand.self,
      AgentCommand.self,
    ])
}

/// What the executable calls, so that it holds nothing itself.
public enum WritMain {
  /// Parses the arguments, runs the command and ends the process with its status (design §10).
  public static func run() -> Never {
    StandardStreams.keepTaken()
    ProcessMemory.keep()
    do {
      var command = try WritCommand.parseAsRoot()
      try command.run()
      exit(ExitStatus.done.rawValue)
    } catch {
      if let failure = CommandFailure.from(error) {
        let style = Terminal.errorStyle
        Terminal.message(style.error("error:") + " " + failure.message)
        if !failure.hint.isEmpty { Terminal.message("hint: " + failure.hint) }
        exit(failure.status.rawValue)
      }
      // What the parser does not know either is a fault of the program's own.
      if WritCommand.exitCode(for: error) == .failure, !(error is ExitCode) {
        Terminal.message(
          Terminal.errorStyle.error("error:") + " this is a bug in writ: " + visible(String(describing: error)))
        exit(ExitStatus.bug.rawValue)
      }
      WritCommand.exit(withError: error)
    }
  }
}
