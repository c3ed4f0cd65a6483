import Testing
import WritHistory
import WritPolicy
import WritSyntax
import WritTestSupport

/// Blame of everybody at once against every commit evaluated by itself.
///
/// `WRIT_HISTORY=1` (`make history`) does it for 3,000 commits by 300 people over 250 roles.
@Suite struct `Blame of all over a generated history` {
  static let size =
    `A step and its twin`.isLong
    ? GeneratedHistory.Size(people: 300, roles: 250, commits: 3000, held: 14)
    : GeneratedHistory.Size(people: 24, roles: 20, commits: 150, held: 4)

  /// What one edge is in each commit, by stretches of equal ones; nothing between them.
  private struct Told {
    var stretches: [(commits: ClosedRange<Int>, holds: IntervalSet)] = []

    mutating func add(_ commit: Int, _ holds: IntervalSet) {
      if let last = stretches.last, last.commits.upperBound == commit - 1, last.holds == holds {
        stretches[stretches.count - 1].commits = last.commits.lowerBound...commit
      } else {
        stretches.append((commit...commit, holds))
      }
    }

    func inEachCommit(_ count: Int) -> [IntervalSet] {
      var all = [IntervalSet](repeating: .empty, count: count)
      for stretch in stretches { for commit in stretch.commits { all[commit] = stretch.holds } }
      return all
    }
  }

  /// `[from,to) since COMMIT` for every period, from what the edge is in each commit alone.
  private static func replay(_ holds: [IntervalSet], _ begins: [Instant]) -> [String] {
    var truth: [Interval] = []
    for (number, set) in holds.enumerated() {
      let end = number + 1 < begins.count ? begins[number + 1] : .distantFuture
      truth += set.intersection(IntervalSet(Interval(begins[number], end))).intervals
    }
    return IntervalSet(truth).intervals.map { period in
      var since = begins.lastIndex { $0 <= period.start } ?? 0
      while since > 0, holds[since - 1].contains(period.start) { since -= 1 }
      return "[\(period.start.seconds),\(period.end.seconds)) since c\(since)"
    }
  }

  @Test(arguments: [GeneratedHistory.Layout.one, .each])
  func `equals a naive replay for every edge`(_ layout: GeneratedHistory.Layout) throws {
    let history = GeneratedHistory(layout, Self.size, seed: 3)
    let line = history.line()
    // Who somebody was first, along the renames.
    var origin: [PrincipalName: PrincipalName] = [:]
    var told: [EdgeKey: Told] = [:]
    var last: Snapshot?
    var skipped: [String] = []
    let naive = history.source()
    for (number, commit) in line.commits.enumerated() {
      if case .readable(let snapshot) = naive.state(of: commit) {
        for person in snapshot.policy.people.values where origin[person.name.value] == nil {
          guard let old = person.previously.first?.value else { continue }
          origin[person.name.value] = origin[old] ?? old
        }
        last = snapshot
      } else {
        skipped.append(commit.id)
      }
      for edge in last?.access.edges ?? [] {
        told[EdgeKey(origin[edge.principal] ?? edge.principal, edge.permission), default: Told()].add(
          number, edge.holds)
      }
    }
    let source = history.source()
    let index = HistoryIndex(source)
    let now = at(Int64(Self.size.commits) * 3600)
    let present = try #require(last).access.edges(at: now)
    let blames = index.blames(at: now)
    #expect(index.skipped.map(\.commit.id) == skipped && !skipped.isEmpty)
    #expect(blames.map(\.key) == present.map(\.key))
    #expect(blames.count > 2 * Self.size.people)
    for (blame, edge) in zip(blames, present) {
      let key = EdgeKey(origin[edge.principal] ?? edge.principal, edge.permission)
      let replayed = Self.replay((told[key] ?? Told()).inEachCommit(line.commits.count), line.inForceFrom)
      let found = blame.periods.map {
        "[\($0.interval.start.seconds),\($0.interval.end.seconds)) since \($0.since.id)"
      }
      #expect(found == replayed, "\(edge.key)")
    }
    let late = HistoryIndex(history.source(), beside: LateWork())
    #expect(late.blames(at: now) == blames && late.changes == index.changes && late.skipped == index.skipped)
    // The whole is made anew after what cannot be read at most, and once at the beginning.
    #expect(source.parsedFiles < Self.size.commits * 2)
  }
}

/// Does things as late as it may: in bursts, and the rest at the end.
private final class LateWork: WorkBeside {
  private var waiting: [@Sendable () -> Void] = []
  private var isFinished = false
  private var random = SeededGenerator(seed: 7)

  func add(size: Int, _ work: @escaping @Sendable () -> Void) {
    #expect(!isFinished)
    waiting.append(work)
    if Int.random(in: 0..<20, using: &random) == 0 { run() }
  }

  func finish(leaving left: AnyObject) {
    isFinished = true
    run()
  }

  private func run() {
    for work in waiting { work() }
    waiting = []
  }
}
