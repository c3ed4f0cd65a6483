internal import ArgumentParser
internal import WritDigest
internal import WritHistory
internal import WritPolicy
internal import WritRender
internal import WritSyntax

struct AccessCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "access", abstract: "List effective access: everybody's, one principal's, or to one resource.",
    discussion: """
      With `--at` the policy in force then is asked: a time means the commit in force at that time, evaluated at it; a commit \
      means that commit, now. `--during` lists everything that held at some instant from one time or commit to another, with \
      its periods. `--applied` lists what targets really had, by the ledger: at their last complete apply, or with `--at TIME` \
      at the last one until then.

      Example: writ access wang.fang
      Example: writ access wang.fang --during 2026-10-01T00:00:00Z..2026-11-01T00:00:00Z
      Example: writ access base-weights --applied
      Example: writ access base-weights --at 2026-11-01T00:00:00Z --format json
      """)

  @OptionGroup var reading: ReadingOptions
  @Argument(help: "A person, service account, resource or sharing group.") var name: String?
  @Option(help: ArgumentHelp("The past: a time (RFC 3339) or a commit.", valueName: "time|commit")) var at: String?
  @Option(help: ArgumentHelp("Everything that held from A to B: times (RFC 3339) or commits.", valueName: "A..B"))
  var during: String?
  @Flag(help: "What targets really had, by the ledger.") var applied = false
  @Option(help: "text or json.") var format = OutputFormat.text

  func validate() throws {
    if during != nil, at != nil || applied {
      throw ValidationError("`--during` goes with neither `--at` nor `--applied`")
    }
    if during != nil || applied, reading.worktree {
      throw ValidationError(
        "what is not committed has no past: `--worktree` goes with neither `--during` nor `--applied`")
    }
    if applied, let at, Instant(rfc3339: at) == nil {
      throw ValidationError("`--applied --at` takes a time (RFC 3339)")
    }
    if format != .text, format != .json { throw ValidationError("`access` writes text or json") }
  }

  func run() throws {
    if let during { return try runDuring(during) }
    if applied { return try runApplied() }
    let found = try subject()
    var edges = found.access.edges(at: found.instant)
    var indirect = indirectAccess(of: found.policy, access: found.access).filter {
      $0.holds.contains(found.instant)
    }
    if let name {
      switch try Names(policy: found.policy).either(name) {
      case .principal(let principal):
        edges = edges.filter { $0.principal == principal }
        indirect = indirect.filter { $0.principal == principal }
      case .resource(let resource):
        edges = edges.filter { $0.permission.object.resource == resource }
        indirect = indirect.filter { $0.reached.permission.object.resource == resource }
      case .everything: break
      }
    }
    switch format {
    case .text:
      Terminal.write(
        AccessText(style: Terminal.outputStyle).table(
          edges, indirect: indirect, at: found.instant, sources: found.policy.sources))
    default:
      Terminal.writeLine(
        AccessJSON.document(
          edges: edges, indirect: indirect, commit: found.commit, at: found.instant, sources: found.policy.sources
        ).canonicalText)
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
