import Glibc
import WritSystem
import WritTestSupport

/// A sealed world for the command line: a scratch folder with a repository, keys, a sandbox host and a vault; a HOME of its
/// own; no configuration of the user's. What runs is the real `writ`.
final class World {
  let scratch: Scratch
  let repository: ScratchRepository
  /// The top of the repository, in which commands run.
  var lab: String { repository.path }
  /// `../../sandbox/gpu01` and `../../vault` seen from the policy folder.
  var host: String { repository.scratch.path + "/sandbox/gpu01" }
  var vault: String { repository.scratch.path + "/vault" }
  var keys: String { repository.scratch.path + "/keys" }

  struct Run {
    var status: Int32
    var output: String
    var errors: String
  }

  struct Failure: Error, CustomStringConvertible {
    var description: String
  }

  init() throws {
    repository = try ScratchRepository()
    scratch = repository.scratch
    for folder in ["/home", "/keys", "/sandbox"] { mkdir(scratch.path + folder, 0o755) }
  }

  /// Where the package's products were built: beside the test bundle that is running.
  static var products: String {
    var buffer = [CChar](repeating: 0, count: Int(PATH_MAX))
    let count = readlink("/proc/self/exe", &buffer, buffer.count)
    let executable = String(decoding: buffer.prefix(max(0, count)).map { UInt8(bitPattern: $0) }, as: UTF8.self)
    return executable.split(separator: "/").dropLast().reduce("") { $0 + "/" + $1 }
  }

  static var writ: String { products + "/writ" }
  static var agent: String { products + "/writ-agent" }

  var environment: [String: String] {
    var environment = Program.plainEnvironment
    environment["HOME"] = scratch.path + "/home"
    environment["GIT_CONFIG_GLOBAL"] = "/dev/null"
    environment["GIT_CONFIG_NOSYSTEM"] = "1"
    environment["TZ"] = "UTC"
    environment["NO_COLOR"] = "1"
    environment["SWIFT_BACKTRACE"] = "enable=no"
    return environment
  }

  /// Runs `writ` in the repository.
  @discardableResult
  func writ(_ arguments: String..., input: String = "", timeLimit: Int = 120) throws -> Run {
    try run(Self.writ, arguments, input: input, timeLimit: timeLimit)
  }

  /// Runs any program in the repository.
  @discardableResult
  func run(
    _ path: String, _ arguments: [String], input: String = "", in folder: String? = nil, timeLimit: Int = 120
  ) throws -> Run {
    let result = try Program(
      path, arguments, environment: environment, workingDirectory: folder ?? lab, input: Array(input.utf8),
      timeLimit: timeLimit
    ).run()
    let status: Int32
    switch result.ending {
    case .exited(let code): status = code
    case .signalled(let signal): status = 128 + signal
    }
    return Run(status: status, output: result.outputText, errors: result.errorText)
  }

  /// Runs `writ` and throws with everything it said unless it ends with `status`.
  @discardableResult
  func expect(_ status: Int32, _ arguments: String..., input: String = "") throws -> Run {
    let found = try run(Self.writ, arguments, input: input)
    guard found.status == status else {
      throw Failure(
        description: "writ \(arguments.joined(separator: " ")) ended with \(found.status), not \(status)\n"
          + found.output + found.errors)
    }
    return found
  }

