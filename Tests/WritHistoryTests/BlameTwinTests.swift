import Testing
import WritHistory
import WritPolicy
import WritTestSupport

/// A team that moves at random, written down in a random layout; who is who is known here and not to the index.
private struct Team {
  struct Person {
    var name: String
    var previously: [String] = []
    var isThere = true
    var roles: [String] = []
  }

  var people: [Person] = (0..<3).map { Person(name: "p\($0)") }
  var roleNames = ["r0", "r1"]
  var rolesBefore: [[String]] = [[], []]
  var rules = [["push"], ["pull"]]
  var includes = false
  var denied = false
  var grants: [String] = []
  var nextName = 3

  mutating func move(_ random: inout SeededGenerator) {
    func time() -> String { at(Int64.random(in: 0..<40, using: &random) * 25).rfc3339 }
    func term() -> String {
      switch Int.random(in: 0..<4, using: &random) {
      case 0: ", from: \"\(time())\""
      case 1: ", until: \"\(time())\""
      case 2:
        {
          let (a, b) = (Int64.random(in: 0..<39, using: &random), Int64.random(in: 1..<12, using: &random))
          return ", from: \"\(at(a * 25).rfc3339)\", until: \"\(at((a + b) * 25).rfc3339)\""
        }()
      default: ""
      }
    }
    let who = Int.random(in: people.indices, using: &random)
    switch Int.random(in: 0..<12, using: &random) {
    case 0, 1, 2:
      people[who].roles.append("{ role: ROLE\(Int.random(in: 0...1, using: &random))\(term()) }")
    case 3, 4: if !people[who].roles.isEmpty { people[who].roles.removeLast() }
    case 5: people[who].isThere.toggle()
    case 6:
      people[who].previously.append(people[who].name)
      people[who].name = "p\(nextName)"
      people[who].isThere = true
      nextName += 1
    case 7:
      let role = Int.random(in: 0...1, using: &random)
      rolesBefore[role].append(roleNames[role])
      roleNames[role] = "r\(nextName)"
      nextName += 1
    case 8: includes.toggle()
    case 9: denied.toggle()
    case 10: rules[0] = rules[0].isEmpty ? ["push"] : []
    default:
      let (a, b) = (Int64.random(in: 0..<39, using: &random), Int64.random(in: 1..<12, using: &random))
      grants.append(
        "{ to: PERSON\(who), allow: { repo: push }, from: \"\(at(a * 25).rfc3339)\", until: \"\(at((a + b) * 25).rfc3339)\" }"
      )
    }
  }

  /// Files in any order and split; lines in any order; a comment here and there.
  func files(_ random: inout SeededGenerator) -> [String: String] {
    var parts: [String] = []
    var roles = roleNames.indices.map { role in
      var keys: [String] = []
      if !rolesBefore[role].isEmpty { keys.append("previously: [\(rolesBefore[role].joined(separator: ", "))]") }
      keys.append("allow: { repo: [\(rules[role].joined(separator: ", "))] }")
      if role == 1, includes { keys.append("includes: [\(roleNames[0])]") }
      if role == 0, denied { keys.append("deny: { repo: pull }") }
      if rules[role].isEmpty { keys.removeAll { $0.hasPrefix("allow") } }
      return "  \(roleNames[role]): { \(keys.shuffled(using: &random).joined(separator: ", ")) }\n"
    }
    roles.shuffle(using: &random)
    parts.append("roles:\n" + roles.joined())
    parts.append("resources:\n  repo: { external: git host, operations: [push, pull] }\n")
    for person in people.filter(\.isThere).shuffled(using: &random) {
      let held = person.roles.shuffled(using: &random).map(named).joined(separator: ",\n      ")
      let before = person.previously.shuffled(using: &random).joined(separator: ", ")
      parts.append("people:\n  \(person.name):\n    roles: [\(held)]\n    previously: [\(before)]\n")
    }
    let given = grants.filter { grant in
      people.indices.contains { grant.contains("PERSON\($0),") && people[$0].isThere }
    }
    if !given.isEmpty {
      parts.append("grants:\n" + given.shuffled(using: &random).map { "  - \(named($0))\n" }.joined())
    }
    if Bool.random(using: &random) { parts.append("# a remark \(Int.random(in: 0..<100, using: &random))\n") }
    return Dictionary(uniqueKeysWithValues: parts.shuffled(using: &random).enumerated().map { ("p/f\($0).yaml", $1) })
  }

  private func named(_ text: String) -> String {
    var text = text
    for role in roleNames.indices {
      text = text.split(separator: "ROLE\(role)", omittingEmptySubsequences: false).joined(separator: roleNames[role])
    }
    for person in people.indices {
      text = text.split(separator: "PERSON\(person),", omittingEmptySubsequences: false)
        .joined(separator: people[person].name + ",")
    }
    return text
  }
}

/// The plain reading of the definition: every commit evaluated by itself, truth asked at every boundary.
private struct Replay {
  /// When each commit is in force, and what the edge or path holds in its policy.
  var begins: [Instant]
  var holds: [IntervalSet]

  private func inForce(_ instant: Instant) -> Int? { begins.lastIndex { $0 <= instant } }

  private func isTrue(_ instant: Instant) -> Bool { inForce(instant).map { holds[$0].contains(instant) } ?? false }

  var lines: [String] {
    let bounds = Set(begins + holds.flatMap { $0.intervals.flatMap { [$0.start, $0.end] } })
      .filter { $0 != .distantFuture && $0 != .distantPast }.sorted()
    var lines: [String] = []
    var began: Instant?
    for bound in bounds {
      switch (began, isTrue(bound)) {
      case (nil, true): began = bound
      case (.some(let from), false):
        lines.append(line(from, bound))
        began = nil
      default: break
      }
    }
    if let began { lines.append(line(began, .distantFuture)) }
    return lines
  }

