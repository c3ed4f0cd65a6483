import Glibc
import Testing
import WritDigest
import WritSystem
import WritTestSupport

/// An apply that is killed at any change is finished by the next one, and the ledger tells the truth at every moment.
@Suite(.enabled(if: World.isRoot && World.canTrace, "needs root and strace: an apply is killed at chosen points"))
struct CrashTests {
  /// Over 40 changes: accounts, keys, personal trees, shared trees, commands and folders of secrets.
  static let policy = """
    settings:
      signers: signers/allowed_signers
      vaults: { team: { kind: age, path: ../../vault, custodians: [ann] } }
    hosts:
      gpu01: { connect: "root:../../sandbox/gpu01", labels: [gpu] }
    people:
      ann: { uid: 20001, ssh-keys: ["KEY-ann"], roles: [member] }
      bob: { uid: 20002, ssh-keys: ["KEY-bob"], roles: [member] }
      cas: { uid: 20003, ssh-keys: ["KEY-cas"], roles: [member] }
      dan: { uid: 20004, ssh-keys: ["KEY-dan"], roles: [member] }
      eve: { uid: 20005, ssh-keys: ["KEY-eve"], roles: [member] }
    service-accounts:
      tree-owner: { owner: ann, uid: 19001 }
    roles:
      member:
        allow:
          { envs: read, models: write, data: read, outputs: write, login: ssh, render: member, update: run, a: read, b: read }
    sharing-groups:
      a: { vault: team, folder: lab/a }
      b: { vault: team, folder: lab/b }
    resources:
      envs: { hosts: [gpu], tree: /opt/envs, owner: tree-owner }
      models: { hosts: [gpu], tree: /opt/envs/models, owner: tree-owner }
      data: { hosts: [gpu], tree: /srv/data }
      outputs: { hosts: [gpu], tree: "/srv/outputs/{account}" }
      login: { hosts: [gpu], login: ssh }
      render: { hosts: [gpu], unix-group: render }
      update: { hosts: [gpu], command: /opt/bin/update, run-as: tree-owner }

    """

  static func world() throws -> World {
    let world = try World()
    world.repository.time = Int64(time(nil)) - 86400
    try world.commit(policy, "Begin")
    try world.makeHost()
    try world.makeProgram("/opt/bin/update")
    try world.makeProgram("/opt/envs/models/weights")
    chmod(world.host + "/opt/envs", 0o777)
    try world.use("ann")
    return world
  }

  /// The changes of the whole apply, and which of its calls of write are lines of the journal.
  struct Course: Sendable {
    var end: Shown
    /// Ordinals, counted from 1, of the calls that note a change as begun or ended, in order.
    var journal: [Int]
  }

  /// An uninterrupted apply, watched.
  static func uninterrupted() throws -> Course {
    let world = try world()
    let log = world.scratch.path + "/strace"
    let found = try world.run(
      "/usr/bin/strace",
      ["-qq", "-y", "-e", "signal=none", "-e", "trace=write", "-o", log, World.writ, "apply", "--bootstrap"])
    guard found.status == 0 else { throw World.Failure(description: found.output + found.errors) }
    try world.expectSettled()
    let calls = String(decoding: try FileContents.read(log), as: UTF8.self).split(separator: "\n")
      .filter { $0.hasPrefix("write(") }
    let journal = calls.enumerated().filter { $0.element.contains("/writ/journal/") }
      .map { $0.offset + 1 }
    return Course(end: try world.shown(), journal: journal)
  }

  static let course = Result { try uninterrupted() }

  /// Runs an apply to which `signal` is sent when it is about to make its `ordinal`th call of write.
  static func interrupted(_ world: World, _ signal: String, at ordinal: Int) throws -> World.Run {
    try world.run(
      "/usr/bin/strace",
      [
        "-qq", "-o", "/dev/null", "-e", "trace=write", "-e", "inject=write:signal=\(signal):when=\(ordinal)",
        World.writ,
        "apply", "--bootstrap",
      ])
  }

  /// Objects named by the plans in the ledger, as `kind name`; empty while there is none.
  static func recorded(_ world: World) throws -> Set<String> {
    let listed = try world.run("/usr/bin/git", ["ls-tree", "-r", "--name-only", "writ/ledger"])
    var objects: Set<String> = []
    for path in listed.output.split(separator: "\n").map(String.init) where path.hasPrefix("plans/") {
      let text = try world.repository.git("show", "writ/ledger:" + path)
      for target in try JSONValue(canonical: Array(text.utf8))["targets"]?.array ?? [] {
        for change in target["changes"]?.array ?? [] { if let name = change["object"]?.string { objects.insert(name) } }
      }
    }
    return objects
  }

