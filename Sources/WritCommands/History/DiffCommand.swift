internal import ArgumentParser
internal import WritDigest
internal import WritGit
internal import WritHistory
internal import WritPolicy
internal import WritRender
internal import WritSyntax
internal import WritSystem

struct DiffCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "diff", abstract: "Show which access a change gives and takes, from meaning and not from text.",
    discussion: """
      Access is compared from now on over all time: a grant that begins next week and a later end are gains on the day they \
      are written. Revisions are as for `git diff`: none compares the working tree with HEAD, A compares it with A, `A..B` \
      and `A B` compare two commits, `A...B` compares B with where it parted from A, and `A^!` one commit with its parent.

      Exit status: 0; with `--exit-code` 2 when access or anything sensitive differs; 3 when the later policy is invalid.

      Example: writ diff
      Example: writ diff main...my-branch --format markdown
      """)

  @OptionGroup var repository: RepositoryOptions
  @Argument(help: "A..B, A...B, A^!, or up to two revisions.") var revisions: [String] = []
  @Option(help: ArgumentHelp("Compare from this instant on (RFC 3339) instead of now.", valueName: "time"))
  var asOf: InstantArgument?
  @Flag(help: "End with status 2 when anything differs.") var exitCode = false
  @Option(help: "text, json or markdown.") var format = OutputFormat.text

  func validate() throws {
    if revisions.count > 2 { throw ValidationError("`diff` compares two revisions") }
    if revisions.count == 2, let range = revisions.first(where: { $0.contains("..") || $0.hasSuffix("^!") }) {
      throw ValidationError("`\(visible(range))` names both sides, so nothing else can")
    }
    if ![.text, .json, .markdown].contains(format) { throw ValidationError("`diff` writes text, json or markdown") }
  }

  func run() throws {
    let workspace = try Workspace(options: repository)
    let sides = try DiffSides(revisions, in: workspace)
    let found = try ReviewReading(
      workspace: workspace, sides: sides, instant: asOf?.instant ?? SystemClock.now()
    ).result()
    switch format {
    case .json:
      Terminal.writeLine(
        DiffJSON.document(
          found.review, base: sides.baseName, head: sides.headName, baseSources: found.base.policy.sources,
          headSources: found.head.policy.sources
        ).canonicalText)
    case .markdown: writeComment(DiffMarkdown(base: sides.baseName, head: sides.headName).text(found.review))
    default: Terminal.write(DiffText(width: Terminal.width, style: Terminal.outputStyle).text(found.review))
    }
    if exitCode, !found.review.difference.isEmpty { throw ExitCode(ExitStatus.differs.rawValue) }
  }

  /// What must not be cut may be longer than a code host takes; whoever posts it has to know.
  private func writeComment(_ text: String) {
    let length = text.unicodeScalars.count
    if length > DiffMarkdown.limit {
      Terminal.message(
        "warning: the comment has \(length) characters, because what is lost or high-risk is never cut; a host may refuse it"
      )
    }
    Terminal.write(text)
  }
}

extension Workspace {
  func snapshot(_ basis: Basis, at instant: Instant) throws -> Snapshot {
    let reading = try read(basis, at: instant)
    return Snapshot(policy: reading.policy, access: reading.access)
  }
}