  func since(_ instant: Instant) -> Int {
    var commit = inForce(instant) ?? 0
    while commit > 0, holds[commit - 1].contains(instant) { commit -= 1 }
    return commit
  }

  private func line(_ from: Instant, _ to: Instant) -> String {
    let head = "c\(since(from)) [\(from.seconds - start),"
    if to == .distantFuture { return head + "*) open" }
    let before = Instant(seconds: to.seconds - 1)
    var last = inForce(before) ?? 0
    if !holds[last].contains(to) {
      while last > 0, holds[last - 1].end(at: before) == to { last -= 1 }
      return head + "\(to.seconds - start)) date c\(last)"
    }
    repeat { last += 1 } while holds[last].contains(to)
    return head + "\(to.seconds - start)) commit c\(last)"
  }
}

@Suite struct `Blame and its naive twin` {
  @Test(arguments: 0..<40)
  func `say the same of random histories`(_ seed: Int) throws {
    var random = SeededGenerator(seed: UInt64(seed))
    var team = Team()
    var history = MemoryHistory()
    var stages: [Team] = []
    var time = start
    for _ in 0..<18 {
      if Int.random(in: 0..<4, using: &random) > 0 { team.move(&random) }
      time += [0, 7, 25, 50, -30].randomElement(using: &random) ?? 0
      let broken = Int.random(in: 0..<8, using: &random) == 0
      history.commits.append(
        .init(time: time, files: broken ? ["p/x.yaml": "people: ["] : team.files(&random)))
      stages.append(team)
    }
    // Each commit is read alone; what cannot be read is carried over.
    var carried: [(access: Access, team: Team)] = []
    let commits = history.line().commits
    var failed: [String] = []
    for (position, commit) in commits.enumerated() {
      switch history.source().state(of: commit) {
      case .readable(let snapshot): carried.append((snapshot.access, stages[position]))
      case .unreadable(let problem):
        if !problem.contains("p/x.yaml") { failed.append(problem) }
        carried.append(carried.last ?? (Access([]), stages[position]))
      }
    }
    #expect(failed == [])
    let index = history.index()
    let begins = history.line().inForceFrom
    let now = at(700)
    // A new name that stands only in commits that cannot be read is not known.
    let present = try #require(carried.last).team
    for person in present.people.indices {
      for permission in ["repo:push", "repo:pull"] {
        let edges = carried.map { $0.access[key($0.team.people[person].name, permission)] }
        let blame = index.blame(key(present.people[person].name, permission), at: now)
        #expect(
          blame.lines == Replay(begins: begins, holds: edges.map { $0?.holds ?? .empty }).lines,
          "seed \(seed) person \(person) \(permission)")
        guard let edge = edges.last ?? nil else { continue }
        // The same for each way, told by origin and by which roles they are, whatever their names.
        func ways(_ edge: Edge?, _ team: Team) -> [String: IntervalSet] {
          var ways: [String: IntervalSet] = [:]
          for derivation in edge?.derivations ?? [] {
            let roles = derivation.roles.map { team.roleNames.firstIndex(of: $0.text) ?? -1 }
            let way = "\(derivation.origin) \(roles)"
            ways[way] = (ways[way] ?? .empty).union(derivation.holds)
          }
          return ways
        }
        let last = ways(edge, present)
        for path in blame.paths {
          let roles = path.roles.map { present.roleNames.firstIndex(of: $0.text) ?? -1 }
          let way = "\(path.origin) \(roles)"
          #expect(last[way] == path.holds)
          let replay = Replay(
            begins: begins, holds: zip(edges, carried).map { ways($0, $1.team)[way] ?? .empty })
          let current = replay.lines.last { _ in path.holds.contains(blame.at) }
          #expect((current == nil) == (path.since == nil), "seed \(seed) \(way)")
          if let since = path.since {
            #expect(replay.lines.contains { $0.hasPrefix(since.id + " ") }, "seed \(seed) \(way) \(replay.lines)")
          }
          let others = last.filter { $0.key != way }.values.contains { $0.contains(blame.at) }
          #expect(path.survivesWithout == others)
        }
      }
    }
  }

  @Test(arguments: 0..<10)
  func `layout changes neither blame nor diff`(_ seed: Int) throws {
    var random = SeededGenerator(seed: UInt64(1000 + seed))
    var team = Team()
    var plain = MemoryHistory()
    var mixed = MemoryHistory()
    var order = SeededGenerator(seed: 1)
    for step in 0..<10 {
      team.move(&random)
      let time = start + Int64(step) * 30
      plain.commits.append(.init(time: time, files: team.files(&order)))
      mixed.commits.append(.init(time: time, files: team.files(&random)))
      let (one, other) = (team.files(&random), team.files(&random))
      let both = MemoryHistory(commits: [.init(time: 0, files: one), .init(time: 0, files: other)])
      let snapshots = both.line().commits.compactMap { commit -> Snapshot? in
        if case .readable(let snapshot) = both.source().state(of: commit) { snapshot } else { nil }
      }
      let difference = AccessDifference(
        base: try #require(snapshots.first), head: try #require(snapshots.last), from: at(0))
      #expect(difference.isEmpty && difference.amplification.isEmpty)
    }
    let (a, b) = (plain.index(), mixed.index())
    for person in team.people {
      for permission in ["repo:push", "repo:pull"] {
        let edge = key(person.name, permission)
        #expect(a.blame(edge, at: at(0)).lines == b.blame(edge, at: at(0)).lines)
      }
    }
  }
}
