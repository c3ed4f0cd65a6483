internal import ArgumentParser
internal import WritPolicy
internal import WritSystem

/// Which policy a question is about, and when: the same for every command that only reads.
struct ReadingOptions: ParsableArguments {
  @OptionGroup var repository: RepositoryOptions

  @Option(help: ArgumentHelp("Ask the policy of this commit instead of HEAD.", valueName: "commit"))
  var commit = "HEAD"

  @Flag(help: "Ask the files as they lie in the working tree, committed or not.")
  var worktree = false

  @Option(help: ArgumentHelp("Ask for this instant (RFC 3339) instead of now.", valueName: "time"))
  var asOf: InstantArgument?

  var instant: Instant { asOf?.instant ?? SystemClock.now() }

  func read() throws -> Workspace.Reading {
    let workspace = try Workspace(options: repository)
    let basis = worktree ? Workspace.Basis.workingTree : .commit(try workspace.resolve(commit))
    return try workspace.read(basis, at: instant)
  }
}