  /// Puts an ed25519 key pair at `keys/NAME`, once; gives `ssh-ed25519 BASE64`.
  @discardableResult
  func key(_ name: String) throws -> String {
    let path = keys + "/" + name
    if access(path, F_OK) != 0, let made = ThrowAwayKeys.all[name] {
      try FileContents.replace(path, with: made.identity, mode: 0o600)
      try FileContents.replace(path + ".pub", with: made.publicLine, mode: 0o644)
    } else if access(path, F_OK) != 0 {
      _ = try Program("/usr/bin/ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-C", name, "-f", path]).run()
    }
    let text = String(decoding: try FileContents.read(path + ".pub"), as: UTF8.self)
    return text.split(separator: " ").prefix(2).joined(separator: " ")
  }

  /// Lays out the sandbox host.
  func makeHost(limits: String? = "run-as: root\n") throws {
    try expect(0, "init", "--host-root", host, "--name", "gpu01")
    if let limits { try FileContents.replace(host + "/etc/writ/limits", with: Array(limits.utf8), mode: 0o644) }
  }

  /// A program that the policy names, in the sandbox host or another one.
  func makeProgram(_ path: String, below other: String? = nil) throws {
    let host = other ?? self.host
    var folder = host
    for part in path.split(separator: "/").dropLast() {
      folder += "/" + part
      mkdir(folder, 0o755)
    }
    try FileContents.replace(host + path, with: Array("#!/bin/sh\necho \"$0 $*\"\n".utf8), mode: 0o755)
  }

  /// Says with which key and identity `writ` works from now on.
  func use(_ name: String) throws {
    try key(name)
    try repository.git("config", "writ.key", keys + "/" + name)
    try repository.git("config", "writ.identity", keys + "/" + name)
  }

  /// Every file, folder and link below the sandbox host with its change time; equal lists mean that nothing was touched.
  func changeTimes(_ folder: String) throws -> String {
    try Program("/usr/bin/find", [folder, "-printf", "%P %C@ %m %U %G\\n"]).run().outputText
      .split(separator: "\n").sorted().joined(separator: "\n")
  }
}

extension World {
  /// A small policy with one of each control: a shared tree with an owner, personal trees, a login, a command, a system group
  /// and a sharing group; `ann` applies.
  static let small = """
    settings:
      signers: signers/allowed_signers
      vaults: { team: { kind: age, path: ../../vault, custodians: [ann] } }
    hosts:
      gpu01: { connect: "root:../../sandbox/gpu01", labels: [gpu] }
    people:
      ann: { uid: 20001, ssh-keys: ["KEY-ann"], roles: [member, maintainer] }
      bob: { uid: 20002, ssh-keys: ["KEY-bob"], roles: [member] }
      cas: { uid: 20003, ssh-keys: ["KEY-cas"], roles: [guest] }
    service-accounts:
      tree-owner: { owner: ann, uid: 19001 }
    roles:
      member: { allow: { envs: read, outputs: write, login: ssh, render: member, basic: read } }
      maintainer: { allow: { update: run, envs: write, basic: manage } }
      guest: { allow: { login: ssh } }
    sharing-groups:
      basic: { vault: team, folder: lab/basic }
    resources:
      envs: { hosts: [gpu], tree: /opt/envs, owner: tree-owner, group: readers }
      outputs: { hosts: [gpu], tree: "/srv/outputs/{account}" }
      login: { hosts: [gpu], login: ssh }
      render: { hosts: [gpu], unix-group: render }
      update: { hosts: [gpu], command: /opt/bin/update, arguments: [--all], run-as: tree-owner }

    """

  /// Writes a policy text with `KEY-name` replaced by that person's key, and commits it.
  @discardableResult
  func commit(_ text: String, _ message: String = "Change the policy") throws -> String {
    var text = text
    for name in ["ann", "bob", "cas", "dan", "eve"] where text.contains("KEY-\(name)") {
      text = text.replacing("KEY-\(name)", with: try key(name))
    }
    return try repository.commit(
      message, ["policies/policy.yaml": text, "policies/signers/allowed_signers": "ann \(try key("ann"))\n"])
  }

  /// A world with ``small`` committed, a host and `ann` as applier; nothing applied yet.
  static func withSmallPolicy() throws -> World {
    let world = try World()
    // Commits lie in the past, as they do in life.
    world.repository.time = Int64(time(nil)) - 86400
    try world.commit(small, "Begin")
    try world.makeHost()
    try world.makeProgram("/opt/bin/update")
    try world.use("ann")
    return world
  }

  /// Whether tests that give files to other accounts can run here.
  static let isRoot = geteuid() == 0

  /// Whether programs can be stopped at a chosen system call.
  static let canTrace =
    (try? Program("/usr/bin/strace", ["-qq", "-o", "/dev/null", "/bin/true"]).run().succeeded) == true
}
