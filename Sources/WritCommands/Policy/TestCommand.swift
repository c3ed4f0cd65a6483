internal import ArgumentParser
internal import WritPolicy
internal import WritRender
internal import WritSyntax

struct TestCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "test", abstract: "Run the policy's own tests.",
    discussion: """
      `can` must hold now; `cannot` and `only` must hold from now on, whatever the clock brings. Exit status: 0 when all pass, \
      3 when one fails.

      Example: writ test --worktree
      """)

  @OptionGroup var reading: ReadingOptions
  @Flag(help: "Print failures only.") var quiet = false

  func run() throws {
    let found = try reading.read()
    let outcomes = testOutcomes(of: found.policy, access: found.access, at: found.instant)
    let text = TestText(style: Terminal.outputStyle, sources: found.policy.sources)
    for outcome in outcomes where !quiet || !outcome.passed { Terminal.write(text.text(outcome)) }
    let failed = outcomes.filter { !$0.passed }.count
    Terminal.writeLine("\(outcomes.count - failed) passed, \(failed) failed")
    if failed > 0 { throw ExitCode(ExitStatus.invalidPolicy.rawValue) }
  }
}
