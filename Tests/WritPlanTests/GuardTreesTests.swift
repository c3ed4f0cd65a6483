import Testing
import WritHistory
import WritPlan
import WritPolicy
import WritTestSupport

/// Large changes of trees ask for a word in the commit that makes them.
@Suite struct GuardTreesTests {
  private static func policy(_ resources: String..., roles: String = "allow: { envs: read }") throws -> Snapshot {
    let sample = try Sample(
      """
      hosts:
        gpu01: { connect: "root:/nowhere" }
      people:
        ann: { uid: 20000, roles: [member] }
        bob: { uid: 20001, roles: [] }
      service-accounts:
        keeper: { owner: ann, uid: 19000 }
      roles:
        member: { \(roles) }
      resources:
        envs: { hosts: [gpu01], \(resources.first ?? "tree: /opt/envs") }
      \(resources.dropFirst().map { "  \($0)" }.joined(separator: "\n"))
      """)
    return Snapshot(policy: sample.policy, access: sample.access)
  }

  private static func judged(
    _ base: Snapshot, _ head: Snapshot, wrong: Int, of entries: Int, at path: String = "/opt/envs",
    trailer: String? = nil
  ) throws -> [TrippedGuard] {
    let now = try instant(PlannerTests.now)
    guard let target = TargetName("host:gpu01") else { return [] }
    let check = GuardCheck(
      base: base, baseInstant: now, head: head, instant: now, applier: nil,
      trees: [TreeMove(target: target, path: path, extent: LiveState.Extent(wrong: wrong, entries: entries))])
    var walk = GuardWalk(check)
    let overrides = trailer.map { [WrittenOverride(name: $0, commit: "c1", reason: "meant")] } ?? []
    walk.add(GuardStep(commit: "c1", snapshot: head, overrides: overrides))
    return walk.judged().filter { $0.name == .treeChanges }
  }

  struct Case: Sendable {
    var wrong: Int
    var entries: Int
    var trips: Bool
  }

  @Test(arguments: [
    Case(wrong: 99, entries: 99, trips: false), Case(wrong: 100, entries: 100, trips: true),
    Case(wrong: 100, entries: 2_000, trips: false), Case(wrong: 101, entries: 2_000, trips: true),
    Case(wrong: 10_000, entries: 1_000_000, trips: false), Case(wrong: 10_001, entries: 1_000_000, trips: true),
  ])
  func `a tree whose mode changes trips from a share, and from a number, on`(found: Case) throws {
    let (base, head) = (try Self.policy(), try Self.policy("tree: /opt/envs, mode: { files: \"0600\" }"))
    let tripped = try Self.judged(base, head, wrong: found.wrong, of: found.entries)
    #expect(tripped.count == (found.trips ? 1 : 0))
    #expect(tripped.allSatisfy { $0.stops && $0.commits == ["c1"] && $0.text.contains("/opt/envs on host:gpu01") })
  }

  @Test(arguments: [
    "tree: /opt/envs, owner: keeper", "tree: /opt/envs, group: others", "tree: /opt/envs, writers: others",
    "tree: /opt/envs, mode: { directories: \"2700\" }",
  ])
  func `owner, group, writers and modes count`(changed: String) throws {
    #expect(try Self.judged(Self.policy(), Self.policy(changed), wrong: 500, of: 500).count == 1)
    #expect(
      try Self.judged(Self.policy(), Self.policy(changed), wrong: 500, of: 500, trailer: "tree-changes")
        .allSatisfy { !$0.stops })
    #expect(
      try Self.judged(Self.policy(), Self.policy(changed), wrong: 500, of: 500, trailer: "max-removal")
        .allSatisfy(\.stops))
  }

  @Test func `a first right to write counts, one more does not`() throws {
    let reading = try Self.policy()
    let writing = try Self.policy(roles: "allow: { envs: write }")
    #expect(try Self.judged(reading, writing, wrong: 500, of: 500).count == 1)
    #expect(try Self.judged(writing, writing, wrong: 500, of: 500).isEmpty)
  }

  @Test func `drift asks nobody, or whoever may write to a tree could hold up every apply`() throws {
    #expect(try Self.judged(Self.policy(), Self.policy(), wrong: 1_000_000, of: 1_000_000).isEmpty)
  }

  @Test func `of a tree that is new only the number counts`() throws {
    let head = try Self.policy("tree: /opt/envs", "corpus: { hosts: [gpu01], tree: /data/corpus }")
    #expect(try Self.judged(Self.policy(), head, wrong: 10_000, of: 10_000, at: "/data/corpus").isEmpty)
    let tripped = try Self.judged(Self.policy(), head, wrong: 10_001, of: 10_001, at: "/data/corpus")
    #expect(tripped.count == 1 && tripped.allSatisfy { $0.text.contains("new in the policy") })
    // What leaves the policy is closed, and that is what `max-removal` asks about.
    #expect(try Self.judged(head, Self.policy(), wrong: 50_000, of: 50_000, at: "/data/corpus").isEmpty)
  }

  @Test func `somebody's folder belongs to the resource of all of them`() throws {
    let personal = try Self.policy("tree: \"/srv/out/{account}\"", roles: "allow: { envs: write }")
    let narrowed = try Self.policy("tree: \"/srv/{account}/out\"", roles: "allow: { envs: write }")
    #expect(try Self.judged(personal, personal, wrong: 500, of: 500, at: "/srv/out/ann").isEmpty)
    #expect(try Self.judged(personal, narrowed, wrong: 500, of: 500, at: "/srv/ann/out").isEmpty)
    #expect(try Self.judged(personal, narrowed, wrong: 50_000, of: 50_000, at: "/srv/ann/out").count == 1)
  }
}
