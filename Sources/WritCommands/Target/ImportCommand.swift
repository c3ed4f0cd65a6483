internal import ArgumentParser
internal import Glibc
internal import WritHostLinux
internal import WritPlan
internal import WritPolicy
internal import WritRender
internal import WritSSHSignature
internal import WritSyntax
internal import WritSystem

struct ImportCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "import", abstract: "Write down as policy what a host has already.",
    discussion: """
      Reads accounts, their keys and groups, rules of sudo, and the roots of the trees that are named, from a host that the policy \
      names, and writes YAML for review: to standard output, or to a new file. Nothing on the host is changed, and no file is \
      written over. What the policy has no place for, and what a first apply would change, is listed on standard error.

      Commit what is right of it; then `writ apply --take-in` makes those accounts and groups writ's. Until then each is a conflict.

      Example: writ import --host gpu01 --tree /opt/envs --owner li.na --out policies/gpu01.yaml
      Example: writ import --host gpu01 --uids 1000-1999
      """)

  @OptionGroup var repository: RepositoryOptions
  @Option(help: ArgumentHelp("The host, as the policy names it.", valueName: "host")) var host: String
  @Option(
    help: ArgumentHelp(
      "Accounts with these uids. Default: those that the host lets policy give.", valueName: "low-high"))
  var uids: UIDRange?
  @Option(help: ArgumentHelp("A folder that is to be a tree; may be given several times.", valueName: "path"))
  var tree: [String] = []
  @Option(help: ArgumentHelp("Who answers for accounts that nobody logs in as.", valueName: "person")) var owner:
    String?
  @Option(help: ArgumentHelp("A new file, relative to the present folder.", valueName: "file")) var out: String?

  func run() throws {
    let now = SystemClock.now()
    let workspace = try Workspace(options: repository)
    let reading = try workspace.read(.workingTree, at: now)
    let names = Names(policy: reading.policy)
    let owner = try owner.map { try names.principal($0) }
    guard let name = HostName(validating: host), let found = reading.policy.hosts[name] else {
      throw CommandFailure(.invalidPolicy, "no host is named `\(visible(host))`")
    }
    // What others reach by ssh is looked at from within.
    let isHere = try LinuxHost.thisMachine(holds: found.hostKeys.map(\.value))
    guard let target = try factory(workspace, reading, now, isHere ? name : nil).target(.host(name)) as? LinuxHost
    else {
      throw CommandFailure("`\(name)` is another machine, and what is there is written down by writ on it")
    }
    let inventory = try target.inventory(uids: uids?.range, trees: tree)
    let draft = PolicyDraft(inventory, host: name, policy: reading.policy, owner: owner, now: now)
    try check(draft, workspace, reading)
    if let out { try write(draft, to: out) } else { Terminal.write(draft.yaml) }
    for remark in draft.remarks { Terminal.message(remark) }
  }

  private func factory(
    _ workspace: Workspace, _ reading: Workspace.Reading, _ now: Instant, _ here: HostName?
  ) throws -> TargetFactory {
    TargetFactory(
      workspace: workspace, policy: reading.policy, commit: nil,
      applier: try Applier(ApplierOptions.parse([]), in: workspace),
      signers: try .init([]), now: now, here: here)
  }

  /// Whether the policy together with the draft is good.
  private func check(_ draft: PolicyDraft, _ workspace: Workspace, _ reading: Workspace.Reading) throws {
    let file = SourceFile(path: workspace.options.policies + "/" + Self.draftName, bytes: Array(draft.yaml.utf8))
    let loaded = workspace.loader.load(reading.policy.sources.files + [file], at: reading.instant)
    let errors = loaded.findings.filter { $0.severity == .error }
    guard !errors.isEmpty else { return }
    Terminal.message(
      FindingReport(errors, in: loaded.policy.sources).text(width: Terminal.width, style: Terminal.errorStyle))
    throw CommandFailure(
      .invalidPolicy, "the policy would be invalid with what was found, so nothing was written",
      hint: "`--uids` and `--tree` say what is looked at")
  }

  /// What findings call the draft.
  private static let draftName = "(import).yaml"

  private func write(_ draft: PolicyDraft, to path: String) throws {
    // O_EXCL: a file that is there is never written over, and a link never followed.
    let descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0o644)
    guard descriptor >= 0 else {
      if errno == EEXIST { throw CommandFailure("`\(visible(path))` is there already, and stays as it is") }
      throw CommandFailure(visible(SystemError("create", path).description))
    }
    close(descriptor)
    try FileContents.replace(path, with: Array(draft.yaml.utf8), mode: 0o644)
    Terminal.message(
      "wrote \(visible(path)); review it, commit it, and then: writ apply --take-in --host \(visible(host))")
  }
}

/// `1000-1999`
struct UIDRange: ExpressibleByArgument {
  var range: ClosedRange<UInt32>

  init?(argument: String) {
    let halves = argument.split(separator: "-", omittingEmptySubsequences: false).map { UInt32($0) }
    guard halves.count == 2, let low = halves[0], let high = halves[1], low <= high else { return nil }
    range = low...high
  }
}
