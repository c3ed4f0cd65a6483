import Glibc
import Testing
import WritSystem
import WritTestSupport

/// What hands changed becomes policy, edit by edit in its place, and is no difference any more; the rest is said and stays.
@Suite(.enabled(if: World.isRoot, "needs root: accounts and trees are given to other ids"))
struct AdoptTests {
  struct Case: Sendable, CustomTestStringConvertible {
    var name: String
    var hand: String
    /// After `adopt`.
    var arguments: [String]
    var gone: [String] = []
    var come: [String]
    /// What an apply still has to do, and did not before.
    var also: Set<String> = []
    var testDescription: String { name }
  }

  private static let keyFile = "etc/ssh/authorized_keys.d"

  static let cases = [
    Case(
      name: "a key in writ's own form",
      hand: "sed -n 's#^restrict,pty,port-forwarding ssh.* bob$#restrict,pty,port-forwarding EVE bob#p' \(keyFile)/bob "
        + "| head -1 >> \(keyFile)/bob",
      arguments: ["keys:bob"], come: ["      - \"EVE\""]),
    Case(
      name: "a key taken out", hand: "sed -i '\\#FAY#d' \(keyFile)/bob", arguments: ["keys:bob"],
      gone: ["      - \"FAY\"   # at home"], come: []),
    Case(
      name: "another key of a pipeline", hand: "sed -i 's#DAN#EVE#' \(keyFile)/pipe", arguments: ["keys:pipe"],
      gone: ["    credential: { kind: ssh-key, key: \"DAN\", run: update }"],
      come: ["    credential: { kind: ssh-key, key: \"EVE\", run: update }"]),
    Case(
      name: "a reader more, by the one role", hand: "member data-readers bob", arguments: ["group:data-readers"],
      come: ["      - curator"]),
    Case(
      name: "a reader more, by exception", hand: "member data-readers bob",
      arguments: ["group:data-readers", "--until", "2099-05-05", "--reason", "night \"shift\": x"],
      come: ["  - { to: bob, allow: { data: read }, until: 2099-05-05, reason: \"night \\\"shift\\\": x\" }"],
      also: ["ends writ"]),
    Case(
      name: "a reader less", hand: "leave readers bob", arguments: ["group:readers"],
      gone: ["      - reader   # of the shared tree"], come: []),
    Case(
      name: "one of two who share an exception", hand: "leave render bob", arguments: ["membership:render/bob"],
      gone: ["  - { to: [bob, cas], allow: { render: member }, until: 2099-01-01 }"],
      come: ["  - { to: [cas], allow: { render: member }, until: 2099-01-01 }"], also: ["ends writ"]),
    Case(
      name: "one of two permissions", hand: "leave readers cas", arguments: ["group:readers"],
      gone: ["  - { to: cas, allow: { envs: read, render: member }, until: 2099-02-01 }   # until the move"],
      come: ["  - { to: cas, allow: { render: member }, until: 2099-02-01 }   # until the move"], also: ["ends writ"]),
    Case(
      name: "a sudo line less", hand: "sed -i '/^bob /d' etc/sudoers.d/writ", arguments: ["sudoers:writ"],
      gone: ["  - { to: bob, allow: { update: run }, until: 2099-03-01 }"], come: []),
    Case(
      name: "a sudo line more",
      hand: "sed -n 's/^ann /cas /p' etc/sudoers.d/writ > x; sed -i '/^bob /r x' etc/sudoers.d/writ; rm x",
      arguments: ["sudoers:writ"],
      gone: ["  cas: { uid: 20003, ssh-keys: [\"CAS\"], roles: [member] }"],
      come: ["  cas: { uid: 20003, ssh-keys: [\"CAS\"], roles: [member, runner] }"]),
    Case(
      name: "the home of a service account", hand: "sed -i 's#:/opt/owner:#:/srv/owner:#' etc/passwd",
      arguments: ["account:tree-owner"],
      gone: ["  tree-owner: { owner: ann, uid: 19001, home: /opt/owner }"],
      come: ["  tree-owner: { owner: ann, uid: 19001, home: \"/srv/owner\" }"]),
    Case(
      name: "an earlier end of an account",
      hand: "sed -i -E 's/^(bob:[^:]*:[^:]*:[^:]*:[^:]*:[^:]*:[^:]*):[^:]*:/\\1:40000:/' etc/shadow",
      arguments: ["account:bob"], come: ["    until: \"2079-07-08T00:00:00Z\""],
      also: ["ends writ", "keys bob", "sudoers writ"]),
    Case(
      name: "a uid",
      hand: "sed -i -E 's/:19002:19002:/:19077:19077:/; s/^(other-owner:[^:]*):19002:/\\1:19077:/' "
        + "etc/passwd etc/group; chown -R 19077 srv/data",
      arguments: ["account:other-owner"],
      gone: ["  other-owner: { owner: ann, uid: 19002 }"], come: ["  other-owner: { owner: ann, uid: 19077 }"]),
    Case(
      name: "the owner of a tree", hand: "chown -R 19001 srv/data", arguments: ["tree:/srv/data"],
      gone: ["  data: { hosts: [gpu], tree: /srv/data, owner: other-owner, group: data-readers }   # no writers"],
      come: ["  data: { hosts: [gpu], tree: /srv/data, owner: tree-owner, group: data-readers }   # no writers"],
      also: ["account other-owner"]),
    Case(
      name: "narrower modes of a tree", hand: "find srv/data -type f -exec chmod 600 {} +",
      arguments: ["tree:/srv/data"],
      gone: ["  data: { hosts: [gpu], tree: /srv/data, owner: other-owner, group: data-readers }   # no writers"],
      come: [
        "  data: { hosts: [gpu], tree: /srv/data, owner: other-owner, group: data-readers, "
          + "mode: { directories: \"2750\", files: \"0600\" } }   # no writers"
      ]),
    Case(
      name: "another mask", hand: "sed -i 's/umask=027/umask=077/' etc/pam.d/common-session*",
      arguments: ["umask:common-session", "umask:common-session-noninteractive"],
      gone: ["  shared: { hosts: [gpu], umask: \"027\", jupyter: { bind: loopback, port: 8888 } }   # for all"],
      come: ["  shared: { hosts: [gpu], umask: \"077\", jupyter: { bind: loopback, port: 8888 } }   # for all"]),
    Case(
      name: "another port of Jupyter", hand: "sed -i 's/port = 8888/port = 9999/' etc/jupyter/*.py",
      arguments: ["--all"],
      gone: ["  shared: { hosts: [gpu], umask: \"027\", jupyter: { bind: loopback, port: 8888 } }   # for all"],
      come: ["  shared: { hosts: [gpu], umask: \"027\", jupyter: { bind: loopback, port: 9999 } }   # for all"]),
  ]

