internal import ArgumentParser
internal import Glibc
internal import WritApply
internal import WritHostLinux
internal import WritPolicy
internal import WritSyntax
internal import WritSystem

/// How the hosts of one run are reached.
struct Fleet {
  var crew = TargetCrew()
  var patience = RemotePatience()
  /// Whether `--host self` was said: then the host that this machine is, is worked on from within, however the policy says
  /// that others reach it.
  var isPulling = false

  /// What `--host` takes for the machine that writ runs on.
  static let selfName = "self"

  /// The host that this machine is by its keys; nil unless it is asked for.
  ///
  /// - Throws: ``CommandFailure`` where the policy names none that this machine is, or several.
  func here(in policy: Policy) throws -> HostName? {
    guard isPulling else { return nil }
    let found = try policy.hosts.values.filter { host in
      if case .root = host.connection.value { return false }
      return try LinuxHost.thisMachine(holds: host.hostKeys.map(\.value))
    }.map(\.name.value).sorted()
    guard let host = found.first else {
      throw CommandFailure(
        .invalidPolicy, "no host of the policy has one of this machine's host keys",
        hint: "write a line of /etc/ssh/ssh_host_*_key.pub into its `host-keys`")
    }
    guard found.count == 1 else {
      throw CommandFailure(
        .invalidPolicy,
        "this machine holds the host keys of several hosts: \(found.map(\.text).joined(separator: ", "))",
        hint: "a key that was copied from one machine to another tells nobody apart; make new ones")
    }
    return host
  }

  /// What ssh is told of whoever runs writ: where their configuration and keys lie, and who answers for them.
  static var sshEnvironment: [String: String] {
    var environment = Program.plainEnvironment
    for name in ["HOME", "USER", "LOGNAME", "SSH_AUTH_SOCK", "KRB5CCNAME", "XDG_RUNTIME_DIR"] {
      if let value = getenv(name) { environment[name] = String(cString: value) }
    }
    return environment
  }

  func remote(_ host: Host, _ address: SSHAddress, commit: String?) -> RemoteHost {
    let keys = host.hostKeys.map(\.value)
    return RemoteHost(
      name: host.name.value, connector: connector(host, address), policyCommit: commit ?? "working tree",
      hostKeys: keys, patience: patience)
  }

  func connector(_ host: Host, _ address: SSHAddress) -> SSHConnector {
    SSHConnector(
      host: host.name.value, address: address, hostKeys: host.hostKeys.map(\.value),
      environment: Self.sshEnvironment, patience: patience)
  }
}

/// The options of every command that may ask many hosts.
struct FleetOptions: ParsableArguments {
  @Option(help: ArgumentHelp("Hosts over ssh that are worked on at a time.", valueName: "count"))
  var parallel = TargetCrew.usual

  @Option(help: ArgumentHelp("Seconds that a host over ssh may take for one step.", valueName: "seconds"))
  var timeout = RemotePatience.usualStep

  /// Longest time that is worth waiting for one step.
  private static let longest = 86_400

  func validate() throws {
    guard (1...TargetCrew.most).contains(parallel) else {
      throw ValidationError("`--parallel` is 1 to \(TargetCrew.most)")
    }
    guard (1...Self.longest).contains(timeout) else { throw ValidationError("`--timeout` is 1 to \(Self.longest)") }
  }

  func fleet(_ hosts: [String]) -> Fleet {
    Fleet(
      crew: TargetCrew(limit: parallel), patience: RemotePatience(step: timeout),
      isPulling: hosts.contains(Fleet.selfName))
  }
}
