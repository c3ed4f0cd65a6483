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
      files changes nothing. Without a permission it answers for everything the principal has; with `--all` for everybody, one \
      JSON object a line.

      Example: writ blame wang.fang conda-envs:read
      Example: writ blame wang.fang
      Example: writ blame --all
      """)

  @OptionGroup var repository: RepositoryOptions
  @Option(help: ArgumentHelp("Answer for this commit instead of HEAD.", valueName: "commit")) var commit = "HEAD"
  @Option(help: ArgumentHelp("Answer for this instant (RFC 3339) instead of now.", valueName: "time"))
  var asOf: InstantArgument?
  @Flag(help: "Every access that holds, as JSON lines.") var all = false
  @Argument(help: "A person or service account.") var principal: String?
  @Argument(help: "resource:operation") var permission: String?
  @Option(help: "text or json.") var format = OutputFormat.text

  func validate() throws {
    if all != (principal == nil) { throw ValidationError("either a principal, or `--all`") }
    if format != .text, format != .json { throw ValidationError("`blame` writes text or json") }
  }

  func run() throws {
    let workspace = try Workspace(options: repository)
    let head = try workspace.resolve(commit)
    let instant = asOf?.instant ?? SystemClock.now()
    let index = try HistoryIndex(workspace.history(upTo: head))
    workspace.warn(of: index.skipped, isCut: index.line.isCut)
    guard let snapshot = index.snapshot else {
      throw CommandFailure(.invalidPolicy, "no commit up to \(head.prefix(10)) has a policy that can be read")
    }
    let record = AppliedRecord(ledger: try workspace.ledgerIfAny(), line: index.line)
    if all {
      for blame in index.blames(at: instant) {
        Terminal.writeLine(
          BlameJSON.document(blame, applied: record.entries(for: blame, snapshot.access)).canonicalText)
      }
      return
    }
    let keys = try keys(index, snapshot, at: instant)
    for (number, key) in keys.enumerated() {
      let blame = index.blame(key, at: instant)
      let applied = record.entries(for: blame, snapshot.access)
      switch format {
      case .json: Terminal.writeLine(BlameJSON.document(blame, applied: applied).canonicalText)
      default:
        if number > 0 { Terminal.write("\n") }
        Terminal.write(BlameText(style: Terminal.outputStyle).text(blame, applied: applied))
      }
    }
    if keys.isEmpty { Terminal.writeLine("\(principal ?? "") has nothing at \(instant.rfc3339)") }
  }

  /// The edges asked for. A name that only history knows is no unknown name.
  private func keys(_ index: HistoryIndex, _ snapshot: Snapshot, at instant: Instant) throws -> [EdgeKey] {
    let names = Names(policy: snapshot.policy)
    guard let text = principal else { return [] }
    let who: PrincipalName
    if let name = PrincipalName(validating: text), index.knows(name) {
      who = name
    } else {
      who = try names.principal(text)
    }
    guard let permission else {
      return snapshot.access.edges(at: instant).filter { $0.principal == who }.map(\.key)
    }
    if let past = Permission(permission), snapshot.policy.operations(of: past.object.resource).isEmpty,
      index.knows(past.object.resource)
    {
      return [EdgeKey(who, past)]
    }
    return [EdgeKey(who, try names.permission(permission, of: who))]
  }
}
