import Testing
import WritHistory
import WritPolicy
import WritSyntax
import WritTestSupport

/// What `diff` says of two commits against what the naive evaluator says of each of them, second by second and target by target.
///
/// `WRIT_HISTORY=1` takes 1,000 pairs.
@Suite struct `A difference and its naive twin` {
  static let seeds = `A step and its twin`.isLong ? 25 : 4
  static let pairs = `A step and its twin`.isLong ? 40 : 15

  /// One edge on one target for the time that begins there and goes on to the next instant at which anything may change.
  struct Fact: Hashable, CustomStringConvertible {
    var key: EdgeKey
    /// Nil for what is declared and not enforced.
    var target: TargetName?
    var time: Instant

    var description: String { "\(key) \(target.map { "\($0)" } ?? "-") @\(time.seconds - start)" }
  }

  @Test(arguments: 0..<seeds) func `are of one mind`(_ seed: Int) throws {
    var random = SeededGenerator(seed: UInt64(4200 + seed))
    var lab = RandomLab()
    var history = MemoryHistory()
    var labs: [RandomLab] = []
    for step in 0..<30 {
      for _ in 0..<Int.random(in: 0...3, using: &random) { lab.move(&random) }
      history.commits.append(.init(time: start + Int64(step), files: ["p/all.yaml": lab.text]))
      labs.append(lab)
    }
    let source = history.source()
    let snapshots = try history.line().commits.map { commit -> Snapshot in
      switch source.state(of: commit) {
      case .readable(let snapshot): return snapshot
      case .unreadable(let problem): throw Unreadable(description: "seed \(seed) \(commit.id): \(problem)")
      }
    }
    var changed = 0
    for _ in 0..<Self.pairs {
      let ends = [Int.random(in: 0..<30, using: &random), Int.random(in: 0..<30, using: &random)].sorted()
      let (a, b) = (ends[0], ends[1])
      let now = Instant(seconds: RandomLab.begin + Int64.random(in: -2..<40, using: &random) * 86400)
      let difference = AccessDifference(base: snapshots[a], head: snapshots[b], from: now)
      let bounds = Self.bounds(snapshots[a].policy, snapshots[b].policy, from: now)
      let names = labs[a].names(in: labs[b])
      let before = Set(
        Self.naive(snapshots[a].policy, bounds).map { fact in
          var fact = fact
          fact.key = names(fact.key)
          if case .host(let host)? = fact.target { fact.target = .host(names(host)) }
          return fact
        })
      let after = Self.naive(snapshots[b].policy, bounds)
      let what = "seed \(seed) c\(a)..c\(b) from \(now.rfc3339)"
      Self.expect(difference.gained, after.subtracting(before), bounds, "gained, \(what)")
      Self.expect(difference.lost, before.subtracting(after), bounds, "lost, \(what)")
      if before != after { changed += 1 }
      for change in difference.gained {
        let had = before.contains { $0.key == change.key }
        #expect(change.isWhole == !had, "\(change.key), \(what)")
      }
    }
    // A test of equal commits would say nothing.
    #expect(changed * 2 > Self.pairs)
  }

  private struct Unreadable: Error, CustomStringConvertible { var description: String }

  /// Every instant from `now` on at which one of the policies may change its mind.
  private static func bounds(_ policies: Policy..., from now: Instant) -> [Instant] {
    var terms: [Term] = []
    for policy in policies {
      terms += policy.grants.map(\.term)
      for person in policy.people.values { terms += [person.term] + person.roles.map(\.term) }
      for account in policy.serviceAccounts.values { terms += [account.term] + account.roles.map(\.term) }
    }
    return Set([now] + terms.flatMap { [$0.from, $0.until] }.compactMap(\.?.value).filter { $0 > now }).sorted()
  }

  private static func naive(_ policy: Policy, _ bounds: [Instant]) -> Set<Fact> {
    var facts: Set<Fact> = []
    for time in bounds {
      for key in Set(NaiveAccess(policy: policy, now: time).reasons().map(\.edge)) {
        let targets = targets(of: key.permission.object.resource, in: policy)
        if targets.isEmpty { facts.insert(Fact(key: key, target: nil, time: time)) }
        for target in targets { facts.insert(Fact(key: key, target: target, time: time)) }
      }
    }
    return facts
  }

  private static func targets(of name: ResourceName, in policy: Policy) -> [TargetName] {
    if let group = policy.sharingGroups[name] { return [.vault(group.vault.value)] }
    guard let resource = policy.resources[name] else { return [] }
    return policy.hosts.values.filter { host in
      resource.hosts.contains { written in
        written.value.text == host.name.value.text || host.labels.contains { $0.value.text == written.value.text }
      }
    }.map { .host($0.name.value) }
  }

  private static func expect(
    _ changes: [AccessDifference.Change], _ wanted: Set<Fact>, _ bounds: [Instant], _ what: String
  ) {
    var found: Set<Fact> = []
    var count = 0
    for change in changes {
      // Between two bounds nothing can change, so no stretch begins or ends there.
      for interval in change.holds.intervals {
        #expect(bounds.contains(interval.start), "\(change.key) begins between, \(what)")
        #expect(interval.end == .distantFuture || bounds.contains(interval.end), "\(change.key) ends between, \(what)")
      }
      for time in bounds where change.holds.contains(time) {
        for target in change.targets.isEmpty ? [nil] : change.targets.map(Optional.some) {
          found.insert(Fact(key: change.key, target: target, time: time))
          count += 1
        }
      }
    }
    #expect(count == found.count, "something is told twice, \(what)")
    let (missing, extra) = (wanted.subtracting(found), found.subtracting(wanted))
    #expect(
      missing.isEmpty && extra.isEmpty,
      "\(what): not told \(Array(missing.prefix(4))) (\(missing.count)), told without cause \(Array(extra.prefix(4))) (\(extra.count))"
    )
  }
}
