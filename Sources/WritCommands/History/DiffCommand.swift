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
      are written. Without a range it compares the working tree with HEAD; `REV` alone compares it with its first parent.

      Exit status: 0; with `--exit-code` 2 when anything differs.

      Example: writ diff
      Example: writ diff main..my-branch --format markdown
      """)

  @OptionGroup var repository: RepositoryOptions
  @Argument(help: "A..B, A...B, or one commit.") var range: String?
  @Option(help: ArgumentHelp("Compare from this instant on (RFC 3339) instead of now.", valueName: "time"))
  var asOf: InstantArgument?
  @Flag(help: "End with status 2 when anything differs.") var exitCode = false
  @Option(help: "text, json or markdown.") var format = OutputFormat.text

  func run() throws {
    let workspace = try Workspace(options: repository)
    let instant = asOf?.instant ?? SystemClock.now()
    let (base, head) = try sides(workspace)
    let before = try base.map { try workspace.snapshot($0, at: instant) } ?? Self.nothing
    let after = try workspace.snapshot(head, at: instant)
    var difference = AccessDifference(base: before, head: after, from: instant)
    if let base { difference.sensitive += try signers(workspace, (before.policy, base), (after.policy, head)) }
    switch format {
    case .text: Terminal.write(DiffText(style: Terminal.outputStyle).text(difference))
    case .markdown: Terminal.write(DiffText().markdown(difference))
    case .json:
      Terminal.writeLine(
        DiffJSON.document(
          difference, base: base.map(Self.name) ?? "", head: Self.name(head), baseSources: before.policy.sources,
          headSources: after.policy.sources
        ).canonicalText)
    default: throw ValidationError("`diff` writes text, json or markdown")
    }
    if exitCode, !difference.isEmpty { throw ExitCode(ExitStatus.differs.rawValue) }
  }

  /// What is compared; a first commit has nothing before it.
  private func sides(_ workspace: Workspace) throws -> (Workspace.Basis?, Workspace.Basis) {
    guard let range else { return (.commit(try workspace.resolve("HEAD")), .workingTree) }
    let found = try workspace.repository.resolve(range: range)
    if let base = found.base { return (.commit(base.hex), .commit(found.head.hex)) }
    return (try workspace.repository.firstParent(of: found.head).map { .commit($0.hex) }, .commit(found.head.hex))
  }

  /// Who may sign is no part of the policy's files, and matters as much.
  private func signers(
    _ workspace: Workspace, _ before: (Policy, Workspace.Basis), _ after: (Policy, Workspace.Basis)
  ) throws -> [SensitiveChange] {
    let old = try workspace.signerLines(of: before.0, before.1)
    let new = try workspace.signerLines(of: after.0, after.1)
    if old == new { return [] }
    return [
      SensitiveChange(
        .signers, "signers", before: Set(old).subtracting(new).sorted(), after: Set(new).subtracting(old).sorted())
    ]
  }

  private static func name(_ basis: Workspace.Basis) -> String {
    switch basis {
    case .commit(let id): id
    case .workingTree: "working-tree"
    }
  }

  private static var nothing: Snapshot {
    let policy = Policy(sources: SourceTable())
    return Snapshot(policy: policy, access: Access([]))
  }
}

extension Workspace {
  func snapshot(_ basis: Basis, at instant: Instant) throws -> Snapshot {
    let reading = try read(basis, at: instant)
    return Snapshot(policy: reading.policy, access: reading.access)
  }

  /// The lines of the signers' file; none where there is no such file.
  func signerLines(of policy: Policy, _ basis: Basis) throws -> [String] {
    guard let written = policy.settings.signers?.value else { return [] }
    let path = options.policies + "/" + written
    let bytes: [UInt8]?
    switch basis {
    case .commit(let id): bytes = try contents(of: path, at: id)
    case .workingTree:
      bytes = try repository.workingFiles(below: options.policies, limit: Self.fileLimit) { $0 == path }.files.first?
        .bytes
    }
    return String(decoding: bytes ?? [], as: UTF8.self).split(separator: "\n").map(String.init)
  }
}
