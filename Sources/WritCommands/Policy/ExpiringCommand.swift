internal import ArgumentParser
internal import WritDigest
internal import WritPolicy
internal import WritRender
internal import WritSyntax

struct ExpiringCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "expiring", abstract: "List access that ends soon.", discussion: "Example: writ expiring --within 14d")

  @OptionGroup var reading: ReadingOptions
  @Option(help: ArgumentHelp("How far to look: `14d`, `12h`.", valueName: "duration"))
  var within: DurationArgument = DurationArgument(Duration(seconds: 14 * 86400))
  @Option(help: "text or json.") var format = OutputFormat.text

  func run() throws {
    let found = try reading.read()
    let ending = found.access.expiring(at: found.instant, within: within.duration)
    let sources = found.policy.sources
    switch format {
    case .text:
      if ending.isEmpty { Terminal.writeLine("nothing ends within that time") }
      for item in ending {
        Terminal.writeLine("\(item.end.rfc3339)  \(item.edge.key)")
        for derivation in item.derivations {
          Terminal.writeLine(
            "    through \(AccessText.through(derivation)) (\(sources.place(of: derivation.entry)))"
              + (derivation.reason.map { ": " + visible($0) } ?? ""))
        }
      }
    case .json:
      Terminal.writeLine(
        AccessJSON.document(
          edges: ending.map(\.edge), commit: found.commit, at: found.instant, sources: sources
        ).canonicalText)
    default: throw ValidationError("`expiring` writes text or json")
    }
  }
}
