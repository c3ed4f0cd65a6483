internal import ArgumentParser
internal import WritPolicy
internal import WritSyntax

struct ExplainCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "explain", abstract: "Say what a finding means and how to mend it.",
    discussion: "Example: writ explain include-cycle")

  @Argument(help: "The slug in brackets behind `error`, `warning` or `note`; all of them without one.")
  var slug: String?

  func run() throws {
    guard let slug else {
      for slug in Slug.allCases.map(\.rawValue).sorted() { Terminal.writeLine(slug) }
      return
    }
    guard let known = Slug(rawValue: slug) else {
      throw CommandFailure(
        .invalidPolicy, "no finding is called `\(visible(slug))`",
        hint: nearestName(to: slug, among: Slug.allCases.map(\.rawValue)).map { "did you mean `\($0)`?" }
          ?? "`writ explain` lists them")
    }
    let text = known.explanation
    Terminal.writeLine("\(known.rawValue)\n\n\(text.meaning)\n\nWhy: \(text.reason)\n\nTo mend it: \(text.mend)\n")
    for line in text.example.split(separator: "\n", omittingEmptySubsequences: false) {
      Terminal.writeLine("    " + line)
    }
  }
}