  /// What is there now and was not before, as objects of a plan.
  static func madeObjects(_ now: Shown, since before: Shown) -> Set<String> {
    var objects: Set<String> = []
    for (fact, text) in now.facts where before.facts[fact] != text {
      let parts = fact.split(separator: " ", maxSplits: 1).map(String.init)
      // A file that is not in its place yet is nothing to anybody.
      if parts[1].contains("/.writ-") { continue }
      switch parts[0] {
      case "passwd", "shadow": objects.insert("account \(parts[1])")
      case "vault": objects.insert("folder \(parts[1])")
      case "file" where parts[1].hasPrefix("/etc/ssh/authorized_keys.d/"):
        objects.insert("keys " + parts[1].dropFirst("/etc/ssh/authorized_keys.d/".count))
      case "file" where parts[1].hasPrefix("/etc/sudoers.d/"): objects.insert("sudoers writ")
      case "file" where parts[1].hasPrefix("/etc/ssh/sshd"): objects.insert("sshd writ")
      default: break
      }
    }
    return objects
  }

  @Test func `killed at every tenth change, the next apply reaches the same end`() throws {
    let course = try Self.course.get()
    // Begun and ended: two lines for each change.
    let changes = course.journal.count / 2
    #expect(changes >= 40, "\(changes) changes")
    // Before the intent is pushed, at every tenth change, and when all is done but not yet recorded.
    var points = [2, course.journal[0]]
    for change in stride(from: 0, to: changes, by: 10) { points.append(course.journal[2 * change]) }
    points.append(course.journal[course.journal.count - 1])
    for point in points {
      let world = try Self.world()
      let before = try world.shown()
      let killed = try Self.interrupted(world, "KILL", at: point)
      #expect(killed.status == 128 + 9, "at call \(point): \(killed)")
      let left = try world.shown()
      let unrecorded = Self.madeObjects(left, since: before).subtracting(try Self.recorded(world))
      #expect(unrecorded.isEmpty, "at call \(point): on the target and in no plan of the ledger: \(unrecorded)")

      let hasLedger =
        try world.run("/usr/bin/git", ["rev-parse", "-q", "--verify", "refs/heads/writ/ledger"]).status == 0
      if hasLedger { try world.expect(0, "apply") } else { try world.expect(0, "apply", "--bootstrap") }
      let different = try world.shown().differences(from: course.end)
      #expect(different.isEmpty, "after call \(point):\n\(different.joined(separator: "\n"))")
      try world.expect(0, "verify")
      #expect(try world.expect(0, "apply").output == "nothing to do\n")
    }
  }

  /// Killed git leaves it without a word of whose it was, and every later push failed.
  @Test(arguments: [0, 3600]) func `a lock that was left on the ledger's branch is dealt with`(age: Int) throws {
    let world = try World.withSmallPolicy()
    try world.expect(0, "apply", "--bootstrap")
    try world.commit(World.changed([("roles: [guest]", "roles: [guest, member]")]), "cas becomes a member")
    let lock = world.lab + "/.git/refs/heads/writ/ledger.lock"
    try FileContents.replace(lock, with: [], mode: 0o644)
    var times = utimbuf(actime: time(nil) - age, modtime: time(nil) - age)
    utime(lock, &times)
    try world.expect(0, "apply")
    #expect(access(lock, F_OK) != 0)
    try world.expectSettled()
  }

  @Test func `ctrl-c ends at a safe point, and the next apply goes on`() throws {
    let course = try Self.course.get()
    let world = try Self.world()
    let stopped = try Self.interrupted(world, "INT", at: course.journal[course.journal.count * 3 / 4])
    #expect(stopped.status == 8, "\(stopped)")
    #expect(stopped.errors.contains("stopped at a safe point, as asked"))
    #expect(stopped.errors.contains("`writ apply` goes on with it"))
    #expect(stopped.output.contains("applied in part: "))
    // The outcome is recorded, so nothing is left open.
    #expect(try world.expect(0, "log").output.split(separator: "\n").first?.contains("outcome") == true)
    try world.expect(0, "verify")
    try world.expect(0, "apply")
    let different = try world.shown().differences(from: course.end)
    #expect(different.isEmpty, "\(different.joined(separator: "\n"))")
    try world.expectSettled()
  }

  @Test func `a kill while access is taken away is finished too`() throws {
    let world = try Self.world()
    try world.expect(0, "apply", "--bootstrap")
    for group in ["a", "b"] { try world.expect(0, "secret", "put", "\(group)/token", input: "value") }
    try world.commit(
      Self.policy.replacing("KEY-bob\"], roles: [member]", with: "KEY-bob\"], roles: []"),
      "Take everything from bob")
    // Each run gets a little further than the one before, until one comes to its end.
    var ordinal = 4
    var killed = 0
    while ordinal < 400 {
      let found = try world.run(
        "/usr/bin/strace",
        [
          "-qq", "-o", "/dev/null", "-e", "trace=write", "-e", "inject=write:signal=KILL:when=\(ordinal)", World.writ,
          "apply",
        ])
      if found.status == 0 { break }
      #expect(found.status == 128 + 9, "\(found)")
      killed += 1
      ordinal += 6
    }
    #expect(killed > 2)
    #expect(try world.members("envs") == ["ann", "cas", "dan", "eve"])
    for group in ["a", "b"] {
      #expect(try !world.opens("lab/\(group)/token.age", with: "bob"))
      #expect(try world.opens("lab/\(group)/token.age", with: "cas"))
    }
    try world.expect(0, "verify")
    try world.expectSettled()
  }
}
