internal import Glibc
internal import WritApply
internal import WritHostLinux
internal import WritPlan
internal import WritPolicy

/// `host-probe read|apply ROOT`: a host named `image` in a process of its own, so that tests can trace it and stop it.
///
/// `apply` makes two accounts, a group, a membership, keys and a tree. Exit status 0: all was seen, or done; 1: not.
@main
struct HostProbe {
  static func main() {
    let words = CommandLine.arguments
    guard words.count == 3, let name = HostName(validating: "image") else { exit(64) }
    let host = LinuxHost(name: name, root: words[2], policyCommit: "c0ffee", lockPatience: 300)
    do {
      exit(words[1] == "read" ? try read(host) : try apply(host))
    } catch {
      print("refused: \(error)")
      exit(1)
    }
  }

  private static let cause = [Cause(.granted, "test")]

  private static var states: [(ObjectID, ObjectState)] {
    func account(_ uid: Int) -> ObjectState {
      ObjectState([
        "state": .text("active"), "uid": .text("\(uid)"), "gid": .text("\(uid)"), "gecos": .text("somebody"),
        "home": .text("/home/u\(uid)"), "home-folder": .text("private"), "shell": .text("/bin/bash"),
        "password": .text("*"), "expires": .text("20819"),
      ])
    }
    return [
      (ObjectID(.account, "li"), account(20001)), (ObjectID(.account, "wu"), account(20002)),
      (ObjectID(.group, "team"), ObjectState(["members": .members(["li", "wu"])])),
      (ObjectID(.membership, "render/li"), ObjectState(["state": .text("member")])),
      (ObjectID(.keys, "li"), ObjectState(["lines": .lines(["restrict ssh-ed25519 AAAA li"])])),
      (
        ObjectID(.tree, "/srv/data"),
        ObjectState([
          "owner": .text("root"), "group": .text("team"), "directories": .text("2750"), "files": .text("0640"),
          "readers": .set([]), "writers": .set([]), "account-readers": .set([]), "account-writers": .set([]),
          "passers": .set([]), "inner": .set([]), "deviations": .lines([]),
        ])
      ),
    ]
  }

  private static func read(_ host: LinuxHost) throws -> Int32 {
    let desired = DesiredState(Dictionary(uniqueKeysWithValues: states.map { ($0, .init($1, causes: cause)) }))
    let live = try host.readLive(Scope(owned: [], desired: desired, base: DesiredState()))
    var status: Int32 = 0
    for (id, observed) in live.objects.sorted(by: { $0.key < $1.key }) {
      if case .unknown(let reason) = observed { print("unknown: \(id): \(reason)") }
      if observed.state != desired.objects[id]?.state { status = 1 }
    }
    return status
  }

  private static func apply(_ host: LinuxHost) throws -> Int32 {
    var status: Int32 = 0
    let changes = states.map { id, state in
      Change(
        id: id.description, target: host.name, action: .create, phase: .grant, difference: .change, object: id,
        before: nil, after: state, causes: cause)
    }
    try host.apply(changes) {
      guard case .ended(let result) = $0 else { return }
      if case .ok = result.status { return }
      print("\(result.change): \(result.status)")
      status = 1
    }
    return status
  }
}
