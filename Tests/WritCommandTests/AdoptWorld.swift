import Glibc
import WritSystem
import WritTestSupport

/// A world of one host on which a policy with something of everything is applied, for hands to change.
struct AdoptWorld {
  let world: World

  static let policy = """
    # The lab.
    settings: { signers: signers/allowed_signers }
    guards: { max-removal: "100%" }
    hosts:
      gpu01: { connect: "root:../../sandbox/gpu01", labels: [gpu] }
    people:
      ann: { uid: 20001, ssh-keys: ["KEY-ann"], roles: [member, maintainer] }   # applies
      bob:
        uid: 20002
        ssh-keys:            # two machines
          - "KEY-bob"   # at work
          - "KEY-fay"   # at home
        roles:
          - member
          - reader   # of the shared tree

      cas: { uid: 20003, ssh-keys: ["KEY-cas"], roles: [member] }
    service-accounts:
      tree-owner: { owner: ann, uid: 19001, home: /opt/owner }
      other-owner: { owner: ann, uid: 19002 }
      pipe:
        owner: ann
        uid: 19003
        workload: nightly
        until: 2099-12-31
        roles: [runner]
        credential: { kind: ssh-key, key: "KEY-dan", run: update }
    roles:
      member: { allow: { login: ssh } }
      reader: { allow: { envs: read } }
      curator: { allow: { data: read } }
      runner: { allow: { update: run } }
      rendering: { allow: { render: member } }
      both: { allow: { envs: read, render: member } }
      maintainer: { includes: [runner], allow: { data: read, envs: write } }
    resources:
      envs: { hosts: [gpu], tree: /opt/envs, owner: tree-owner, group: readers }
      data: { hosts: [gpu], tree: /srv/data, owner: other-owner, group: data-readers }   # no writers
      login: { hosts: [gpu], login: ssh }
      render: { hosts: [gpu], unix-group: render }
      update: { hosts: [gpu], command: /opt/bin/update, arguments: [--all], run-as: tree-owner }
    grants:
      # For a while.
      - { to: [bob, cas], allow: { render: member }, until: 2099-01-01 }
      - { to: cas, allow: { envs: read, render: member }, until: 2099-02-01 }   # until the move
      - { to: bob, allow: { update: run }, until: 2099-03-01 }
    host-baselines:
      shared: { hosts: [gpu], umask: "027", jupyter: { bind: loopback, port: 8888 } }   # for all

    """

  init(_ text: String = AdoptWorld.policy) throws {
    world = try World()
    world.repository.time = Int64(time(nil)) - 86400
    chmod(world.scratch.path, 0o755)
    _ = try world.commit(Self.keyed(text), "Begin")
    try world.makeHost()
    try world.makeProgram("/opt/bin/update")
    try world.use("ann")
    try world.expect(0, "apply", "--bootstrap")
    try hand("echo x > srv/data/file; chmod 640 srv/data/file; chown 19002:$(stat -c %g srv/data) srv/data/file")
    try world.expect(0, "drift")
  }

  static func keyed(_ text: String) -> String { text.replacing("KEY-fay", with: ThrowAwayKeys.text("fay")) }

  var policy: String {
    get throws { String(decoding: try FileContents.read(world.lab + "/policies/policy.yaml"), as: UTF8.self) }
  }

  /// Changes the host by hand; the script begins in its root.
  func hand(_ script: String) throws {
    let member = "member() { sed -i -E \"s/^($1:[^:]*:[0-9]+:.+)$/\\1,$2/; s/^($1:[^:]*:[0-9]+:)$/\\1$2/\" etc/group; }"
    let leave = "leave() { sed -i -E \"/^$1:/s/([:,])$2(,|$)/\\1/; /^$1:/s/,$//\" etc/group; }"
    let run = try world.run("/bin/bash", ["-c", "set -eu; cd \(world.host)\n\(member)\n\(leave)\n\(script)"])
    guard run.status == 0 else { throw World.Failure(description: "\(run.errors)\n\(script)") }
  }

  /// Lines that came and went between two texts.
  static func changes(_ old: String, _ new: String) -> (gone: [String], come: [String]) {
    let (a, b) = (old.split(separator: "\n").map(String.init), new.split(separator: "\n").map(String.init))
    var (gone, come): ([String], [String]) = ([], [])
    for change in b.difference(from: a) {
      switch change {
      case .insert(_, let line, _): come.append(line)
      case .remove(_, let line, _): gone.append(line)
      }
    }
    return (gone, come)
  }

  /// The objects that a plan of HEAD would change on the host.
  func planned() throws -> Set<String> {
    let plan = try world.writ("plan", "--host", "gpu01")
    guard plan.status == 0 else { throw World.Failure(description: plan.output + plan.errors) }
    return Set(
      plan.output.split(separator: "\n").compactMap { line in
        line.firstMatch(of: #/^  [+~x-] ([a-z]+) +(\S+)/#).map { "\($0.1) \($0.2)" }
      })
  }
}
