internal import ArgumentParser
internal import WritHostLinux
internal import WritPolicy
internal import WritSyntax
internal import WritSystem

struct AgentCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "agent", abstract: "Put the agent on hosts that are reached by ssh, and ask which one is there.",
    subcommands: [AgentInstallCommand.self, AgentStatusCommand.self])
}

/// Which hosts over ssh a command is about.
struct AgentHosts {
  var hosts: [(host: Host, address: SSHAddress)]

  /// - Throws: ``CommandFailure`` for a name that is none, and for a host that is not reached by ssh.
  init(_ names: [String], in policy: Policy) throws {
    let all = policy.hosts.values.sorted { $0.name.value < $1.name.value }
    let chosen = try names.map { name in
      guard let host = HostName(validating: name).flatMap({ policy.hosts[$0] }) else {
        throw CommandFailure(.invalidPolicy, "no host is named `\(visible(name))`")
      }
      return host
    }
    hosts = try (names.isEmpty ? all : chosen).compactMap { host in
      if case .ssh(let address) = host.connection.value { return (host, address) }
      if names.isEmpty { return nil }
      throw CommandFailure("`\(host.name.value)` is not reached by ssh, so it needs no agent")
    }
  }
}
