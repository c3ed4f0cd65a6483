internal import Glibc
internal import WritApply
internal import WritHostLinux
internal import WritPlan
internal import WritPolicy

/// `host-probe read|apply ROOT`: a host named `image` in a process of its own, so that tests can trace it and stop it.
///
/// `apply` makes two accounts, a group, a membership, keys and a tree. Exit status 0: all was seen, or done; 1: not.
/// `host-probe accounts ROOT` makes the 500 accounts, 100 groups and 2,000 memberships of `make bench`, in the two steps in
/// which a plan makes them, and `host-probe accounts-read ROOT` looks for them: what lies below policy, ledger and plan.
/// `host-probe churn ROOT SECONDS HOSTKEY` changes forty accounts of its own and their groups for that long.
@main
struct HostProbe {
  static func main() {
    let words = CommandLine.arguments
    guard words.count >= 3, let name = HostName(validating: "image") else { exit(64) }
    do {
      if words[1] == "churn", words.count == 5, let seconds = Int(words[3]) {
        exit(try churn(LinuxHost(name: name, root: words[2], policyCommit: "c0ffee", hostKeys: [words[4]]), seconds))
      }
      let host = LinuxHost(name: name, root: words[2], policyCommit: "c0ffee", lockPatience: 300)
      switch words[1] {
      case "read": exit(try read(host, states))
      case "accounts-read": exit(try read(host, accounts + groups(withMembers: true)))
      case "accounts":
        let made = try apply(host, accounts + groups(withMembers: false))
        exit(made == 0 ? try apply(host, groups(withMembers: true)) : made)
      default: exit(try apply(host, states))
      }
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

  private static var accounts: [(ObjectID, ObjectState)] {
    (0..<500).map { number in
      let id = "\(20_000 + number)"
      return (
        ObjectID(.account, "svc-\(number)"),
        ObjectState([
          "state": .text("active"), "uid": .text(id), "gid": .text(id), "gecos": .text("svc-\(number)"),
          "home": .text("/nonexistent"), "home-folder": .text("none"), "shell": .text("/usr/sbin/nologin"),
          "password": .text("*"), "expires": .text(""),
        ])
      )
    }
  }

  private static func groups(withMembers: Bool) -> [(ObjectID, ObjectState)] {
    var members: [[String]] = Array(repeating: [], count: 100)
    if withMembers {
      for number in 0..<500 {
        for place in 0..<4 { members[(number * 7 + place * 13) % 100].append("svc-\(number)") }
      }
    }
    return members.enumerated().map { number, names in
      (ObjectID(.group, "team-\(number)"), ObjectState(["members": .members(names)]))
    }
  }

  private static func read(_ host: LinuxHost, _ states: [(ObjectID, ObjectState)]) throws -> Int32 {
    let desired = DesiredState(Dictionary(uniqueKeysWithValues: states.map { ($0, .init($1, causes: cause)) }))
    let live = try host.readLive(Scope(owned: [], desired: desired, base: DesiredState()))
    var status: Int32 = 0
    for (id, observed) in live.objects.sorted(by: { $0.key < $1.key }) {
      if case .unknown(let reason) = observed { print("unknown: \(id): \(reason)") }
      if observed.state != desired.objects[id]?.state { status = 1 }
    }
    return status
  }

  /// The last line printed is how many transactions there were; status 0: each was read back, and so was everything at the end.
  private static func churn(_ host: LinuxHost, _ seconds: Int) throws -> Int32 {
    var wanted: [ObjectID: ObjectState] = [:]
    var rounds = 0
    let end = time(nil) + seconds
    repeat {
      let number = rounds % 40
      let account = ObjectID(.account, "w\(number)")
      wanted[account] = ObjectState([
        "state": .text("active"), "uid": .text("\(40_000 + number)"), "gid": .text("\(40_000 + number)"),
        "gecos": .text("somebody"), "home": .text("/nonexistent"), "home-folder": .text("none"),
        "shell": .text("/usr/sbin/nologin"), "password": .text("*"), "expires": .text("\(20_000 + rounds)"),
      ])
      let names = (0...min(rounds, 39)).filter { ($0 + rounds) % 3 > 0 }.map { "w\($0)" }
      wanted[ObjectID(.group, "wteam")] = ObjectState(["members": .members(names)])
      wanted[ObjectID(.membership, "users/w\(number)")] = ObjectState(["state": .text("member")])
      let round = [account, ObjectID(.group, "wteam"), ObjectID(.membership, "users/w\(number)")]
      guard try apply(host, round.compactMap { id in wanted[id].map { (id, $0) } }) == 0 else { return 1 }
      rounds += 1
    } while time(nil) < end
    let desired = DesiredState(wanted.mapValues { .init($0, causes: cause) })
    let live = try host.readLive(Scope(owned: [], desired: desired, base: DesiredState()))
    for (id, state) in wanted where live.objects[id]?.state != state {
      print("\(id): \(live.objects[id].map { "\($0)" } ?? "nothing")")
      return 1
    }
    print(rounds)
    return 0
  }

  private static func apply(_ host: LinuxHost, _ states: [(ObjectID, ObjectState)]) throws -> Int32 {
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