  private static func keyed(_ text: String) -> String {
    ["ann", "bob", "cas", "dan", "eve", "fay"].reduce(text) {
      $0.replacing($1.uppercased(), with: ThrowAwayKeys.text($1))
    }
  }

  @Test(arguments: cases) func `what hands changed is written, and then nothing of it is left to plan`(
    found: Case
  ) throws {
    let lab = try AdoptWorld()
    let before = try lab.policy
    try lab.hand(Self.keyed(found.hand))
    let drift = try lab.world.expect(2, "drift").output
    let dry = try lab.world.run(World.writ, ["adopt", "--dry-run"] + found.arguments)
    #expect(dry.status == 0, "\(drift)\n\(dry.output)\(dry.errors)")
    #expect(try lab.policy == before, "a dry run wrote")
    let shown = try lab.world.run(World.writ, ["adopt"] + found.arguments)
    #expect(shown.status == 0, "\(shown.output)\(shown.errors)")
    let (gone, come) = AdoptWorld.changes(before, try lab.policy)
    #expect(gone == found.gone.map(Self.keyed), "\(shown.output)")
    #expect(come == found.come.map(Self.keyed), "\(shown.output)")
    for line in come { #expect(shown.output.contains("\n+" + line), "\(shown.output)") }
    try lab.world.expect(0, "validate")
    try lab.world.repository.commit("Adopt\n", ["policies/policy.yaml": try lab.policy])
    let (plan, text) = (try lab.planned(), try lab.world.writ("plan").output)
    #expect(plan == found.also, "\(shown.output)\n\(text)")
    try lab.world.expect(0, "apply")
    try lab.world.expect(0, "drift")
  }
}
