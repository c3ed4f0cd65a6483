import Glibc
import WritSystem
import WritTestSupport

/// Several hosts of this machine, each in namespaces of its own behind its own sshd, and a repository whose policy reaches
/// them by ssh. See `fleet.sh`.
final class FleetWorld: @unchecked Sendable {
  let world: World
  let count: Int
  private let hosts: RunningProgram
  var folder: String { world.scratch.path + "/fleet" }

  init(hosts count: Int) throws {
    self.count = count
    world = try World()
    world.repository.time = Int64(time(nil)) - 86400
    // sshd wants every folder above a key file to be root's and nobody else's to write.
    chmod(world.scratch.path, 0o755)
    mkdir(world.scratch.path + "/fleet", 0o755)
    try world.use("ann")
    let script = #filePath.split(separator: "/").dropLast().reduce("") { $0 + "/" + $1 } + "/fleet.sh"
    hosts = try Program(
      "/usr/bin/unshare",
      ["--mount", "--net", "/bin/bash", script, world.scratch.path + "/fleet", "\(count)", world.keys + "/ann"]
    ).start()
    for _ in 0..<600 where access(folder + "/ready", F_OK) != 0 { usleep(50_000) }
    guard access(folder + "/ready", F_OK) == 0 else {
      throw World.Failure(description: String(decoding: hosts.errorOutput(), as: UTF8.self))
    }
  }

  /// Ends every host.
  func end() { hosts.end(patience: 10_000) }

  func pid(_ number: Int) throws -> Int {
    let text = String(decoding: try FileContents.read(folder + "/pids/\(number)"), as: UTF8.self)
    guard let pid = Int(text.filter { $0 != "\n" }) else { throw World.Failure(description: "no host \(number)") }
    return pid
  }

  /// A file of a host as that host sees it.
  func text(_ path: String, on number: Int) throws -> String {
    String(decoding: (try? FileContents.read("/proc/\(pid(number))/root" + path)) ?? [], as: UTF8.self)
  }

  func hostKey(_ number: Int) throws -> String {
    let line = String(decoding: try FileContents.read(folder + "/keys/\(number).pub"), as: UTF8.self)
    return line.split(separator: " ").prefix(2).joined(separator: " ")
  }

  /// Runs a program as seen from a host; 0: from whoever reaches them.
  @discardableResult
  func run(on number: Int, _ program: String, _ arguments: [String], timeLimit: Int = 600) throws -> World.Run {
    try world.run(
      "/usr/bin/nsenter",
      ["--target", "\(pid(number))", "--mount", "--net", "--wd=\(world.lab)", "--", program] + arguments,
      timeLimit: timeLimit)
  }

  @discardableResult
  func script(on number: Int, _ text: String) throws -> World.Run {
    let run = try run(on: number, "/bin/bash", ["-euc", text])
    guard run.status == 0 else { throw World.Failure(description: "host \(number): \(text)\n\(run.errors)") }
    return run
  }

  func writ(_ arguments: String...) throws -> World.Run { try run(on: 0, World.writ, arguments) }

  @discardableResult
  func expect(_ status: Int32, _ arguments: String...) throws -> World.Run {
    let found = try run(on: 0, World.writ, arguments)
    guard found.status == status else {
      throw World.Failure(
        description: "writ \(arguments.joined(separator: " ")) ended with \(found.status), not \(status)\n"
          + found.output + found.errors)
    }
    return found
  }

  /// Ends what `writ-agent serve` runs on one host. False where none does.
  func killAgent(on number: Int) throws -> Bool {
    let network = try namespace(of: pid(number))
    let all = try Program("/usr/bin/pgrep", ["-f", "^/usr/local/sbin/writ-agent serve"]).run().outputText
    let here = all.split(separator: "\n").compactMap { Int($0) }.filter { (try? namespace(of: $0)) == network }
    for agent in here { kill(pid_t(agent), SIGKILL) }
    return !here.isEmpty
  }

  /// Whether an ssh to the host is under way.
  func isBeingReached(_ number: Int) throws -> Bool {
    let network = try namespace(of: pid(0))
    let all = try Program("/usr/bin/pgrep", ["-f", "^/usr/bin/ssh .*10\\.77\\.\(number)\\.2"]).run().outputText
    return all.split(separator: "\n").compactMap { Int($0) }.contains { (try? namespace(of: $0)) == network }
  }

  private func namespace(of pid: Int) throws -> String {
    var buffer = [CChar](repeating: 0, count: 256)
    let count = readlink("/proc/\(pid)/ns/net", &buffer, buffer.count)
    guard count > 0 else { throw World.Failure(description: "no process \(pid)") }
    return String(decoding: buffer.prefix(count).map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }

  // MARK: the policy

  /// So many people with a login, keys, a folder of their own and a system group on every host.
  func policy(people: Int, keyOf: (Int) throws -> String) throws -> String {
    var text = """
      settings: { signers: signers/allowed_signers }
      guards: { max-removal: "100%" }
      hosts:

      """
    for number in 1...count {
      text += "  h\(number): { connect: \"ssh://writ@10.77.\(number).2\", labels: [fleet], "
      text += "host-keys: [\"\(try keyOf(number))\"] }\n"
    }
    text += "people:\n  ann: { uid: 20000, ssh-keys: [\"KEY-ann\"] }\n"
    var random = SeededGenerator(seed: 7)
    for person in 1...people {
      text += "  p\(person): { uid: \(20000 + person), ssh-keys: [\"\(Self.key(&random))\"], roles: [member] }\n"
    }
    text += """
      roles:
        member: { allow: { login: ssh, outputs: write, render: member, shared: read } }
      resources:
        login: { hosts: [fleet], login: ssh }
        outputs: { hosts: [fleet], tree: "/srv/outputs/{account}" }
        render: { hosts: [fleet], unix-group: render }
        shared: { hosts: [fleet], tree: /srv/shared, group: sharers }

      """
    return text
  }

  @discardableResult
  func commit(people: Int, _ message: String = "Change the policy") throws -> String {
    try world.commit(policy(people: people, keyOf: hostKey), message)
  }

  /// A public key that nobody has the other half of.
  private static func key(_ random: inout SeededGenerator) -> String {
    let type = Array("ssh-ed25519".utf8)
    let blob =
      [0, 0, 0, UInt8(type.count)] + type + [0, 0, 0, 32]
      + (0..<32).map { _ in UInt8.random(in: 0 ... .max, using: &random) }
    let digits = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
    var text: [UInt8] = []
    for start in stride(from: 0, to: blob.count, by: 3) {
      let bytes = blob[start..<min(start + 3, blob.count)]
      var bits = bytes.reduce(0) { $0 << 8 | Int($1) } << (8 * (3 - bytes.count))
      var group: [UInt8] = []
      for _ in 0..<4 {
        group.insert(digits[bits & 63], at: 0)
        bits >>= 6
      }
      text += group.prefix(bytes.count + 1) + [UInt8](repeating: UInt8(ascii: "="), count: 3 - bytes.count)
    }
    return "ssh-ed25519 " + String(decoding: text, as: UTF8.self)
  }

  /// Whether hosts can be made here.
  static let isPossible: Bool = {
    guard World.canMount, access("/usr/sbin/sshd", X_OK) == 0, access("/usr/sbin/ip", X_OK) == 0 else { return false }
    let tried = try? Program(
      "/usr/bin/unshare", ["--net", "/usr/sbin/ip", "link", "add", "near0", "type", "veth", "peer", "name", "far0"]
    ).run()
    return tried?.succeeded ?? false
  }()
}
