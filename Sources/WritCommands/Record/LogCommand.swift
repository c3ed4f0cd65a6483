internal import ArgumentParser
internal import WritApply
internal import WritDigest
internal import WritPlan
internal import WritPolicy
internal import WritSyntax

struct LogCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "log", abstract: "List what was ever applied, newest first.",
    discussion: "Example: writ log --max-count 20")

  @OptionGroup var repository: RepositoryOptions
  @Option(name: [.customShort("n"), .long], help: ArgumentHelp("At most N entries.", valueName: "n")) var maxCount: Int?
  @Option(help: "text or json (one entry a line, as it was signed).") var format = OutputFormat.text

  func run() throws {
    let workspace = try Workspace(options: repository)
    guard let state = try workspace.ledgerState() else {
      Terminal.message("there is no ledger yet: nothing was ever applied (`writ apply --bootstrap` begins it)")
      return
    }
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
