import Glibc
import Testing
import WritDigest
import WritSystem
import WritTestSupport

/// `prove` asks the kernel, and believes nothing else.
@Suite(.enabled(if: World.isRoot, "needs root: takes on accounts"))
struct ProveTests {
  private func applied() throws -> World {
    let world = try World.withLab()
    for folder in [world.scratch.path, world.repository.scratch.path] { chmod(folder, 0o711) }
    try world.fill("/srv/models/base/model.safetensors", mode: 0o600)
    try world.fill("/opt/miniconda/envs/base/lib/site.py", mode: 0o666)
    try world.expect(0, "apply", "--bootstrap", "--host", "gpu01")
    let edges = try world.edges()
    let host = try LabHost(world)
    for tree in host.trees(edges) { try host.use(tree, edges) }
    return world
  }

  @Test func `a host that was applied agrees in every inode, and nothing is written by asking`() throws {
    let world = try applied()
    let before = try world.run("/usr/bin/find", [world.host, "-printf", "%p %C@ %m %U:%G\\n"]).output
    let whole = try world.expect(0, "prove", "--all")
    #expect(whole.output.contains("0 disagreements"))
    #expect(!whole.output.contains("could not be asked"))
    let sampled = try world.expect(0, "prove", "--sample", "2", "--seed", "9")
    let count = { (run: World.Run) in run.output.firstMatch(of: #/: (\d+) answers/#).flatMap { Int($0.1) } ?? 0 }
    #expect(count(sampled) > 100 && count(sampled) < count(whole))
    #expect(try world.expect(0, "prove", "--sample", "2", "--seed", "9").output == sampled.output)
    #expect(try world.run("/usr/bin/find", [world.host, "-printf", "%p %C@ %m %U:%G\\n"]).output == before)
  }

  @Test func `whatever a hand changed is said of exactly those whom it concerns`() throws {
    let world = try applied()
    let edges = try world.edges()
    let host = try LabHost(world)
    func holds(_ account: LabHost.Account, _ permission: String) -> Bool {
      edges.contains(LabEdge(principal: account.principal, permission: permission))
    }
    let intruder = try #require(
      host.accounts.first {
        !holds($0, "conda-envs:read") && $0.principal != "conda-user" && $0.principal != "zhao.lei"
      })
    let envs = world.host + "/opt/miniconda/envs"
    // An entry of one's own, a file for everybody behind a door that stays shut, and a door shut to those who have the right.
    for (program, words) in [
      ("/usr/bin/setfacl", ["-m", "u:\(intruder.uid):r", envs + "/base/lib/site.py"]),
      ("/usr/bin/setfacl", ["-m", "u:\(intruder.uid):x", envs, envs + "/base", envs + "/base/lib"]),
      ("/usr/bin/chmod", ["0666", world.host + "/srv/models/base/model.safetensors"]),
      ("/usr/bin/setfacl", ["-b", world.host + "/srv/projects"]),
      ("/usr/bin/chmod", ["0700", world.host + "/srv/projects"]),
    ] {
      let run = try world.run(program, words)
      #expect(run.status == 0, "\(run.errors)")
    }
    let text = try world.expect(2, "prove", "--all").output
    #expect(text.contains("does not have conda-envs:read, and is let: 1 (base/lib/site.py)"))
    let json = try world.expect(2, "prove", "--all", "--format", "json").output
    let document = try #require(JSONValue(canonicalLine: Array(json.utf8)).object)
    let found = document["targets"]?.array?.first?.object?["disagreements"]?.array ?? []
    #expect(
      found.contains {
        $0.object?["principal"]?.string == intruder.principal && $0.object?["permission"]?.string == "conda-envs:read"
          && $0.object?["given"] == .bool(false)
      })
    let weights = text.split(separator: "\n").filter { $0.contains("base-weights") }
    #expect(weights == ["  svc-lora does not have base-weights:write, and is let: 1 (model.safetensors)"])
    let readers = host.accounts.filter { holds($0, "projects:read") }
    #expect(readers.count > 1)
    #expect(text.split(separator: "\n").count { $0.contains("has projects:read, and is refused") } == readers.count)
    try world.expect(0, "apply", "--host", "gpu01")
    try world.expect(0, "prove", "--all")
  }

  @Test func `a member by hand is found, and so is an access that is over`() throws {
    let world = try applied()
    let path = world.host + "/etc/group"
    let text = String(decoding: try FileContents.read(path), as: UTF8.self)
    let edges = try world.edges()
    let host = try LabHost(world)
    let stranger = try #require(
      host.accounts.first { account in
        !edges.contains(LabEdge(principal: account.principal, permission: "gpu-devices:member"))
          && text.contains("\n\(account.name):")
      })
    let changed = text.split(separator: "\n", omittingEmptySubsequences: false).map { line in
      line.hasPrefix("render:") ? line + (line.hasSuffix(":") ? "" : ",") + stranger.name : line
    }.joined(separator: "\n")
    try #require(changed != text)
    try FileContents.replace(path, with: Array(changed.utf8), mode: 0o644)
    let run = try world.expect(2, "prove")
    #expect(run.output.contains("does not have gpu-devices:member, and is let"))
    #expect(run.output.contains("1 disagreements"))
  }

  @Test func `without a ledger, a host or root there is nothing to prove`() throws {
    let world = try World.withLab()
    #expect(try world.expect(1, "prove").errors.contains("ledger"))
    #expect(try world.expect(64, "prove", "--sample=-1").errors.contains("0 or more"))
    try world.expect(0, "apply", "--bootstrap", "--vault", "team")
    #expect(try world.expect(1, "prove", "--host", "gpu01").errors.contains("never applied whole"))
    #expect(try world.expect(3, "prove", "--host", "gpu99").errors.contains("no host is named"))
  }
}
