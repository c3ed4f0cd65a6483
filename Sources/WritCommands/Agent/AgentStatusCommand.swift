internal import ArgumentParser
internal import WritApply
internal import WritDigest
internal import WritHostLinux
internal import WritPolicy
internal import WritSyntax
internal import WritSystem

struct AgentStatusCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "status", abstract: "Ask each host over ssh which agent answers.",
    discussion: """
      Exit status: 0 when an agent of this version answers on every host, 1 otherwise.

      Example: writ agent status --host gpu02
      """)

  @OptionGroup var repository: RepositoryOptions
  @OptionGroup var fleet: FleetOptions
  @Option(help: ArgumentHelp("Only this host; may be given several times.", valueName: "host"))
  var host: [String] = []
  @Option(help: ArgumentHelp("Ask about the hosts of this commit instead of HEAD.", valueName: "commit"))
  var commit = "HEAD"

  func run() throws {
    let workspace = try Workspace(options: repository)
    let basis = Workspace.Basis.commit(try workspace.resolve(commit))
    let policy = try workspace.read(basis, at: SystemClock.now()).policy
    let fleet = fleet.fleet([])
    let targets = try AgentHosts(host, in: policy).hosts.map { fleet.remote($0.host, $0.address, commit: nil) }
    let answers = fleet.crew.map(targets) { target -> (text: String, isGood: Bool) in
      guard let target = target as? RemoteHost else { return ("", false) }
      do {
        let agent = try target.agent()
        return ("writ-agent \(agent.version)" + (agent.digest.map { "  \($0)" } ?? ""), true)
      } catch {
        let failure = CommandFailure.from(error)
        return (failure?.advice ?? visible(String(describing: error)), false)
      }
    }
    for (target, answer) in zip(targets, answers) { Terminal.writeLine("\(target.name)  \(answer.text)") }
    if targets.isEmpty { Terminal.writeLine("no host is reached by ssh") }
    if !answers.allSatisfy(\.isGood) { throw ExitCode(ExitStatus.failed.rawValue) }
  }
}
