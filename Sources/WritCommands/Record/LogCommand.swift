internal import ArgumentParser
internal import WritApply
internal import WritDigest
internal import WritPlan
internal import WritPolicy
internal import WritSyntax

struct LogCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "log", abstract: "List what was ever applied, or what somebody's or something's access went through.",
    discussion: """
      Newest first. Without `--principal` and `--resource` it lists the ledger's entries; with one of them, what happened to \
      the accesses of a principal or to a resource: granted, re-granted, extended, shortened, ended by a commit, expired by \
      date, enforced in another way. The first column is when policy made it so, the second when the last of its targets had it.

      Example: writ log --max-count 20
      Example: writ log --principal wang.fang
      Example: writ log --resource base-weights --format json
      """)

  @OptionGroup var repository: RepositoryOptions
  @Option(name: [.customShort("n"), .long], help: ArgumentHelp("At most N entries.", valueName: "n")) var maxCount: Int?
  @Option(help: ArgumentHelp("What a person or service account went through.", valueName: "name")) var principal:
    String?
  @Option(help: ArgumentHelp("What a resource or sharing group went through.", valueName: "name")) var resource: String?
  @Option(help: ArgumentHelp("With one of them: the history of this commit instead of HEAD's.", valueName: "commit"))
  var commit = "HEAD"
  @Option(help: "text or json (entries: one a line, as it was signed).") var format = OutputFormat.text

  func validate() throws {
    if principal != nil, resource != nil { throw ValidationError("either `--principal` or `--resource`") }
    if format != .text, format != .json { throw ValidationError("`log` writes text or json") }
  }

  func run() throws {
    if principal != nil || resource != nil { return try runEvents() }
    let workspace = try Workspace(options: repository)
    guard let state = try workspace.ledgerState() else {
      Terminal.message("there is no ledger yet: nothing was ever applied (`writ apply --bootstrap` begins it)")
      return
    }
    workspace.tellOfBreakglass(state)
    var entries = Array(state.entries.reversed())
    if let maxCount { entries = Array(entries.prefix(max(0, maxCount))) }
    for entry in entries {
      switch format {
      case .json: Terminal.write(String(decoding: entry.bytes, as: UTF8.self))
      default: Terminal.writeLine(LedgerText.line(of: entry))
      }
    }
  }
}
