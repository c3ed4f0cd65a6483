internal import ArgumentParser
internal import WritHostLinux
internal import WritPolicy
internal import WritRender
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
    let target = try workspace.localHost(found, reading)
    let inventory = try target.inventory(uids: uids?.range, trees: tree)
    let draft = PolicyDraft(inventory, host: name, policy: reading.policy, owner: owner, now: now)
    let file = DraftFile(yaml: draft.yaml)
    _ = try file.checked(workspace, reading, hint: "`--uids` and `--tree` say what is looked at")
    if let out {
      try file.write(to: out)
      Terminal.message(
        "wrote \(visible(out)); review it, commit it, and then: writ apply --take-in --host \(visible(host))")
    } else {
      Terminal.write(draft.yaml)
    }
    for remark in draft.remarks { Terminal.message(remark) }
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
