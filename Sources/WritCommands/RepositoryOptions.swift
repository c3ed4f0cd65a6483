internal import ArgumentParser

/// Where the policy is: the same options for every command that reads one.
struct RepositoryOptions: ParsableArguments {
  @Option(name: [.customShort("C"), .long], help: ArgumentHelp("Work as if started in DIR.", valueName: "dir"))
  var repository = "."

  @Option(
    help: ArgumentHelp("The policy folder, relative to the top of the repository.", valueName: "dir"))
  var policies = "policies"
}

/// How results are written.
enum OutputFormat: String, ExpressibleByArgument, CaseIterable {
  case text, json, markdown, sarif, github

  /// Each command's own help says which of them it writes.
  static var allValueStrings: [String] { [] }
}
