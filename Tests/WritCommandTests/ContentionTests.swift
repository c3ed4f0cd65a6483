import Dispatch
import Glibc
import Synchronization
import Testing
import WritDigest
import WritSystem
import WritTestSupport

/// Several appliers with a clone and a host each work on one remote, and are killed at random: no apply is lost or doubled,
/// and at most one is open at any time.
@Suite(.enabled(if: World.isRoot, "needs root: accounts and trees are given to other ids"))
struct ContentionTests {
  /// `WRIT_CONTENTION=8x50`, as `make contention` has it: appliers and attempts of each.
  static let size: (appliers: Int, attempts: Int) = {
    let parts = (getenv("WRIT_CONTENTION").map { String(cString: $0) } ?? "").split(separator: "x").compactMap {
      Int($0)
    }
    return parts.count == 2 ? (parts[0], parts[1]) : (3, 2)
  }()

  /// One host for each applier, so that each has work of its own while all share the ledger.
  static func policy(_ appliers: Int) -> String {
    let hosts = (1...appliers).map { "  gpu\($0): { connect: \"root:../../sandbox/gpu\($0)\", labels: [gpu] }\n" }
    return """
      settings: { signers: signers/allowed_signers }
      hosts:
      \(hosts.joined())people:
        ann: { uid: 20001, ssh-keys: ["KEY-ann"], roles: [member] }
        bob: { uid: 20002, ssh-keys: ["KEY-bob"], roles: [member] }
      roles:
        member: { allow: { render: member } }
      resources:
        render: { hosts: [gpu], unix-group: render }

      """
  }

  struct Applier: Sendable {
    var number: Int
    var folder: String
    var host: String
  }

  struct Done: Sendable {
    var runner: String
    var entry: Int?
    var kills: Int
    var refusals: Int
  }

  static func world() throws -> (world: World, appliers: [Applier]) {
    let world = try World()
    world.repository.time = Int64(time(nil)) - 86400
    try world.commit(policy(size.appliers), "Begin")
    let remote = world.scratch.path + "/remote.git"
    try world.repository.git("init", "-q", "--bare", "-b", "main", remote)
    try world.repository.git("remote", "add", "origin", remote)
    try world.repository.git("push", "-q", "-u", "origin", "main")
    for number in 1...size.appliers {
      try world.expect(
        0, "init", "--host-root", world.scratch.path + "/sandbox/gpu\(number)", "--name", "gpu\(number)")
    }
    try world.use("ann")
    try world.expect(0, "apply", "--bootstrap")
    let appliers = try (1...size.appliers).map { number in
      let folder = world.scratch.path + "/clone\(number)"
      try world.repository.git("clone", "-q", remote, folder)
      try world.repository.git(in: folder, "config", "writ.key", world.keys + "/ann")
      return Applier(number: number, folder: folder, host: world.scratch.path + "/sandbox/gpu\(number)")
    }
    return (world, appliers)
  }

  /// Milliseconds that the last successful apply took, wherever the tests run: kills fall anywhere into one.
  static let pace = Mutex(1000)

  /// Takes bob out of the group by hand, so that there is something to apply.
  static func breakHost(_ applier: Applier) throws {
    let file = applier.host + "/etc/group"
    let text = String(decoding: try FileContents.read(file), as: UTF8.self)
    try FileContents.replace(file, with: Array(text.replacing(":ann,bob\n", with: ":ann\n").utf8), mode: 0o644)
  }

