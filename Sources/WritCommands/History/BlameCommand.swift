internal import ArgumentParser
internal import WritApply
internal import WritDigest
internal import WritHistory
internal import WritPolicy
internal import WritRender
internal import WritSyntax
internal import WritSystem

struct BlameCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "blame", abstract: "Say who granted an access, who approved it, when it was applied and when it ends.",
    discussion: """
      The answer comes from what the policy meant at each commit of the first-parent line, so moving, sorting and re-wrapping \
      files changes nothing. Without a permission it lists everything the principal has, a line each; with `--all` everything \
      that everybody has, one JSON object a line.

      Example: writ blame wang.fang conda-envs:read
      Example: writ blame wang.fang
      Example: writ blame --all
      """)

  @OptionGroup var repository: RepositoryOptions
  @Option(help: ArgumentHelp("Answer for this commit instead of HEAD.", valueName: "commit")) var commit = "HEAD"
  @Option(help: ArgumentHelp("Answer for this instant (RFC 3339) instead of now.", valueName: "time"))
  var asOf: InstantArgument?
  @Flag(help: "Every access that holds, as JSON lines.") var all = false
  @Flag(help: "With `--all`, neither read nor keep an answer in the cache.") var noCache = false
  @Argument(help: "A person or service account.") var principal: String?
  @Argument(help: "resource:operation") var permission: String?
  @Option(help: "text or json.") var format = OutputFormat.text

  func validate() throws {
    if all != (principal == nil) { throw ValidationError("either a principal, or `--all`") }
    if noCache, !all { throw ValidationError("`--no-cache` goes with `--all`: nothing else is cached") }
    if format != .text, format != .json { throw ValidationError("`blame` writes text or json") }
  }

  func run() throws {
    let instant = asOf?.instant ?? SystemClock.now()
    let workspace = try Workspace(options: repository)
    if all {
      return try BlameAll(workspace: workspace, head: workspace.resolve(commit), usesCache: !noCache).run(at: instant)
    }
    let past = try PastQuestion(workspace, upTo: commit)
    let (index, snapshot) = (past.index, past.snapshot)
    let ledger = try past.workspace.ledgerIfAny()
    let record = AppliedRecord(ledger: ledger, line: index.line)
    let provenance = try past.provenance(ledger)
    let blames = try keys(past, at: instant).map { index.blame($0, at: instant) }
    let text = BlameText(style: Terminal.outputStyle)
    if format == .json {
      for blame in blames {
        Terminal.writeLine(
          BlameJSON.document(
            blame, applied: record.entries(for: blame, snapshot.access),
            provenance: try provenance.provenance(of: blame.commits, about: blame.key)
          ).canonicalText)
      }
    } else if permission == nil {
      Terminal.write(
        blames.isEmpty ? "\(principal ?? "") has nothing at \(instant.rfc3339)\n" : text.table(blames))
    } else if let blame = blames.first {
      Terminal.write(
        text.text(
          blame, applied: record.entries(for: blame, snapshot.access),
          provenance: try provenance.provenance(of: blame.current.map { [$0.since] } ?? [], about: blame.key)))
    }
  }

  /// The edges asked for. A name that only history knows is no unknown name.
  private func keys(_ past: PastQuestion, at instant: Instant) throws -> [EdgeKey] {
    guard let text = principal else { return [] }
    let who = try past.principal(text)
    guard let permission else {
      return past.snapshot.access.edges(at: instant).filter { $0.principal == who }.map(\.key)
    }
    if let gone = Permission(permission), past.snapshot.policy.operations(of: gone.object.resource).isEmpty,
      past.index.knows(gone.object.resource)
    {
      return [EdgeKey(who, gone)]
    }
    return [EdgeKey(who, try Names(policy: past.snapshot.policy).permission(permission, of: who))]
  }
}
