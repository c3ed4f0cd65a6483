import Glibc
import Testing
import WritDigest
import WritSystem
import WritTestSupport

/// An apply of ten changes, killed at its system calls that write or start something, each in a run of its own: `apply` again
/// ends in the same state, and every change that reached a target is in the ledger.
///
/// `make crash` takes every call; `make test` some of them, by a seed.
@Suite(
  .serialized,
  .enabled(if: World.isRoot && World.canTrace, "needs root and strace: an apply is killed at chosen points"))
struct CrashPointTests {
  /// What a call is counted by: strace counts each system call of each process for itself.
  static let calls = """
    write pwrite64 writev fsync fdatasync ftruncate truncate rename renameat renameat2 link linkat symlink symlinkat unlink \
    unlinkat mkdir mkdirat rmdir chmod fchmod fchmodat chown lchown fchown fchownat setxattr lsetxattr fsetxattr removexattr \
    lremovexattr fremovexattr utimensat connect execve clone clone3 vfork
    """.split(separator: " ").map(String.init)

  /// One way to end a run.
  struct Point: Hashable, Sendable, CustomStringConvertible {
    var call: String
    var ordinal: Int
    /// In whichever process of the run gets there first, and not only in `writ` itself.
    var inAnyProcess: Bool

    var description: String { "\(call) \(ordinal)\(inAnyProcess ? " of any process" : "")" }
  }

  /// One world, put back as it was before each run.
  final class Scene {
    let world: World
    let before: Shown
    private let pristine: Scratch
    private static let folders = ["repository", "sandbox", "vault", "home"]

    /// Bob leaves, cas comes, a tree is added, and a command goes: ten changes and more on a host and a vault with secrets
    /// that is a git repository of its own.
    init() throws {
      world = try CrashTests.world()
      let small = try Scene.policy(people: "ann bob")
      try world.commit(small, "Fewer")
      try world.run("/usr/bin/git", ["init", "-q", world.vault], in: world.scratch.path)
      for (name, value) in [("user.name", "vault"), ("user.email", "vault@example.com")] {
        try world.run("/usr/bin/git", ["config", name, value], in: world.vault)
      }
      try world.expect(0, "apply", "--bootstrap")
      for secret in ["a/one", "a/two"] { try world.expect(0, "secret", "put", secret, input: "value") }
      try world.makeProgram("/srv/data/set")
      let changed = try Scene.policy(people: "ann cas")
      try world.commit(changed, "Change\n\nWrit-Override: max-removal bob has left\n")
      before = try world.shown()
      pristine = try Scratch()
      for folder in Self.folders { try copy(world.scratch.path, pristine.path, folder) }
    }

    static func policy(people: String) throws -> String {
      let uids = ["ann": 20001, "bob": 20002, "cas": 20003]
      let lines = people.split(separator: " ").map(String.init).map {
        "  \($0): { uid: \(uids[$0] ?? 0), ssh-keys: [\"KEY-\($0)\"], roles: [member] }"
      }
      return """
        settings:
          signers: signers/allowed_signers
          vaults: { team: { kind: age, path: ../../vault, custodians: [ann] } }
        hosts:
          gpu01: { connect: "root:../../sandbox/gpu01", labels: [gpu] }
        people:
        \(lines.joined(separator: "\n"))
        service-accounts:
          tree-owner: { owner: ann, uid: 19001 }
        roles:
          member: { allow: { data: write, login: ssh, update: run, a: read } }
        sharing-groups:
          a: { vault: team, folder: lab/a }
        resources:
          data: { hosts: [gpu], tree: /srv/data, owner: tree-owner }
          login: { hosts: [gpu], login: ssh }
          update: { hosts: [gpu], command: /opt/bin/update, run-as: tree-owner }

        """
    }

    func restore() throws {
      for folder in Self.folders { try copy(pristine.path, world.scratch.path, folder) }
    }

    private func copy(_ from: String, _ to: String, _ folder: String) throws {
      removeTree("\(to)/\(folder)")
      let copied = try Program("/bin/cp", ["-a", "\(from)/\(folder)", "\(to)/\(folder)"]).run()
      guard copied.succeeded else { throw World.Failure(description: copied.errorText) }
    }

    /// Plans of the ledger, by path.
    func plans() throws -> Set<String> {
      let listed = try world.repository.git("ls-tree", "-r", "--name-only", "writ/ledger")
      return Set(listed.split(separator: "\n").map(String.init).filter { $0.hasPrefix("plans/") })
    }

    func objects(of plans: Set<String>) throws -> Set<String> {
      var objects: Set<String> = []
      for path in plans {
        let text = try world.repository.git("show", "writ/ledger:" + path)
        for target in try JSONValue(canonical: Array(text.utf8))["targets"]?.array ?? [] {
          for change in target["changes"]?.array ?? [] {
            if let name = change["object"]?.string { objects.insert(name) }
          }
        }
      }
      return objects
    }
  }

