internal import ArgumentParser
internal import WritPolicy
internal import WritRender

struct WhyCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "why", abstract: "Say which lines give an access, or why there is none.",
    discussion: """
      Every way is listed: those that hold, those that are over or still to come, and what denies it. Exit status as `can`.

      Example: writ why wang.fang conda-envs:read
      """)

  @OptionGroup var question: EdgeQuestion

  func run() throws {
    let (found, key) = try question.read()
    let answer = explanation(of: key, in: found.policy, access: found.access, at: found.instant)
    Terminal.write(WhyText(style: Terminal.outputStyle, sources: found.policy.sources).text(answer))
    if !answer.holds { throw ExitCode(ExitStatus.no.rawValue) }
  }
}
