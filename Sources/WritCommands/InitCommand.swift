internal import ArgumentParser
internal import Glibc
internal import WritGit
internal import WritHostLinux
internal import WritPolicy
internal import WritSyntax
internal import WritSystem

struct InitCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "init", abstract: "Begin a policy, or mark a folder as a host's root.",
    discussion: """
      Without options it writes a small policy to begin with into the repository, and never over one that is there. With \
      `--host-root` it lays out a folder like a host's root, for images and for trying things out; what is there stays as it is.

      Example: writ init
      Example: writ init --host-root ../sandbox --name gpu01
      """)

  @OptionGroup var repository: RepositoryOptions
  @Option(help: ArgumentHelp("Lay out DIR as the root of a host, and mark it.", valueName: "dir")) var hostRoot: String?
  @Option(help: ArgumentHelp("The host's name in the policy.", valueName: "host")) var name: String?

  func validate() throws {
    if (hostRoot == nil) != (name == nil) { throw ValidationError("`--host-root` and `--name` go together") }
  }

  func run() throws {
    if let hostRoot, let name {
      guard let host = HostName(validating: name) else {
        throw ValidationError("`\(visible(name))` is no name: a-z, 0-9, `.`, `_`, `-`, at most 63")
      }
      try LinuxHost.initialise(root: hostRoot, name: host)
      Terminal.writeLine("\(visible(hostRoot)) is the root of host \(host)")
      Terminal.writeLine(
        "in the policy: hosts: { \(host): { connect: \"root:DIR\" } }, DIR relative to the policy folder")
      return
    }
    try beginPolicy()
  }

  private func beginPolicy() throws {
    let git = try Repository(containing: repository.repository)
    guard let root = git.workingTree else { throw CommandFailure(GitError.bare(git.gitDirectory)) }
    let folder = root + "/" + repository.policies
    guard access(folder, F_OK) != 0 else {
      throw CommandFailure("`\(visible(repository.policies))` is there already, and stays as it is")
    }
    for path in [folder, folder + "/signers"] {
      guard mkdir(path, 0o755) == 0 else { throw SystemError("create", path) }
    }
    try FileContents.replace(folder + "/writ.yaml", with: Array(Self.starter.utf8), mode: 0o644)
    try FileContents.replace(folder + "/signers/allowed_signers", with: [], mode: 0o644)
    Terminal.writeLine("wrote \(visible(repository.policies))/writ.yaml; next:")
    Terminal.writeLine(
      "  1. put those who may apply into \(visible(repository.policies))/signers/allowed_signers: `NAME ssh-ed25519 AAAA…`"
    )
    Terminal.writeLine("  2. writ validate, then commit")
    Terminal.writeLine("  3. writ plan, then writ apply --bootstrap")
  }

  /// Small, valid, and with one of each thing that most teams begin with.
  static let starter = """
    # Who may use what. `writ validate` checks it, `writ plan` shows what it would change.
    settings:
      organisation: Example
      timezone: UTC
      signers: signers/allowed_signers
      vaults: {}

    hosts: {}

    people: {}

    roles: {}

    """
}
