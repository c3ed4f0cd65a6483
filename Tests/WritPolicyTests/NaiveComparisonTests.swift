import Glibc
import Testing
import WritPolicy
import WritSyntax
import WritTestSupport

/// The evaluator against the naive one, and laws that hold for every policy.
///
/// `WRIT_SEEDS` sets how many random policies are compared; a seed that failed is compared by naming it in `WRIT_SEED`.
@Suite struct NaiveComparisonTests {
  static let seeds: Range<UInt64> = {
    if let one = getenv("WRIT_SEED").flatMap({ UInt64(String(cString: $0)) }) { return one..<one + 1 }
    let count = getenv("WRIT_SEEDS").flatMap { UInt64(String(cString: $0)) } ?? 1000
    return 0..<count
  }()

  static func reasons(_ access: Access, at instant: Instant) -> Set<NaiveAccess.Reason> {
    var reasons: Set<NaiveAccess.Reason> = []
    for edge in access.edges {
      for derivation in edge.derivations where derivation.holds.contains(instant) {
        reasons.insert(.init(edge: edge.key, entry: derivation.entry, rule: derivation.rule))
      }
    }
    return reasons
  }

  /// Nil when all agree.
  static func disagreement(seed: UInt64) -> String? {
    let policy = RandomPolicy.make(seed: seed)
    let access = effectiveAccess(of: policy)
    for instant in RandomPolicy.instants(of: policy) {
      let naive = NaiveAccess(policy: policy, now: instant).reasons()
      let fast = reasons(access, at: instant)
      if naive != fast {
        let missing = naive.subtracting(fast).map(\.edge.description).sorted()
        let extra = fast.subtracting(naive).map(\.edge.description).sorted()
        return "seed \(seed) at \(instant.seconds): missing \(missing), too many \(extra)"
      }
      let held = Set(access.edges(at: instant).map(\.key))
      if held != Set(naive.map(\.edge)) { return "seed \(seed) at \(instant.seconds): edges and derivations differ" }
    }
    return flaw(of: access, policy).map { "seed \(seed): \($0)" }
  }

  /// What must be so in every access: no empty edge, order, chains that follow includes.
  static func flaw(of access: Access, _ policy: Policy) -> String? {
    for (a, b) in zip(access.edges, access.edges.dropFirst()) where !(a.key < b.key) { return "order at \(b.key)" }
    for edge in access.edges {
      if edge.holds.isEmpty || edge.derivations.contains(where: \.holds.isEmpty) { return "\(edge.key) is empty" }
      if Set(edge.derivations).count != edge.derivations.count { return "\(edge.key) has a derivation twice" }
      if access[edge.key]?.control != edge.control { return "\(edge.key) is not found" }
      for derivation in edge.derivations {
        for (role, next) in zip(derivation.roles, derivation.roles.dropFirst())
        where !(policy.roles[role]?.includes.contains { $0.value == next } ?? false) {
          return "\(edge.key): \(role) does not include \(next)"
        }
      }
    }
    return nil
  }

  /// Parts that run side by side.
  static let shares = 8

  @Test(arguments: 0..<shares) func `the two evaluators agree at every boundary`(share: Int) {
    for seed in Self.seeds where seed % UInt64(Self.shares) == UInt64(share) {
      if let found = Self.disagreement(seed: seed) {
        Issue.record("\(found)")
        return
      }
    }
  }

  // MARK: Laws

  /// Everything that each edge has less in `smaller`; nil when nothing is more.
  static func gain(from before: Access, to after: Access) -> EdgeKey? {
    after.edges.first { !$0.holds.subtracting(before[$0.key]?.holds ?? .empty).isEmpty }?.key
  }

  @Test(arguments: 0..<200 as Range<UInt64>) func `less allowed or more denied never adds access`(seed: UInt64) {
    let policy = RandomPolicy.make(seed: seed)
    let before = effectiveAccess(of: policy)
    for (name, role) in policy.roles {
      for index in role.allow.indices {
        var less = policy
        less.roles[name]?.allow.remove(at: index)
        #expect(Self.gain(from: before, to: effectiveAccess(of: less)) == nil, "seed \(seed), \(name) allow \(index)")
      }
    }
    var random = RandomPolicy(generator: SeededGenerator(seed: seed &+ 1_000_000))
    for name in RandomPolicy.roles {
      var more = policy
      let written = random.rules(upTo: 2)
      let denies = random.builder.rules(written)
      more.roles[WritPolicyTests.name(name)]?.deny += denies
      #expect(Self.gain(from: before, to: effectiveAccess(of: more)) == nil, "seed \(seed), \(name) deny")
    }
  }

  @Test(arguments: 0..<100 as Range<UInt64>) func `the order of what is written does not matter`(seed: UInt64) {
    let policy = RandomPolicy.make(seed: seed)
    var other = policy
    other.grants.reverse()
    for name in policy.roles.keys {
      other.roles[name]?.includes.reverse()
      other.roles[name]?.allow.reverse()
      other.roles[name]?.deny.reverse()
    }
    for name in policy.people.keys { other.people[name]?.roles.reverse() }
    let (a, b) = (effectiveAccess(of: policy), effectiveAccess(of: other))
    #expect(a.lines == b.lines)
    for (x, y) in zip(a.edges, b.edges) {
      #expect(x.derivations == y.derivations && x.control == y.control && x.targets == y.targets, "\(x.key)")
    }
  }
}