  /// Applies until it succeeds; every third time it is killed after a while, half of these with everything it started.
  static func attempt(
    _ applier: Applier, _ runner: String, in world: World, _ generator: inout SeededGenerator
  ) throws -> Done {
    var done = Done(runner: runner, entry: nil, kills: 0, refusals: 0)
    while true {
      var command = [World.writ, "apply", "--host", "gpu\(applier.number)", "--runner", runner]
      if Int.random(in: 0..<3, using: &generator) == 0 {
        let milliseconds = Int.random(in: 50...pace.withLock { $0 + $0 / 4 + 100 }, using: &generator)
        let time = "\(milliseconds / 1000).\(String(milliseconds % 1000 + 1000).dropFirst())"
        command = ["-s", "KILL"] + (Bool.random(using: &generator) ? ["--foreground"] : []) + [time] + command
        command.insert("/usr/bin/timeout", at: 0)
      }
      let start = ContinuousClock.now
      let found = try world.run(command[0], Array(command.dropFirst()), in: applier.folder, timeLimit: 600)
      switch found.status {
      case 0:
        pace.withLock { $0 = Int((ContinuousClock.now - start) / .milliseconds(1)) }
        let number = found.output.split(separator: " ").last.flatMap { Int($0.prefix { $0.isNumber }) }
        done.entry = number
        return done
      // timeout(1) says 124 where the program ended by itself just as its time was over: how, nobody knows.
      case 124, 137: done.kills += 1
      // Somebody else's is open, or somebody else was faster.
      case 1, 5: done.refusals += 1
      default: throw World.Failure(description: "\(runner) ended with \(found.status)\n\(found.output)\(found.errors)")
      }
      guard done.kills + done.refusals < 2000 else {
        throw World.Failure(description: "\(runner) never came to its end\n\(found.output)\(found.errors)")
      }
      usleep(UInt32.random(in: 50_000...600_000, using: &generator))
    }
  }

  @Test func `appliers that race and are killed lose nothing and double nothing`() throws {
    let (world, appliers) = try Self.world()
    let results = Mutex<[Done]>([])
    let failures = Mutex<[String]>([])
    let group = DispatchGroup()
    for applier in appliers {
      // A queue of its own is a thread of its own: all of them are at work at once.
      let shared = UncheckedWorld(world: world)
      DispatchQueue(label: "applier \(applier.number)").async(group: group) {
        var generator = SeededGenerator(seed: UInt64(applier.number))
        do {
          for number in 0..<Self.size.attempts {
            try Self.breakHost(applier)
            let done = try Self.attempt(applier, "a\(applier.number)-\(number)", in: shared.world, &generator)
            results.withLock { $0.append(done) }
          }
        } catch { failures.withLock { $0.append("\(error)") } }
      }
    }
    group.wait()
    #expect(failures.withLock { $0 } == [])
    let done = results.withLock { $0 }
    #expect(done.count == appliers.count * Self.size.attempts)
    print(
      "\(done.count) attempts, \(done.reduce(0) { $0 + $1.kills }) kills, \(done.reduce(0) { $0 + $1.refusals }) refusals"
    )

    // That it verifies says that the chain is one line, that no intent lies beside an open one, and no attempt is used twice.
    try world.expect(0, "verify")
    let entries = try RecordTests.entries(world).reversed().map { $0 }
    var intents: [Int: JSONMembers] = [:]
    var answers: [Int: Int] = [:]
    for entry in entries {
      switch try entry.text("kind") {
      case "intent": intents[try entry.integer("seq")] = entry
      case "outcome", "abandon": answers[try entry.integer("intent"), default: 0] += 1
      default: break
      }
    }
    #expect(answers.values.allSatisfy { $0 == 1 } && Set(answers.keys) == Set(intents.keys))
    for one in done {
      let own = try intents.values.filter { try $0.optionalText("runner") == one.runner }
      #expect(!own.isEmpty, "\(one.runner) is nowhere in the ledger")
      guard let number = one.entry else { continue }
      // What it said it had recorded is there, and answers an intent of this very attempt.
      let outcome = try #require(entries.first { (try? $0.integer("seq")) == number })
      let intent = try #require(intents[try outcome.integer("intent")])
      #expect(try outcome.text("kind") == "outcome" && intent.optionalText("runner") == one.runner, "\(one)")
    }
    for applier in appliers {
      let text = String(decoding: try FileContents.read(applier.host + "/etc/group"), as: UTF8.self)
      #expect(text.contains(":ann,bob\n"), "gpu\(applier.number)")
    }
  }
}

/// Appliers only read what it says.
private struct UncheckedWorld: @unchecked Sendable {
  let world: World
}