  /// An uninterrupted run, watched: where it ends, and where it could be ended.
  static func course(_ scene: Scene) throws -> (end: Shown, points: [Point], changes: Int) {
    try scene.restore()
    let log = scene.world.scratch.path + "/strace"
    let found = try scene.world.run(
      "/usr/bin/strace",
      ["-f", "-qq", "-e", "signal=none", "-e", "trace=" + calls.joined(separator: ","), "-o", log, World.writ, "apply"])
    guard found.status == 0 else { throw World.Failure(description: found.output + found.errors) }
    let text = String(decoding: try FileContents.read(log, limit: 1 << 30), as: UTF8.self)
    var counts: [Substring: [Substring: Int]] = [:]
    var main: Substring?
    for line in text.split(separator: "\n") {
      // `PID CALL(…`, and `PID <... CALL resumed>…` for its end.
      let parts = line.split(separator: " ", maxSplits: 1)
      guard parts.count == 2 else { continue }
      let call = parts[1].drop { $0 == " " }.prefix { $0 != "(" }
      guard calls.contains(String(call)) else { continue }
      if main == nil { main = parts[0] }
      counts[parts[0], default: [:]][call, default: 0] += 1
    }
    var points: [Point] = []
    let own = main.flatMap { counts[$0] } ?? [:]
    for (call, count) in own.sorted(by: { $0.key < $1.key }) {
      points += (1...count).map { Point(call: String(call), ordinal: $0, inAnyProcess: false) }
    }
    var longest: [Substring: Int] = [:]
    for (process, calls) in counts where process != main {
      for (call, count) in calls { longest[call] = max(longest[call] ?? 0, count) }
    }
    for (call, count) in longest.sorted(by: { $0.key < $1.key }) {
      points += (1...count).map { Point(call: String(call), ordinal: $0, inAnyProcess: true) }
    }
    let changes = try scene.objects(of: scene.plans()).count
    try scene.world.expectSettled()
    return (try scene.world.shown(), points, changes)
  }

  /// What is wrong after a run that was ended at `point`; nil in place of that when it was never reached.
  static func faults(at point: Point, _ scene: Scene, end: Shown) throws -> [String]? {
    try scene.restore()
    let world = scene.world
    let known = try scene.plans()
    let killed = try world.run(
      "/usr/bin/strace",
      (point.inAnyProcess ? ["-f"] : []) + [
        "-qq", "-o", "/dev/null", "-e", "trace=" + point.call, "-e",
        "inject=\(point.call):signal=KILL:when=\(point.ordinal)", World.writ, "apply",
      ])
    // Of a program that was killed writ may have made nothing, or got by without it.
    if !point.inAnyProcess, killed.status != 128 + 9 { return nil }
    var faults: [String] = []
    if killed.status == 70 { faults.append("a bug: \(killed.errors)") }
    let reached = CrashTests.madeObjects(try world.shown(), since: scene.before)
    let unrecorded = reached.subtracting(try scene.objects(of: scene.plans().subtracting(known)))
    if !unrecorded.isEmpty { faults.append("on a target and in no new plan of the ledger: \(unrecorded.sorted())") }
    let again = try world.run(World.writ, ["apply"])
    if again.status != 0 { faults.append("apply again ended with \(again.status): \(again.output)\(again.errors)") }
    faults += try world.shown().differences(from: end).map { "left different: \($0)" }
    let verified = try world.run(World.writ, ["verify"])
    if verified.status != 0 { faults.append("verify ended with \(verified.status): \(verified.output)") }
    let third = try world.run(World.writ, ["apply"])
    if third.output != "nothing to do\n" { faults.append("not settled: \(third.output)\(third.errors)") }
    return faults
  }

  /// `all`, or how many; without it a few.
  static let wanted = getenv("WRIT_CRASH").map { String(cString: $0) }
  /// How the points begin that are taken alone, such as `write 28`.
  static let only = getenv("WRIT_CRASH_ONLY").map { String(cString: $0) } ?? ""
  static let seed = getenv("WRIT_CRASH_SEED").flatMap { UInt64(String(cString: $0)) } ?? 20_261_121

  @Test func `killed at its system calls, apply again ends in the same state`() throws {
    let scene = try Scene()
    let course = try Self.course(scene)
    #expect(course.changes >= 10, "\(course.changes) objects are changed")
    var generator = SeededGenerator(seed: Self.seed)
    let count = Self.wanted == "all" ? course.points.count : Int(Self.wanted ?? "") ?? 5
    let points = Array(
      course.points.shuffled(using: &generator).filter { $0.description.hasPrefix(Self.only) }.prefix(count))
    #expect(!points.isEmpty, "no point begins with \(Self.only)")
    var (own, other, missed, wrong) = (0, 0, 0, 0)
    for point in points {
      guard let faults = try Self.faults(at: point, scene, end: course.end) else {
        missed += 1
        continue
      }
      if point.inAnyProcess { other += 1 } else { own += 1 }
      if !faults.isEmpty { wrong += 1 }
      #expect(faults.isEmpty, "killed at \(point) (seed \(Self.seed)):\n\(faults.joined(separator: "\n"))")
      if Self.wanted != nil, (own + other) % 25 == 0 {
        print("crash: \(own + other + missed) of \(points.count) points, \(wrong) wrong")
        fflush(nil)
      }
    }
    if Self.wanted != nil {
      print(
        "crash: \(course.changes) objects changed; killed at \(own) calls of writ and \(other) of any of its processes, "
          + "\(missed) not reached; \(wrong) ended wrong")
    }
  }
}
