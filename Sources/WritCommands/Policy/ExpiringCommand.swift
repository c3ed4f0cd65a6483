internal import ArgumentParser
internal import WritDigest
internal import WritPolicy
internal import WritRender
internal import WritSyntax

struct ExpiringCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "expiring", abstract: "List what ends soon: accesses, entries, principals, and keys to be changed.",
    discussion: """
      An access that another way carries on is not among the accesses; the entry that ends is listed all the same. A key is as \
      old as git says: since when it has stood in the policy.

      Example: writ expiring --within 14d
      """)

  @OptionGroup var reading: ReadingOptions
  @Option(help: ArgumentHelp("How far to look: `14d`, `12h`.", valueName: "duration"))
  var within: DurationArgument = DurationArgument(Duration(seconds: 14 * 86400))
  @Option(help: "text or json.") var format = OutputFormat.text

  func validate() throws {
    if format != .text, format != .json { throw ValidationError("`expiring` writes text or json") }
  }

  func run() throws {
    let found = try reading.read()
    let last = found.instant + within.duration
    let report = ExpiringReport(
      edges: found.access.expiring(at: found.instant, within: within.duration),
      entries: found.policy.entries(endingAfter: found.instant, upTo: last), rotations: try rotations(found, last),
      at: found.instant, sources: found.policy.sources)
    switch format {
    case .json: Terminal.writeLine(report.json(commit: found.commit).canonicalText)
    default: Terminal.write(report.text)
    }
  }

  private func rotations(_ found: Workspace.Reading, _ last: Instant) throws -> [ExpiringReport.Rotation] {
    let workspace = try Workspace(options: reading.repository)
    guard let commit = found.commit ?? (try? workspace.resolve("HEAD")) else { return [] }
    return try workspace.credentialAges(in: found.policy, upTo: commit).compactMap { age in
      guard let since = age.since, let due = age.due, due <= last else { return nil }
      return ExpiringReport.Rotation(
        account: age.account, since: since, due: due, place: age.place, mayBeOlder: age.mayBeOlder)
    }
    .sorted { ($0.due, $0.account) < ($1.due, $1.account) }
  }
}
