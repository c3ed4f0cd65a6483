import Glibc
import Testing
import WritSystem
import WritTestSupport

/// The law of state: whatever was applied before, live ends as the newer policy alone would have made it, apart from retired
/// accounts and what the trees of the older policy have left behind, which is closed.
@Suite(.enabled(if: World.isRoot, "needs root: accounts and trees are given to other ids"))
struct PolicyPairTests {
  /// `make pairs` takes 200.
  static let seeds = 1...(Int(getenv("WRIT_PAIRS").map { String(cString: $0) } ?? "") ?? 6)

  static let overrides = """

    Writ-Override: max-removal a random policy
    Writ-Override: applier-access a random policy
    Writ-Override: uid-0 a random policy
    Writ-Override: privileged-commands a random policy
    """

  /// Files that are on the host before writ comes, in places where trees may lie.
  static let files = [
    "/opt/envs/readme", "/opt/envs/lib/python", "/opt/envs/lib/models/weights", "/opt/envs/own/note",
    "/srv/lora/data/set",
    "/srv/outputs/bob/result",
  ]

  static func world(_ policy: RandomPolicyText.Drawn) throws -> World {
    let world = try World()
    world.repository.time = Int64(time(nil)) - 86400
    // Accounts of the sandbox have to get through to it when the kernel is asked.
    chmod(world.scratch.path, 0o755)
    try world.commit(policy.text, "Begin")
    try world.makeHost()
    try world.makeProgram("/usr/local/sbin/update")
    for file in files { try world.makeProgram(file) }
    chmod(world.host + "/opt/envs/readme", 0o666)
    try world.use("ann")
    try world.expect(0, "apply", "--bootstrap")
    for group in policy.sharingGroups {
      try world.expect(0, "secret", "put", "\(group)/token", input: "value of \(group)")
    }
    return world
  }

  /// Whether a path lies in a tree of the policy. Shared trees stop at the personal folders of the policy's people, and the
  /// folder of somebody who has none is no tree: in a world where the policy was applied alone it is not its person's.
  static func isManaged(_ path: String, by policy: RandomPolicyText.Drawn, in alone: Shown) -> Bool {
    for tree in policy.trees where tree.hasSuffix("/{account}") {
      let parent = tree.dropLast("{account}".count)
      let account = String(path.dropFirst(parent.count).prefix { $0 != "/" })
      if path.hasPrefix(parent), policy.people.contains(account) {
        return alone.facts["path \(parent)\(account)"]?.hasPrefix("\(account) ") == true
      }
    }
    return policy.trees.contains { path == $0 || path.hasPrefix($0 + "/") }
  }

  @Test(arguments: seeds) func `an older policy leaves nothing behind`(seed: Int) throws {
    var random = RandomPolicyText(generator: SeededGenerator(seed: UInt64(seed)), key: ThrowAwayKeys.text)
    let (older, newer) = (random.draw(), random.draw())
    let world = try Self.world(older)
    let before = try world.shown()
    try world.commit(newer.text, "Change everything\n" + Self.overrides)
    try world.expect(0, "apply")
    try world.expect(0, "plan", "--detailed-exitcode")
    let fresh = try Self.world(newer)

    let (live, wanted) = (try world.shown(), try fresh.shown())
    let different = live.differences(from: wanted) { fact in
      // What the older policy made within a tree of the newer one is part of that tree, and the fresh world has not got it.
      if fact.hasPrefix("path ") {
        return wanted.facts[fact] != nil && Self.isManaged(String(fact.dropFirst(5)), by: newer, in: wanted)
      }
      // A folder of secrets that left the policy stays, for the custodians.
      if fact.hasPrefix("vault ") { return newer.sharingGroups.contains(String(fact.dropFirst("vault lab/".count))) }
      return true
    }
    #expect(different.isEmpty, "\(different.joined(separator: "\n"))\n\(older.text)\n---\n\(newer.text)")

    // What the kernel says: the same as in the fresh world within its trees, and nothing in what is left of older ones.
    let paths = live.facts.keys.filter { $0.hasPrefix("path ") }.map { String($0.dropFirst(5)) }.sorted()
    let inside = paths.filter {
      wanted.facts["path " + $0] != nil && Self.isManaged($0, by: newer, in: wanted)
    }
    let (seen, right) = (try world.kernelAccess(inside), try fresh.kernelAccess(inside))
    for key in Set(seen.keys).union(right.keys).sorted() where seen[key] != right[key] {
      Issue.record(
        "seed \(seed): \(key): \(seen[key] ?? "-"), fresh \(right[key] ?? "-")\n\(older.text)\n---\n\(newer.text)")
    }
    let left = paths.filter {
      Self.isManaged($0, by: older, in: before) && !Self.isManaged($0, by: newer, in: wanted)
    }
    let edges = try world.edges()
    for (key, answer) in try world.kernelAccess(left) where answer.contains("r") || answer.contains("w") {
      let parts = key.split(separator: " ", maxSplits: 1)
      let owner = live.facts["path " + parts[1]]?.prefix { $0 != " " } ?? ""
      // Of somebody who has no folder now others may still use it, as long as it is there.
      let kept = NaiveHost.trees(newer, edges).first { $0.isKept && (parts[1] + "/").hasPrefix($0.path + "/") }
      if let kept, edges.contains(where: { $0.principal == parts[0] && $0.permission.hasPrefix(kept.object + ":") }) {
        continue
      }
      #expect(owner == parts[0], "seed \(seed): \(key) is still open: \(answer)\n\(older.text)\n---\n\(newer.text)")
    }

    // Stock age opens exactly for the readers; a retired folder for the custodian alone.
    for group in older.sharingGroups {
      let recipients = wanted.facts["vault lab/\(group)"]
      for name in RandomPolicyText.everybody {
        let key = ThrowAwayKeys.text(name)
        let expected = recipients?.contains(key) ?? (name == "ann")
        #expect(
          try world.opens("lab/\(group)/token.age", with: name) == expected,
          "seed \(seed): \(name) and \(group)\n\(older.text)\n---\n\(newer.text)")
      }
    }
  }
}
