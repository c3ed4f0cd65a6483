internal import ArgumentParser
internal import WritPolicy
internal import WritDigest
internal import WritRender
internal import WritSyntax
internal import WritSystem

struct ValidateCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "validate", abstract: "Check the policy and report everything wrong with it.",
    discussion: """
      Reads files only: no vault, no host, no network. Findings are sorted by file and line; `writ explain SLUG` says more \
      about one. Exit status: 0 without errors, 3 with.

      Example: writ validate
      Example: writ validate --commit main~3 --format json
      """)

  @OptionGroup var repository: RepositoryOptions

  @Option(help: ArgumentHelp("Check this commit instead of the working tree.", valueName: "commit"))
  var commit: String?

  @Option(help: "text, json, sarif or github.")
  var format = OutputFormat.text

  func run() throws {
    let workspace = try Workspace(options: repository)
    let basis = try commit.map { Workspace.Basis.commit(try workspace.resolve($0)) } ?? .workingTree
    let now = SystemClock.now()
    var loaded = workspace.loader.load(try workspace.files(basis), at: now)
    // Of a policy that is wrong nobody knows whom it means.
    if !loaded.findings.hasErrors {
      loaded.findings += try workspace.signerFindings(of: loaded.policy, basis, at: now)
      loaded.findings = loaded.findings.inOrder()
    }
    let report = FindingReport(loaded.findings, in: loaded.policy.sources)
    switch format {
    case .text:
      Terminal.write(report.text(width: Terminal.width, style: Terminal.outputStyle))
      if !loaded.findings.isEmpty { Terminal.writeLine("\n" + report.summary) }
      if !loaded.findings.hasErrors { Terminal.writeLine("valid: \(Self.contents(loaded.policy))") }
    case .json: Terminal.writeLine(report.json.canonicalText)
    case .sarif: Terminal.writeLine(report.sarif(version: WritCommand.version).canonicalText)
    case .github: Terminal.write(report.github)
    case .markdown: throw ValidationError("`validate` writes text, json, sarif or github")
    }
    if loaded.findings.hasErrors { throw ExitCode(ExitStatus.invalidPolicy.rawValue) }
  }

  /// `12 people, 5 service accounts, 9 roles, 14 resources, 3 sharing groups`
  private static func contents(_ policy: Policy) -> String {
    func count(_ number: Int, _ one: String, _ many: String) -> String { "\(number) \(number == 1 ? one : many)" }
    return [
      count(policy.people.count, "person", "people"),
      count(policy.serviceAccounts.count, "service account", "service accounts"),
      count(policy.roles.count, "role", "roles"), count(policy.resources.count, "resource", "resources"),
      count(policy.sharingGroups.count, "sharing group", "sharing groups"),
    ].joined(separator: ", ")
  }
}
