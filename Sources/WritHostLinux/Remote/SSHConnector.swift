internal import Glibc
public import WritPolicy
internal import WritSystem

/// Reaches an agent through the system's OpenSSH client.
///
/// The user's own ssh configuration says the way (`ProxyJump`, `IdentityFile`, certificates, `HostName`); what decides whom
/// writ talks to and what may be done over the connection is said on the command line, which comes first (ssh_config(5)).
public struct SSHConnector: AgentConnector {
  public static let ssh = "/usr/bin/ssh"
  /// Where the agent lies on every host.
  public static let agentPath = "/usr/local/sbin/writ-agent"

  let host: HostName
  let address: SSHAddress
  let hostKeys: [String]
  let environment: [String: String]
  let patience: RemotePatience

  /// - Parameters:
  ///   - hostKeys: those that the machine may answer with; without one nothing is reached.
  ///   - environment: what ssh needs of whoever runs writ: where the home is, how to reach the ssh agent.
  public init(
    host: HostName, address: SSHAddress, hostKeys: [String], environment: [String: String], patience: RemotePatience
  ) {
    self.host = host
    self.address = address
    self.hostKeys = hostKeys
    self.environment = environment
    self.patience = patience
  }

  /// What is run there: the agent, by sudo for whoever is not root. The words hold nothing that a shell takes for more.
  var agentCommand: [String] {
    (address.user == "root" ? [] : ["/usr/bin/sudo", "-n", "--"]) + [Self.agentPath, "serve"]
  }

  public func connect() throws(RemoteError) -> any AgentConnection {
    let known = try KnownHosts(host: host, keys: hostKeys)
    do throws(Program.Failure) {
      return SSHConnection(try program(agentCommand, known).start(), known)
    } catch { throw .program(error) }
  }

  /// ssh, running `command` on the host.
  func program(_ command: [String], _ known: KnownHosts) -> Program {
    var arguments = ["-T"]
    for (key, value) in options(known) { arguments += ["-o", "\(key)=\(value)"] }
    if let port = address.port { arguments += ["-p", "\(port)"] }
    arguments += ["-l", address.user, "--", address.host] + command
    return Program(Self.ssh, arguments, environment: environment)
  }

  private func options(_ known: KnownHosts) -> [(String, String)] {
    [
      // Who answers: the keys of the policy, under a name that means this host alone.
      ("UserKnownHostsFile", known.path), ("GlobalKnownHostsFile", "/dev/null"), ("KnownHostsCommand", "none"),
      ("HostKeyAlias", known.alias), ("HostKeyAlgorithms", known.algorithms), ("StrictHostKeyChecking", "yes"),
      ("CheckHostIP", "no"), ("UpdateHostKeys", "no"), ("VerifyHostKeyDNS", "no"),
      ("NoHostAuthenticationForLocalhost", "no"),
      // Another process's connection was opened with other checks.
      ("ControlMaster", "no"), ("ControlPath", "none"),
      // Nobody is asked anything.
      ("BatchMode", "yes"), ("ConnectionAttempts", "1"), ("ConnectTimeout", "\(patience.connecting)"),
      ("ServerAliveInterval", "\(max(1, patience.silence / 4))"), ("ServerAliveCountMax", "3"),
      // Nothing but one program's input and output.
      ("ForwardAgent", "no"), ("ForwardX11", "no"), ("ClearAllForwardings", "yes"), ("Tunnel", "no"),
      ("GSSAPIDelegateCredentials", "no"), ("PermitLocalCommand", "no"), ("RemoteCommand", "none"),
      ("RequestTTY", "no"), ("EscapeChar", "none"), ("StdinNull", "no"), ("ForkAfterAuthentication", "no"),
      ("SessionType", "default"), ("LogLevel", "ERROR"),
    ]
  }
}

/// A file of known hosts that holds the policy's keys of one host and nothing else; gone when it is let go.
final class KnownHosts {
  let path: String
  let alias: String
  /// Those that go with the keys, so that a configuration that prefers others does not shut the host out.
  let algorithms: String
  private let folder: StagingFolder

  init(host: HostName, keys: [String]) throws(RemoteError) {
    let alias = "writ-\(host)"
    self.alias = alias
    algorithms = keys.flatMap(KnownHosts.algorithms).reduce(into: [String]()) { if !$0.contains($1) { $0.append($1) } }
      .joined(separator: ",")
    do throws(HostError) {
      guard !keys.isEmpty else { throw .wrongMachine("the policy names no host key of \(host)") }
      folder = try StagingFolder(below: "/tmp")
      let lines = keys.map { "\(alias) \($0)\n" }.joined()
      try folder.write(Array(lines.utf8), to: "known_hosts", mode: 0o600)
    } catch { throw .host("\(error)".visible) }
    path = folder.path + "/known_hosts"
  }

  private static func algorithms(of key: String) -> [String] {
    switch key.prefix(while: { $0 != " " }) {
    case "ssh-rsa": ["rsa-sha2-512", "rsa-sha2-256"]
    case let type: [String(type)]
    }
  }
}

/// A running ssh.
final class SSHConnection: AgentConnection {
  private let program: RunningProgram
  private let known: KnownHosts

  init(_ program: RunningProgram, _ known: KnownHosts) {
    self.program = program
    self.known = known
  }

  var reading: Int32 { program.reading }
  var writing: Int32 { program.writing }

  /// What ssh itself ends with when it fails (ssh(1)); any other status is the remote program's.
  private static let ownFailure: Int32 = 255

  func explainEnd(greeted: Bool) -> RemoteError {
    let ending = program.end()
    let text = Self.text(program.errorOutput())
    return greeted ? .cut(text) : Self.failure(ending, text)
  }

  /// Why ssh ended without what it was started for.
  static func failure(_ ending: Program.Result.Ending, _ text: String) -> RemoteError {
    if case .exited(let status) = ending, status != ownFailure {
      return .noAgent(text.isEmpty ? "it ended with status \(status)" : text)
    }
    // ssh has one status for every failure of its own; which words it finds decides nothing but ours.
    if text.contains("Host key verification failed") || text.contains("host key type found") { return .wrongHostKey }
    return .notReached(text.isEmpty ? "ssh ended without a word" : text)
  }

  func end() { program.end() }

  /// Lines shown of what ssh and the far side complain about.
  private static let linesShown = 4

  static func text(_ bytes: [UInt8]) -> String {
    let lines = String(decoding: bytes, as: UTF8.self).split { $0 == "\n" || $0 == "\r\n" || $0 == "\r" }
    return lines.suffix(linesShown).map { String($0.prefix(300)).visible }.joined(separator: "; ")
  }
}
