internal import Glibc
internal import WritApply
internal import WritSystem

/// What a transfer of the ledger needs of whoever runs writ: how to reach the remote, and nothing that decides what the
/// ledger says.
enum TransferEnvironment {
  /// Variables passed on as they are: agents and helpers that answer for credentials, proxies, and whose certificates count.
  static let names = [
    "HOME", "XDG_CONFIG_HOME", "SSH_AUTH_SOCK", "GIT_SSH_COMMAND", "GIT_SSH", "GIT_SSH_VARIANT", "GIT_ASKPASS",
    "SSH_ASKPASS", "SSL_CERT_FILE", "SSL_CERT_DIR", "GIT_SSL_CAINFO", "GIT_SSL_CAPATH", "http_proxy", "https_proxy",
    "all_proxy", "no_proxy", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY",
  ]

  /// Sections of git's configuration that say how to reach a remote: credentials, headers, proxies, ssh, other URLs.
  static let sections = ["credential.", "http.", "url.", "ssh."]
  static let keys = ["core.sshcommand", "core.askpass"]

  static func isPassedOn(_ key: String) -> Bool {
    let key = key.lowercased()
    return keys.contains(key) || sections.contains { key.hasPrefix($0) }
  }

  /// Variables and, as `GIT_CONFIG_KEY_0` and so on, what the repository's own configuration says of the way to a remote: a
  /// CI job keeps its token there. The user's and the system's are read by the transfer itself. To the repository itself
  /// there is no way to be told of.
  static func variables(gitDirectory: String, to upstream: Ledger.Upstream) throws -> [String: String] {
    var variables: [String: String] = [:]
    for name in names { variables[name] = value(name) }
    variables["PATH"] = value("PATH").flatMap(absolute)
    guard case .remote = upstream else { return variables }
    let settings = try repositorySettings(gitDirectory)
    if !settings.isEmpty { variables["GIT_CONFIG_COUNT"] = "\(settings.count)" }
    for (index, setting) in settings.enumerated() {
      variables["GIT_CONFIG_KEY_\(index)"] = setting.key
      variables["GIT_CONFIG_VALUE_\(index)"] = setting.value
    }
    return variables
  }

  private static func value(_ name: String) -> String? { getenv(name).map { String(cString: $0) } }

  /// Credential helpers are found by it; a folder relative to wherever somebody stands is none of its own.
  private static func absolute(_ path: String) -> String? {
    let folders = path.split(separator: ":").filter { $0.hasPrefix("/") }
    return folders.isEmpty ? nil : folders.joined(separator: ":")
  }

  private static func repositorySettings(_ gitDirectory: String) throws -> [(key: String, value: String)] {
    var environment = Program.plainEnvironment
    environment["HOME"] = value("HOME")
    environment["GIT_CONFIG_GLOBAL"] = "/dev/null"
    environment["GIT_CONFIG_NOSYSTEM"] = "1"
    let result = try Program(
      "/usr/bin/git", ["--git-dir=\(gitDirectory)", "config", "--list", "--includes", "-z"], environment: environment
    ).run()
    guard result.succeeded else { return [] }
    // `KEY<LF>VALUE<NUL>`; a key alone means true.
    return result.outputText.split(separator: "\0").compactMap { entry in
      let parts = entry.split(separator: "\n", maxSplits: 1, omittingEmptySubsequences: false)
      guard isPassedOn(String(parts[0])) else { return nil }
      return (String(parts[0]), parts.count > 1 ? String(parts[1]) : "true")
    }
  }
}
