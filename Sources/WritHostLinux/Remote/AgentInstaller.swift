internal import Glibc
public import WritDigest
internal import WritPolicy
internal import WritSystem

/// Puts an agent on a host, over the login of somebody who is root there or may become it without a password.
public struct AgentInstaller {
  /// The sudo rule lies in a file of its own, beside writ's.
  public static let rulePath = "/etc/sudoers.d/writ-agent"
  /// Larger ones are no agent.
  public static let sizeLimit = 128 << 20

  let agent: [UInt8]
  public let digest: Digest

  public init(agent: [UInt8]) {
    self.agent = agent
    digest = Digest(of: agent)
  }

  /// Lets one account start this agent, this very file, and nothing else. Empty for root, who needs no rule.
  public func rule(for user: String) -> String {
    user == "root" ? "" : "\(user) ALL=(root) NOPASSWD: sha256:\(digest.hex) \(SSHConnector.agentPath) serve"
  }

  /// Uploads the agent and puts the rule beside it; both are complete and checked before they take their places, the rule
  /// first, since sudo may still refuse it among the others.
  ///
  /// - Parameters:
  ///   - login: reaches the host as its administrator; the keys it pins are the policy's.
  ///   - user: the account that writ itself will log in as.
  /// - Throws: ``RemoteError``; then the old agent and the old rule are still there.
  public func install(over login: SSHConnector, for user: String) throws(RemoteError) {
    let known = try KnownHosts(host: login.host, keys: login.hostKeys)
    let asRoot = login.address.user == "root" ? [] : ["/usr/bin/sudo", "-n", "--"]
    var program = login.program(asRoot + ["/bin/sh", "-c", "'\(Self.script)'"], known)
    program.input = Array("\(digest.hex)\n\(rule(for: user))\n".utf8) + agent
    program.timeLimit = login.patience.step
    program.outputLimit = 64 << 10
    let result: Program.Result
    do throws(Program.Failure) { result = try program.run() } catch { throw .program(error) }
    // ssh reads the file until then.
    withExtendedLifetime(known) {}
    guard !result.succeeded else { return }
    throw SSHConnection.failure(result.ending, SSHConnection.text(result.errorOutput))
  }

  /// What root runs there. A fixed text without single quotes, so that the login's shell hands it on as it is; what is
  /// particular to a host comes over standard input: the digest, the rule, and then the file.
  private static let script = """
    set -eu
    umask 077
    PATH=/usr/sbin:/usr/bin:/sbin:/bin
    export PATH
    IFS= read -r digest
    IFS= read -r rule
    mkdir -p /usr/local/sbin
    new=$(mktemp /usr/local/sbin/.writ-agent.XXXXXXXX)
    staged=
    old=
    trap "rm -f \\"\\$new\\" \\$staged \\$old" EXIT
    cat > "$new"
    found=$(sha256sum < "$new")
    if [ "${found%% *}" != "$digest" ]; then echo "the upload is damaged" >&2; exit 1; fi
    chown 0:0 "$new"
    chmod 0755 "$new"
    sync "$new"
    if [ -n "$rule" ]; then
      staged=$(mktemp /etc/sudoers.d/.writ-agent.XXXXXXXX)
      printf "%s\\n" "$rule" > "$staged"
      chown 0:0 "$staged"
      chmod 0440 "$staged"
      visudo -c -q -f "$staged" >&2
      sync "$staged"
    fi
    if [ -n "$staged" ]; then
      if [ -e \(rulePath) ]; then
        old=/etc/sudoers.d/.writ-agent.old
        cp -p \(rulePath) "$old"
      fi
      mv -f "$staged" \(rulePath)
      if ! visudo -c -q >&2; then
        if [ -n "$old" ]; then mv -f "$old" \(rulePath); else rm -f \(rulePath); fi
        echo "sudo refuses the rule among the others" >&2
        exit 1
      fi
    fi
    mv -f "$new" \(SSHConnector.agentPath)
    sync /usr/local/sbin /etc/sudoers.d
    """
}
