import Testing
import WritDigest
import WritTestSupport

/// A policy with one mistake is refused by every command, with the finding that names the mistake and no other, and nothing
/// moves on any target.
@Suite(.enabled(if: World.isRoot, "needs root: accounts and trees are given to other ids")) struct BadPolicyTests {
  struct Case {
    var name: String
    var slugs: [String]
    var old: String
    var new: String
    /// A text that help or message of the finding must hold.
    var says = ""
  }

  static let bob = #"bob: { uid: 20002, ssh-keys: ["KEY-bob"], roles: [member] }"#
  static let owner = "tree-owner: { owner: ann, uid: 19001 }"
  static let key =
    "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIIIqu+MWMzMC5pn2kYaA6i8ByrtVSfAjJ32decPrQCRR"

  static let cases = [
    Case(name: "broken YAML", slugs: ["yaml-syntax"], old: "roles: [member] }", new: "roles: [member]"),
    Case(
      name: "a duplicate key", slugs: ["duplicate-key"], old: bob,
      new: bob + "\n  bob: { uid: 20009, roles: [member] }"),
    Case(
      name: "an alias", slugs: ["anchor", "alias"], old: "roles: [member] }",
      new: "roles: &same [member] }\n  dan: { uid: 20004, roles: *same }"),
    Case(
      name: "an unknown key", slugs: ["unknown-key"], old: "roles: [member] }", new: "rolse: [member] }",
      says: "did you mean `roles`?"),
    Case(
      name: "an unknown role", slugs: ["unknown-role"], old: "roles: [member] }", new: "roles: [memebr] }",
      says: "did you mean `member`?"),
    Case(
      name: "an include cycle", slugs: ["include-cycle"], old: "guest: { allow",
      new: "guest: { includes: [visitor], allow: { login: ssh } }\n  visitor: { includes: [guest], allow"),
    Case(
      name: "a service account without an owner", slugs: ["missing-key"], old: owner,
      new: "tree-owner: { uid: 19001 }", says: "owner"),
    Case(
      name: "a service account with a credential and no end", slugs: ["missing-key"], old: owner,
      new: owner
        + "\n  pipe: { owner: ann, uid: 19002, workload: nightly, credential: { kind: ssh-key, key: \"\(key)\" } }",
      says: "until"),
    Case(name: "two people with one uid", slugs: ["shared-uid"], old: "uid: 20003", new: "uid: 20002"),
    Case(
      name: "an impossible date", slugs: ["invalid-time"], old: "bob: { uid: 20002",
      new: "bob: { until: 2027-02-30, uid: 20002", says: "2027-02-30"),
    Case(name: "sudo to a shell", slugs: ["needs-privileged"], old: "/opt/bin/update", new: "/bin/bash"),
    Case(
      name: "sudo with any arguments", slugs: ["needs-privileged"], old: "arguments: [--all]", new: "arguments: any"),
    Case(name: "a path with `..`", slugs: ["unsafe-path"], old: "/opt/envs", new: "/opt/../etc"),
    Case(name: "a tree at the root", slugs: ["unsafe-path"], old: "tree: /opt/envs", new: "tree: /"),
    Case(name: "a tree at /etc", slugs: ["unsafe-path"], old: "tree: /opt/envs", new: "tree: /etc"),
    Case(name: "a tree below /etc", slugs: ["unsafe-path"], old: "tree: /opt/envs", new: "tree: /etc/ssh"),
    Case(
      name: "a vault folder with `..`", slugs: ["unsafe-path"], old: "folder: lab/basic", new: "folder: lab/../../x"),
    Case(
      name: "a group that equals root", slugs: ["needs-privileged"], old: "unix-group: render",
      new: "unix-group: docker"),
    Case(
      name: "a terminal's escape in a name", slugs: ["control-character"], old: "bob: { uid: 20002",
      new: #"bob: { name: "\e[2Jbob", uid: 20002"#),
  ]

  /// Slugs of the errors that `validate --format json` lists, in order, and all its text.
  private static func errors(_ text: String) throws -> [String] {
    let document = try JSONMembers(try JSONValue(canonicalLine: Array(text.utf8)))
    return try (document.all["findings"]?.array ?? []).map { try JSONMembers($0) }
      .filter { try $0.text("severity") == "error" }.map { try $0.text("slug") }
  }

  @Test func `a policy with a mistake is refused and nothing changes`() throws {
    let world = try World.withSmallPolicyApplied()
    let before = try world.footprint()
    let entries = try world.expect(0, "log").output
    for mistake in Self.cases {
      #expect(World.small.contains(mistake.old), "\(mistake.name)")
      try world.commit(World.small.replacing(mistake.old, with: mistake.new), mistake.name)
      let found = try world.writ("validate", "--format", "json")
      #expect(found.status == 3, "\(mistake.name)")
      #expect(try Self.errors(found.output) == mistake.slugs, "\(mistake.name): \(found.output)")
      #expect(found.output.contains(mistake.says), "\(mistake.name): \(found.output)")
      let applied = try world.writ("apply")
      #expect(applied.status == 3, "\(mistake.name): \(applied.errors)")
      #expect(applied.errors.contains("error[\(mistake.slugs[0])]"), "\(mistake.name): \(applied.errors)")
      #expect(applied.errors.contains("hint: `writ explain \(mistake.slugs[0])`"), "\(mistake.name)")
      #expect(!applied.errors.contains("\u{1b}"), "\(mistake.name)")
    }
    // The commands that only read refuse the last of them too.
    for command in [["plan"], ["access"], ["test"], ["can", "bob", "envs:read"], ["why", "bob", "envs:read"]] {
      let run = try world.run(World.writ, command)
      #expect(run.status == 3, "\(command): \(run.errors)")
      #expect(run.output == "", "\(command)")
    }
    #expect(try world.footprint() == before)
    #expect(try world.expect(0, "log").output == entries)
    // What is in force stays in use while the newest commit is wrong.
    try world.expect(0, "drift")
    #expect(try world.expect(0, "secret", "get", "basic/token").output == "value")
    try world.commit(World.small, "Mend the policy")
    try world.expectWhole()
  }
}
