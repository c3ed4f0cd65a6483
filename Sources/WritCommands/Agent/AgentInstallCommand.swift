internal import ArgumentParser
internal import Glibc
internal import WritHostLinux
internal import WritPolicy
internal import WritSyntax
internal import WritSystem

struct AgentInstallCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "install", abstract: "Put writ-agent on hosts, and the sudo rule that lets writ start it.",
    discussion: """
      Logs in as an administrator: root, or an account that may become root by sudo without a password. The agent is \
      uploaded, checked by its digest and put in place whole; the sudo rule names the account that writ logs in as and the \
      digest, so that no other file is started by it. Then writ logs in as itself and asks the agent who it is. Doing it \
      again with the same agent changes nothing.

      With `--print` nobody is contacted: the rule and the digest are shown, for whoever installs by other means.

      Exit status: 0 when every host has the agent, 8 when some have, 1 when none has.

      Example: writ agent install --host gpu02 --login root
      Example: writ agent install --host gpu02 --print
      """)

  @OptionGroup var repository: RepositoryOptions
  @OptionGroup var fleet: FleetOptions
  @Option(help: ArgumentHelp("Only this host; may be given several times.", valueName: "host"))
  var host: [String] = []
  @Option(help: ArgumentHelp("The administrator's account there.", valueName: "account")) var login = "root"
  @Option(help: ArgumentHelp("The agent to install. Default: the one installed beside writ.", valueName: "file"))
  var file: String?
  @Flag(help: "Show the rule and what to do by hand; contact nobody.") var print = false

  func run() throws {
    guard LinuxName.isValid(login) else { throw ValidationError("`\(visible(login))` is no name of an account") }
    let workspace = try Workspace(options: repository)
    let basis = Workspace.Basis.commit(try workspace.resolve("HEAD"))
    let policy = try workspace.read(basis, at: SystemClock.now()).policy
    let hosts = try AgentHosts(host, in: policy).hosts
    guard !hosts.isEmpty else { throw CommandFailure("no host of the policy is reached by ssh") }
    let installer = AgentInstaller(agent: try AgentFile(file).contents())
    if print {
      for (host, address) in hosts { show(installer, host, address) }
      return
    }
    var failed = 0
    for (host, address) in hosts {
      do { try install(installer, host, address) } catch {
        failed += 1
        let text = CommandFailure.from(error)?.advice ?? visible(String(describing: error))
        Terminal.message("host:\(host.name.value): \(text)")
      }
    }
    guard failed == 0 else {
      throw CommandFailure(
        failed == hosts.count ? .failed : .partial, "\(failed) of \(hosts.count) hosts are without this agent")
    }
  }

  private func install(_ installer: AgentInstaller, _ host: Host, _ address: SSHAddress) throws {
    let fleet = fleet.fleet([])
    guard let administrator = address.changing(user: login) else { return }
    try installer.install(over: fleet.connector(host, administrator), for: address.user)
    let agent = try fleet.remote(host, address, commit: nil).agent()
    guard agent.digest == installer.digest else {
      throw CommandFailure("another agent than the one just installed answers")
    }
    Terminal.writeLine("host:\(host.name.value)  writ-agent \(agent.version)  \(installer.digest)")
  }

  private func show(_ installer: AgentInstaller, _ host: Host, _ address: SSHAddress) {
    let rule = installer.rule(for: address.user)
    Terminal.writeLine("host:\(host.name.value)")
    Terminal.writeLine("  put the agent at \(SSHConnector.agentPath), owned by root, mode 0755, \(installer.digest)")
    if !rule.isEmpty {
      Terminal.writeLine("  and into \(AgentInstaller.rulePath), owned by root, mode 0440:")
      Terminal.writeLine("  \(rule)")
    }
  }
}

/// The agent's file on this machine.
struct AgentFile {
  let path: String

  /// - Throws: ``CommandFailure`` when none is named and none lies beside writ.
  init(_ named: String?) throws {
    if let named {
      path = named
      return
    }
    let folder = Self.ownFolder
    let places = [folder + "/writ-agent", folder + "/../sbin/writ-agent"]
    guard let found = places.first(where: { access($0, R_OK) == 0 }) else {
      throw CommandFailure(
        "no writ-agent lies beside writ", hint: "`--file FILE` names it; `make install` puts it there")
    }
    path = found
  }

  func contents() throws -> [UInt8] { try FileContents.read(path, limit: AgentInstaller.sizeLimit) }

  /// Where the running writ lies.
  private static var ownFolder: String {
    var buffer = [CChar](repeating: 0, count: Int(PATH_MAX))
    let count = readlink("/proc/self/exe", &buffer, buffer.count)
    let path = String(decoding: buffer.prefix(max(0, count)).map { UInt8(bitPattern: $0) }, as: UTF8.self)
    return String(path[..<(path.lastIndex(of: "/") ?? path.startIndex)])
  }
}
