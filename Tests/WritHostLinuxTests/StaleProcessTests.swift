import Glibc
import Testing
import WritPlan
import WritSystem
import WritTestSupport

@testable import WritHostLinux

/// What runs on with rights that its account has lost is found by what it holds, and ended by what it is.
///
/// The ids belong to nobody on this machine, and only what a test started is ended.
@Suite(.enabled(if: isRoot, "needs root, or root of a user namespace, to take on ids"))
struct StaleProcessTests {
  private final class Sleeper {
    let pid: pid_t
    init(uid: Int, gid: Int, groups: [Int] = [], stubborn: Bool = false) throws {
      let words =
        ["/usr/bin/setpriv", "--reuid", "\(uid)", "--regid", "\(gid)"]
        + (groups.isEmpty ? ["--clear-groups"] : ["--groups", groups.map(String.init).joined(separator: ",")])
        + (stubborn
          ? ["/bin/sh", "-c", "trap '' TERM; while :; do sleep 1; done"] : ["/bin/sleep", "300"])
      var argv: [UnsafeMutablePointer<CChar>?] = words.map { strdup($0) } + [nil]
      defer { argv.forEach { free($0) } }
      var child: pid_t = 0
      try #require(posix_spawn(&child, words[0], nil, nil, &argv, nil) == 0)
      pid = child
      // Until it has the ids.
      for _ in 0..<500 where HostProcess(child)?.uids != [UInt32(uid)] || HostProcess(child)?.name == "setpriv" {
        usleep(10_000)
      }
    }
    deinit {
      kill(pid, SIGKILL)
      waitpid(pid, nil, 0)
    }
    var isRunning: Bool {
      let state = (try? FileContents.read("/proc/\(pid)/stat", limit: 4096)).map { String(decoding: $0, as: UTF8.self) }
      return state.map { !$0.contains(") Z ") } ?? false
    }
  }

  private func stale(_ box: Sandbox, groups: Set<String> = []) throws -> StaleProcesses {
    let root = HostRoot(box.root)
    return StaleProcesses(database: try AccountDatabase(root), record: try IDRecord(root), groups: groups)
  }

  private func prepared() throws -> Sandbox {
    let box = try Sandbox()
    let result = try box.apply([
      change(.create, .account, "li", account(28701, home: "/nonexistent")),
      change(.create, .account, "wu", account(28702, home: "/nonexistent")),
      change(.create, .account, "svc", account(28703, home: "/nonexistent")),
      change(.create, .group, "team", members("li", "wu")), change(.create, .membership, "render/wu", membership),
    ])
    try #require(result.allOK, "\(result)")
    return box
  }

  @Test func `a group that was lost, and a retired account, are found in what runs`() throws {
    let box = try prepared()
    let gid = Int(try #require(try AccountDatabase(HostRoot(box.root)).gid(ofGroup: "team")))
    let sleepers = [
      try Sleeper(uid: 28701, gid: 28701, groups: [gid]), try Sleeper(uid: 28702, gid: 28702, groups: [gid, 106]),
      try Sleeper(uid: 28703, gid: 28703), try Sleeper(uid: 28709, gid: 28709, groups: [gid]),
    ]
    func found(_ groups: Set<String> = []) throws -> [String] {
      try stale(box, groups: groups).found(among: sleepers.compactMap { HostProcess($0.pid) }).map {
        "\($0.account) \($0.reason)"
      }
    }
    #expect(try found(["render"]) == [])
    #expect(try box.apply([change(.update, .group, "team", members("wu"))]).allOK)
    #expect(try found() == ["li keeps group team"])
    #expect(try box.apply([change(.remove, .membership, "render/wu", nil)]).allOK)
    #expect(try found() == ["li keeps group team"])
    #expect(try found(["render"]) == ["li keeps group team", "wu keeps group render"])
    #expect(try box.apply([change(.retire, .account, "svc", retired(28703))]).allOK)
    #expect(try found() == ["li keeps group team", "svc runs as svc, who is retired"])
  }

  @Test func `what was found is ended, by force where it must be, and nobody else`() throws {
    let box = try prepared()
    let (gentle, stubborn) = (
      try Sleeper(uid: 28703, gid: 28703), try Sleeper(uid: 28703, gid: 28703, stubborn: true)
    )
    let other = try Sleeper(uid: 28702, gid: 28702)
    #expect(try box.apply([change(.retire, .account, "svc", retired(28703))]).allOK)
    let processes = [gentle, stubborn, other].compactMap { HostProcess($0.pid) }
    let found = try stale(box).found(among: processes)
    #expect(found.map(\.process.pid) == [gentle.pid, stubborn.pid].sorted())
    let result = StaleProcesses.end(found)
    #expect(result.ended == found && result.left.isEmpty)
    #expect(!gentle.isRunning && !stubborn.isRunning && other.isRunning)
  }

  @Test func `a pid that was given again, and writ itself, are left alone`() throws {
    let bystander = try Sleeper(uid: 28702, gid: 28702)
    var process = try #require(HostProcess(bystander.pid))
    process.start -= 1
    let reused = StaleProcesses.end([.init(account: "li", process: process, reason: "gone")])
    #expect(reused.ended.isEmpty && reused.left.isEmpty && bystander.isRunning)
    let own = try #require(HostProcess(getpid()))
    let result = StaleProcesses.end([.init(account: "li", process: own, reason: "itself")])
    #expect(result.ended.isEmpty && result.left.map(\.1) == ["writ runs in it"])
  }
}
