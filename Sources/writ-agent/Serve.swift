internal import ArgumentParser
internal import Glibc
internal import WritHostLinux
internal import WritSystem

/// `writ-agent serve`, which writ starts over ssh.
struct Serve: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Answer one writ over standard input and output.",
    discussion: """
      Started by writ over ssh, by root or by sudo. It works on this machine within the limits that /etc/writ/limits sets, \
      and ends when writ does. It takes no other input, and holds no policy and no key.

      Exit status: 0 when writ was done, 1 when it went in the middle or broke the protocol.

      Example: ssh writ@gpu02 sudo -n -- /usr/local/sbin/writ-agent serve
      """)

  func run() throws {
    StandardStreams.keepTaken()
    guard geteuid() == 0 else {
      Agent.complain("only root can change this host")
      throw ExitCode(1)
    }
    // Set by sudo, which lets nobody say it who may not become root (sudo(8)).
    let login = getenv("SUDO_USER").map { String(cString: $0) } ?? "root"
    let server = AgentServer(
      reading: STDIN_FILENO, writing: STDOUT_FILENO, root: "/", login: login, identity: AgentIdentity.own)
    do { try server.run() } catch {
      Agent.complain("\(error)")
      throw ExitCode(1)
    }
  }
}
