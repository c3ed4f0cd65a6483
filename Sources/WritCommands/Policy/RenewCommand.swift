internal import ArgumentParser
internal import WritGit
internal import WritHistory
internal import WritPolicy
internal import WritRender
internal import WritSyntax
internal import WritSystem

struct RenewCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "renew", abstract: "Move the end of an access, in the policy file that says it.",
    discussion: """
      Changes exactly one `until` in the working tree (it adds one where there is none) and keeps everything else of the file. \
      The result is validated before it is written, and what access it gives and takes is shown; commit it as any other \
      change. DATE is written as given; `30d` means 30 days from now and is written as a time.

      Refused: a date that is past, an earlier end without `--shorten`, a longer term than an expiry rule allows, and any choice \
      that would have to be guessed.

      Example: writ renew wang.fang dataset-curator --until 2027-03-31
      Example: writ renew sun.hao lora-scripts-restricted:read --until 14d
      """)

  @OptionGroup var repository: RepositoryOptions
  @Argument(help: "A person or service account.") var principal: String
  @Argument(help: "A role, or resource:operation.") var access: String
  @Option(
    help: ArgumentHelp("The new end: `2027-03-31` (through that day), a time, or a duration.", valueName: "date"))
  var until: String
  @Option(
    help: ArgumentHelp(
      "Which entry to change, where several give it: FILE:LINE as the message lists them.", valueName: "place"))
  var entry: String?
  @Flag(help: "Move the principal's own end too, and with it everything that the principal has.") var principalEnd =
    false
  @Flag(help: "Change a grant that names others too.") var shared = false
  @Flag(help: "Allow an earlier end than the present one.") var shorten = false
  @Flag(help: "Show what would change and write nothing.") var dryRun = false

  func run() throws {
    let now = SystemClock.now()
    let workspace = try Workspace(options: repository)
    let before = try workspace.read(.workingTree, at: now)
    let renewal = try Renewal(workspace: workspace, before: before, principal: principal, access: access)
    let end = try renewal.end(written: until)
    let options = Renewal.Options(entry: entry, principalEnd: principalEnd, shared: shared, shorten: shorten)
    let edits = try renewal.edits(end, options)
    let changed = try renewal.files(edits, text: end.text)
    let after = try renewal.validated(changed, end)
    for edit in edits { Terminal.writeLine(edit.description(in: before.policy.sources, new: end.text)) }
    let base = Snapshot(policy: before.policy, access: before.access)
    let review = Review(AccessDifference(base: base, head: after, from: now), base: base, head: after)
    Terminal.write(DiffText(width: Terminal.width, style: Terminal.outputStyle).text(review))
    if dryRun { return }
    try workspace.rewrite(changed, judgedWith: before.policy.sources.files)
  }
}

extension Workspace {
  /// Where a file of the working tree lies, from its path relative to the top of the repository.
  func path(inWorkingTree path: String) throws -> String {
    guard let root = repository.workingTree else {
      throw CommandFailure("a bare repository has no files that could be changed")
    }
    return root + "/" + path
  }
}
