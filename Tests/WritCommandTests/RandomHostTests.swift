import Glibc
import Testing
import WritSystem
import WritTestSupport

/// Whatever a host looked like, and whatever hands did to it since: after an apply nothing is left to plan, the kernel agrees with
/// the policy when it is asked, and so does somebody who only knows `find`, `getfacl` and what POSIX.1e says.
@Suite(.enabled(if: World.isRoot, "needs root: accounts and trees are given to other ids"))
struct RandomHostTests {
  /// `make states` takes 500; WRIT_STATES is how many, or which: `40-60`.
  static let seeds: ClosedRange<Int> = {
    let text = getenv("WRIT_STATES").map { String(cString: $0) } ?? "8"
    let halves = text.split(separator: "-").compactMap { Int($0) }
    return halves.count == 2 ? halves[0]...max(halves[0], halves[1]) : 1...max(1, halves.first ?? 1)
  }()

  @Test(arguments: seeds) func `a random host is brought under a random policy`(seed: Int) throws {
    var random = RandomPolicyText(generator: SeededGenerator(seed: UInt64(7000 + seed)), key: ThrowAwayKeys.text)
    let (older, newer) = (random.draw(), random.draw())
    let world = try World()
    world.repository.time = Int64(time(nil)) - 86400
    chmod(world.scratch.path, 0o755)
    try world.commit(older.text, "Begin")
    try world.makeHost()
    try world.makeProgram("/usr/local/sbin/update")
    try world.use("ann")
    var state = RandomHostState(generator: SeededGenerator(seed: UInt64(seed)), world: world)
    do {
      try state.settle(older, NaiveHost.trees(older, try world.edges()))
      try world.expect(0, "apply", "--bootstrap", "--host", "gpu01")
      try agrees(world, older)

      try state.disturb(older, NaiveHost.trees(older, try world.edges()))
      try world.commit(newer.text, "Change everything\n" + PolicyPairTests.overrides)
      if state.breaksOff() { try state.breakOff() }
      try world.expect(0, "apply", "--host", "gpu01")
      try agrees(world, newer)
    } catch { throw World.Failure(description: "seed \(seed): \(error)\n\(older.text)\n---\n\(newer.text)") }
  }

  private func agrees(_ world: World, _ policy: RandomPolicyText.Drawn) throws {
    try world.expect(0, "plan", "--host", "gpu01", "--detailed-exitcode")
    try world.expect(0, "drift", "--host", "gpu01")
    try world.expect(0, "prove", "--host", "gpu01", "--all")
    let (found, asked) = try NaiveHost(world).disagreements(policy, try world.edges())
    guard found.isEmpty else {
      throw World.Failure(description: "\(found.count) of \(asked): " + found.prefix(20).joined(separator: "\n"))
    }
  }
}
