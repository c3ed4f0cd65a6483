internal import ArgumentParser
internal import WritDigest
internal import WritPolicy
internal import WritRender
internal import WritSyntax

struct AccessCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "access", abstract: "List effective access: everybody's, one principal's, or to one resource.",
    discussion: """
      With `--at` the policy in force then is asked: a time means the commit in force at that time, evaluated at it; a commit \
      means that commit, now.

      Example: writ access wang.fang
      Example: writ access base-weights --at 2026-11-01T00:00:00Z --format json
      """)

  @OptionGroup var reading: ReadingOptions
  @Argument(help: "A person, service account, resource or sharing group.") var name: String?
  @Option(help: ArgumentHelp("The past: a time (RFC 3339) or a commit.", valueName: "time|commit")) var at: String?
  @Option(help: "text or json.") var format = OutputFormat.text

  func run() throws {
    let found = try subject()
    var edges = found.access.edges(at: found.instant)
    var indirect = indirectAccess(of: found.policy, access: found.access).filter {
      $0.holds.contains(found.instant)
    }
    if let name {
      let policy = found.policy
      if let principal = PrincipalName(validating: name), policy.isPrincipal(principal) {
        edges = edges.filter { $0.principal == principal }
        indirect = indirect.filter { $0.principal == principal }
      } else if let resource = ResourceName(validating: name),
        policy.resources[resource] != nil || policy.sharingGroups[resource] != nil
      {
        edges = edges.filter { $0.permission.object.resource == resource }
        indirect = indirect.filter { $0.reached.permission.object.resource == resource }
      } else {
        let known =
          policy.principals.map(\.text) + policy.resources.keys.map(\.text) + policy.sharingGroups.keys.map(\.text)
        throw CommandFailure(
          .invalidPolicy, "nobody and nothing is named `\(visible(name))`",
          hint: nearestName(to: name, among: known).map { "did you mean `\($0)`?" } ?? "")
      }
    }
    switch format {
    case .text:
      Terminal.write(
        AccessText(style: Terminal.outputStyle).table(
          edges, indirect: indirect, at: found.instant, sources: found.policy.sources))
    case .json:
      Terminal.writeLine(
        AccessJSON.document(
          edges: edges, indirect: indirect, commit: found.commit, at: found.instant, sources: found.policy.sources
        ).canonicalText)
    default: throw ValidationError("`access` writes text or json")
    }
  }

  private func subject() throws -> Workspace.Reading {
    guard let at else { return try reading.read() }
    let workspace = try Workspace(options: reading.repository)
    if let instant = Instant(rfc3339: at) {
      return try workspace.read(.commit(try workspace.commitInForce(at: instant, of: reading.commit)), at: instant)
    }
    return try workspace.read(.commit(try workspace.resolve(at)), at: reading.instant)
  }
}
