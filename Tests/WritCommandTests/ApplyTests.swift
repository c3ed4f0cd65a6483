import Glibc
import Testing
import WritSystem
import WritTestSupport

@Suite(.enabled(if: World.isRoot, "needs root: accounts and trees are given to other ids")) struct ApplyTests {
  @Test func `a plan after apply is empty and a second apply touches nothing`() throws {
    let world = try World.withSmallPolicy()
    try world.expect(2, "plan", "--detailed-exitcode")
    let first = try world.expect(0, "apply", "--bootstrap")
    #expect(first.output.contains("applied: "))
    try world.expect(0, "secret", "put", "basic/token", input: "value")
    let plan = try world.expect(0, "plan", "--detailed-exitcode")
    #expect(plan.output.hasSuffix("nothing to change\n"))
    let host = try world.changeTimes(world.host)
    let vault = try world.changeTimes(world.vault)
    let second = try world.expect(0, "apply")
    #expect(second.output == "nothing to do\n")
    #expect(try world.changeTimes(world.host) == host)
    #expect(try world.changeTimes(world.vault) == vault)
    try world.expect(0, "verify")
  }

  /// People, trees, a personal tree, a command, a system group and sharing groups come and go.
  static let another = """
    settings:
      signers: signers/allowed_signers
      vaults: { team: { kind: age, path: ../../vault, custodians: [ann] } }
    guards: { max-removal: "100%" }
    hosts:
      gpu01: { connect: "root:../../sandbox/gpu01", labels: [gpu] }
    people:
      ann: { uid: 20001, ssh-keys: ["KEY-ann"], roles: [member] }
      cas: { uid: 20003, ssh-keys: ["KEY-cas"], roles: [member] }
      dan: { uid: 20004, ssh-keys: ["KEY-dan"], roles: [{ role: member, until: 2099-01-01 }] }
    service-accounts:
      model-owner: { owner: ann, uid: 19002 }
    roles:
      member: { allow: { envs: write, models: read, scratch: write, login: ssh, video: member, basic: read, more: read } }
    sharing-groups:
      basic: { vault: team, folder: lab/basic }
      more: { vault: team, folder: lab/more }
    resources:
      envs: { hosts: [gpu], tree: /opt/envs, owner: model-owner }
      models: { hosts: [gpu], tree: /opt/envs/models, owner: model-owner, group: modelers }
      scratch: { hosts: [gpu], tree: "/data/{account}" }
      login: { hosts: [gpu], login: ssh }
      video: { hosts: [gpu], unix-group: video }

    """

  @Test func `a plan after apply is empty whatever the policy added and took away`() throws {
    let world = try World.withAppliedPolicy()
    mkdir(world.host + "/opt/envs/base", 0o777)
    for file in ["/opt/envs/base/site.py", "/srv/outputs/bob/result"] {
      try FileContents.replace(world.host + file, with: Array("x\n".utf8), mode: 0o666)
    }
    try world.commit(Self.another, "Another lab")
    try world.expect(0, "apply")
    try world.expectSettled()
    try world.expect(0, "secret", "put", "more/token", input: "another value")
    try world.expectSettled()
    #expect(try world.opens("lab/basic/token.age", with: "dan"))
    #expect(try !world.opens("lab/basic/token.age", with: "bob"))

    try world.commit(World.changed([World.unguarded]), "Back to how it was")
    try world.expect(0, "apply")
    try world.expectSettled()
    #expect(try world.members("envs-w") == nil)
    #expect(try world.opens("lab/basic/token.age", with: "bob"))
    #expect(try !world.opens("lab/more/token.age", with: "dan"))
    // What was a tree of its own inside another one is part of that one now, and stays so whatever is applied later.
    let (inner, outer) = (try world.shown().facts["path /opt/envs/models"], try world.shown().facts["path /opt/envs"])
    #expect(inner == outer && inner != nil)
    try world.commit(
      World.changed([World.unguarded, ("KEY-cas\"], roles: [guest]", "KEY-cas\"], roles: [member]")]), "And cas")
    try world.expect(0, "apply")
    try world.expectSettled()

    try world.commit(Self.another + "# again\n", "And forth")
    try world.expect(0, "apply")
    try world.expectSettled()
    try world.expect(0, "drift")
    try world.expect(0, "verify")
  }

  /// Narrowing a folder that was never writ's is no revocation: it was let through as one, past the host's limits.
  @Test func `a tree outside the host's limits is not even narrowed`() throws {
    let world = try World.withSmallPolicy()
    mkdir(world.host + "/elsewhere", 0o755)
    mkdir(world.host + "/elsewhere/data", 0o755)
    try world.commit(World.small.replacing("tree: /opt/envs", with: "tree: /elsewhere/data"), "Move the tree")
    let before = try world.changeTimes(world.host + "/elsewhere")
    let run = try world.expect(8, "apply", "--bootstrap")
    #expect(run.output.contains("blocked: "))
    #expect(run.output.contains("/etc/writ/limits"))
    #expect(try world.changeTimes(world.host + "/elsewhere") == before)
  }
}
