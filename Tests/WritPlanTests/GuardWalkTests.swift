import Testing
import WritHistory
import WritPlan
import WritPolicy
import WritTestSupport

/// A move of several commits, judged commit by commit.
@Suite struct GuardWalkTests {
  static let people = (0..<12).map { "p\($0)" }

  static func policy(_ members: Set<String>) throws -> Snapshot {
    let lines = people.enumerated().map {
      "  \($1): { uid: \(20000 + $0), roles: [\(members.contains($1) ? "member" : "")] }"
    }
    let sample = try Sample(
      """
      hosts:
        gpu01: { connect: "root:/nowhere" }
      people:
      \(lines.joined(separator: "\n"))
      roles:
        member: { allow: { envs: read } }
      resources:
        envs: { hosts: [gpu01], tree: /opt/envs }
      """)
    return Snapshot(policy: sample.policy, access: sample.access)
  }

  struct Drawn {
    var members: [Set<String>]
    /// Whether each commit after the first has the trailer.
    var overrides: [Bool]
  }

  static func draw(_ generator: inout SeededGenerator) -> Drawn {
    var members = [Set(people.filter { _ in Int.random(in: 0..<4, using: &generator) > 0 })]
    var overrides: [Bool] = []
    for _ in 0..<Int.random(in: 1...5, using: &generator) {
      var next = members[members.count - 1]
      // Now and then a commit that changes nothing.
      let count = [0, 1, 2, 4, 8].randomElement(using: &generator) ?? 0
      for person in people.shuffled(using: &generator).prefix(count) {
        if !next.insert(person).inserted { next.remove(person) }
      }
      members.append(next)
      overrides.append(Bool.random(using: &generator))
    }
    return Drawn(members: members, overrides: overrides)
  }

  /// Whether an apply must stop, from sets alone.
  static func naive(_ drawn: Drawn) -> Bool {
    let steps = drawn.overrides.indices
    func takes(_ step: Int) -> Bool { !drawn.members[step].subtracting(drawn.members[step + 1]).isEmpty }
    var spoken: Set<Int> = []
    for step in steps where drawn.overrides[step] {
      if takes(step) {
        spoken.insert(step)
      } else if let before = (0..<step).reversed().first(where: { takes($0) && !spoken.contains($0) }) {
        spoken.insert(before)
      }
    }
    let base = drawn.members[0]
    let lost = base.subtracting(drawn.members[drawn.members.count - 1]).filter { person in
      let last = steps.last { drawn.members[$0].contains(person) && !drawn.members[$0 + 1].contains(person) }
      return last.map { !spoken.contains($0) } ?? true
    }
    return !lost.isEmpty && lost.count * 100 > base.count * GuardCheck.defaultMaxRemovalPercent
  }

  static func judged(_ drawn: Drawn) throws -> [TrippedGuard] {
    let now = try instant(PlannerTests.now)
    let policies = try drawn.members.map(policy)
    let check = GuardCheck(
      base: policies[0], baseInstant: now, head: policies[policies.count - 1], instant: now, applier: nil)
    var walk = GuardWalk(check)
    for (step, hasTrailer) in drawn.overrides.enumerated() {
      let trailer = WrittenOverride(name: "max-removal", commit: "c\(step)", reason: "meant")
      walk.add(
        GuardStep(
          commit: "c\(step)", snapshot: drawn.members[step] == drawn.members[step + 1] ? nil : policies[step + 1],
          overrides: hasTrailer ? [trailer] : []))
    }
    return walk.judged()
  }

  @Test(arguments: 0..<200)
  func `a trailer speaks for one commit`(seed: Int) throws {
    var generator = SeededGenerator(seed: UInt64(seed))
    let drawn = Self.draw(&generator)
    let found = try Self.judged(drawn)
    #expect(found.contains(where: \.stops) == Self.naive(drawn), "\(drawn) \(found)")
  }

  @Test func `an end that is brought near counts when it is written, and not when it comes`() throws {
    func dated(_ end: String) throws -> Snapshot {
      let sample = try Sample(
        """
        hosts:
          gpu01: { connect: "root:/nowhere" }
        people:
          ann: { uid: 20000, roles: [{ role: member, until: \(end) }] }
        roles:
          member: { allow: { envs: read } }
        resources:
          envs: { hosts: [gpu01], tree: /opt/envs }
        """)
      return Snapshot(policy: sample.policy, access: sample.access)
    }
    let now = try instant("2026-11-21T12:00:00Z")
    let (far, near) = (try dated("2027-12-31T00:00Z"), try dated("2026-11-22T00:00Z"))
    #expect(!GuardCheck(base: far, baseInstant: now, head: near, instant: now, applier: nil).tripped().isEmpty)
    let later = try instant("2026-11-23T12:00:00Z")
    #expect(GuardCheck(base: near, baseInstant: now, head: near, instant: later, applier: nil).tripped().isEmpty)
    #expect(
      try GuardCheck(base: far, baseInstant: now, head: dated("2027-06-30T00:00Z"), instant: now, applier: nil)
        .tripped()
        .isEmpty)
  }

  @Test func `the last paragraph's trailers count, with a reason`() {
    let found = WrittenOverride.all(
      in:
        "Subject\r\n\r\nWrit-Override: uid-0 no\r\n\r\nmore\nWrit-Override: max-removal a reason here \nWrit-Override: uid-0 \n\n",
      of: "c")
    #expect(found.map(\.name) == ["max-removal"])
    #expect(found.first?.reason.hasPrefix("a reason here") == true)
  }
}
