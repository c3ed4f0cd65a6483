import Glibc
import Testing
import WritSystem
import WritTestSupport

/// The example lab: what its policy says is what the vault's files and the kernel say, for everybody and everything.
struct LabTests {
  @Test func `the lab's policy has no errors and passes its own tests`() throws {
    let world = try World.withLab()
    let valid = try world.expect(0, "validate")
    #expect(!valid.output.contains("error["))
    let tests = try world.expect(0, "test")
    #expect(tests.output.hasSuffix(" passed, 0 failed\n"))
    #expect(!tests.output.hasPrefix("0 passed"))
  }

  @Test(.enabled(if: World.isRoot, "needs root: trees are given to other ids"))
  func `stock age opens a secret exactly for those who may read it`() throws {
    let world = try World.withLab()
    try world.expect(0, "apply", "--bootstrap", "--vault", "team")
    let edges = try world.edges()
    let groups = ["basic", "advanced", "restricted"]
    for group in groups { try world.expect(0, "secret", "put", "lora-scripts-\(group)/sample", input: "of \(group)") }
    let holders = try Program("/usr/bin/find", [world.keys, "-name", "*.pub", "-printf", "%f\\n"]).run().outputText
      .split(separator: "\n").map { String($0.dropLast(4)) }.sorted()
    #expect(holders.count == 15)
    var opened = 0
    for holder in holders {
      for group in groups {
        let run = try world.run(
          "/usr/bin/age",
          ["-d", "-i", "\(world.keys)/\(holder)", "\(world.vault)/lora-scripts/\(group)/sample.age"])
        let may = edges.contains(LabEdge(principal: holder, permission: "lora-scripts-\(group):read"))
        #expect((run.status == 0) == may, "\(holder) \(group): \(run.errors)")
        #expect(run.output == (may ? "of \(group)" : ""), "\(holder) \(group)")
        opened += may ? 1 : 0
      }
    }
    // Both answers occurred; the departed and the interns got the second one throughout.
    #expect(opened > 10 && opened < holders.count * groups.count)
  }

  @Test(.enabled(if: World.isRoot, "needs root: trees are given to other ids"))
  func `the kernel lets every account do what effective access says, and no more`() throws {
    let world = try World.withLab()
    for folder in [world.scratch.path, world.repository.scratch.path] { chmod(folder, 0o711) }
    // What lay there before writ came.
    try world.fill("/srv/models/base/model.safetensors", mode: 0o600)
    try world.fill("/opt/miniconda/envs/base/lib/site.py", mode: 0o666)
    try world.fill("/opt/lora-scripts/config/default.yaml", mode: 0o644)
    try world.expect(0, "apply", "--bootstrap", "--host", "gpu01")
    let edges = try world.edges()
    let host = try LabHost(world)
    let trees = host.trees(edges)
    #expect(trees.count == 8 + 5)
    for tree in trees { try host.use(tree, edges) }
    for account in host.accounts {
      let seen = try host.allowed(account, in: trees)
      for tree in trees {
        let isOwner = host.owner(of: tree.path) == account.uid
        func holds(_ operation: String) -> Bool {
          isOwner || edges.contains(LabEdge(principal: account.principal, permission: "\(tree.object):\(operation)"))
        }
        for sample in tree.samples {
          #expect(
            seen[sample.path]?.read == holds("read"), "\(account.principal) reads \(sample.path): \(tree.object)")
          #expect(
            seen[sample.path]?.write == holds("write"), "\(account.principal) writes \(sample.path): \(tree.object)")
        }
      }
    }
    // Ordinary use is no drift, whoever made the file.
    let plan = try world.expect(0, "plan", "--detailed-exitcode", "--host", "gpu01")
    #expect(plan.output.hasSuffix("nothing to change\n"))
  }

  @Test(.enabled(if: World.isRoot, "needs root: trees are given to other ids"))
  func `new files inherit group and mode whatever the umask`() throws {
    let world = try World.withLab()
    for folder in [world.scratch.path, world.repository.scratch.path] { chmod(folder, 0o711) }
    try world.expect(0, "apply", "--bootstrap", "--host", "gpu01")
    let edges = try world.edges()
    let host = try LabHost(world)
    let envs = try #require(host.trees(edges).first { $0.object == "conda-envs" })
    let maker = try #require(host.accounts.first { $0.principal == "conda-user" })
    for umask in ["077", "000"] {
      _ = try host.run(
        as: maker, "umask \(umask); cd $0 && mkdir d\(umask) && touch f\(umask) d\(umask)/inner", [envs.path])
    }
    let listed = try world.run("/usr/bin/find", [envs.path, "-mindepth", "1", "-printf", "%y %m %G %P\\n"])
    let readers = try #require(host.groups["ai-researchers"])
    #expect(
      listed.output.split(separator: "\n").sorted() == [
        "d 2750 \(readers) d000", "d 2750 \(readers) d077", "f 640 \(readers) d000/inner",
        "f 640 \(readers) d077/inner", "f 640 \(readers) f000", "f 640 \(readers) f077",
      ])
    try world.expect(0, "drift", "--host", "gpu01")
  }

  @Test(.enabled(if: World.isRoot, "needs root: trees are given to other ids"))
  func `sudo and sshd accept what is written for them`() throws {
    let world = try World.withLab()
    let applied = try world.expect(0, "apply", "--bootstrap", "--host", "gpu01")
    // An account's end is a day for people, not the number that shadow(5) keeps.
    #expect(applied.output.contains(#/expires 20\d\d-\d\d-\d\d/#))
    let sudoers = try Program("/usr/bin/find", [world.host + "/etc/sudoers.d", "-type", "f"]).run().outputText
      .split(separator: "\n").map(String.init)
    #expect(sudoers.count == 1)
    for file in sudoers {
      let check = try world.run("/usr/sbin/visudo", ["-cf", file])
      #expect(check.status == 0, "\(check.output + check.errors)")
      let text = String(decoding: try FileContents.read(file), as: UTF8.self)
      let mentions = text.split(separator: "\n").filter { !$0.hasPrefix("#") }
      // conda-user is for its maintainer; the firewall for the administrators, as root.
      #expect(mentions.contains { $0.contains("liuyang") && $0.contains("conda-create") && $0.contains("conda-user") })
      #expect(!mentions.contains { $0.contains("conda-") && !$0.contains("liuyang") && $0.contains("=") })
      #expect(mentions.contains { $0.contains("gpu-firewall reload") })
      #expect(!text.contains("zhaolei"))
    }
    let dropIn = String(
      decoding: try FileContents.read(world.host + "/etc/ssh/sshd_config.d/00-writ.conf"), as: UTF8.self)
    #expect(dropIn.contains("AllowGroups"))
    #expect(dropIn.contains("authorized_keys.d"))
    // The login group holds exactly those who may log in, and the pipelines, whose key is tied to one command.
    let edges = try world.edges()
    let host = try LabHost(world)
    let mayLogIn = Set(edges.filter { $0.permission == "gpu-login:ssh" }.map(\.principal))
    let login = Set(host.accounts.filter { $0.groups.contains(host.groups["writ-login"] ?? 0) }.map(\.principal))
    #expect(login.subtracting(["ci-lora-runner", "ci-eval-runner"]) == mayLogIn)
    #expect(!mayLogIn.contains("zhao.lei"))
  }
}
