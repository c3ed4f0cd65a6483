import WritPolicy
import WritSyntax
import WritTestSupport

/// Small policies in which everything meets everything: terms that touch and overlap, suspensions, owners, diamonds of
/// includes, denies of every scope, grants of permissions and roles, personal trees, sharing groups with custodians.
struct RandomPolicy {
  /// Every time in a random policy is one of these many, a second apart, so that they often touch.
  static let times: Int64 = 5

  var generator: SeededGenerator
  var builder = PolicyBuilder()

  static let principals = ["ann", "bob", "cy", "dee", "svc1", "svc2"]
  static let roles = ["r0", "r1", "r2", "r3", "r4"]
  static let objects: [(String, [String])] = [
    ("data", ["read", "write", "all"]), ("home", ["read", "write", "all"]), ("home/others", ["read", "write", "all"]),
    ("home/ann", ["read", "write"]), ("home/svc1", ["read", "all"]), ("job", ["run", "all"]), ("login", ["ssh"]),
    ("net", ["connect", "all"]),
    ("render", ["member"]), ("branch", ["push", "merge", "all"]), ("keys", ["use", "read", "write", "manage", "all"]),
    ("root", ["use", "read", "manage"]),
  ]

  static func make(seed: UInt64) -> Policy {
    var random = RandomPolicy(generator: SeededGenerator(seed: seed))
    random.build()
    return random.builder.policy
  }

  mutating func chance(_ percent: Int) -> Bool { Int.random(in: 0..<100, using: &generator) < percent }

  mutating func some(_ all: [String], upTo most: Int) -> [String] {
    (0..<Int.random(in: 0...most, using: &generator)).compactMap { _ in all.randomElement(using: &generator) }
  }

  mutating func time() -> Int64? {
    chance(40) ? Int64.random(in: 0..<Self.times, using: &generator) : nil
  }

  mutating func term() -> Term {
    let (from, until) = (time(), time())
    return builder.term(from, until)
  }

  mutating func rules(upTo most: Int) -> [(String, String)] {
    (0..<Int.random(in: 0...most, using: &generator)).compactMap { _ in
      guard let (object, operations) = Self.objects.randomElement(using: &generator),
        let operation = operations.randomElement(using: &generator)
      else { return nil }
      return (object, operation)
    }
  }

  mutating func build() {
    builder.tree("data", tags: ["high-risk"])
    builder.tree("home", path: "/srv/home/{account}")
    builder.command("job", runAs: "svc1")
    let ssh = builder.located("ssh")
    builder.resource("login", .login(ssh))
    let net = builder.located("external")
    builder.resource("net", .egress(net))
    let render = builder.located("render")
    builder.resource("render", .unixGroup(render))
    let operations = ["push", "merge"].map { builder.located(operation($0)) }
    builder.resource("branch", .external(description: Located("git", somewhere), operations: operations))
    let custodians = some(Self.principals, upTo: 2)
    builder.vault("team", custodians: custodians)
    builder.sharingGroup("keys", vault: "team", tags: ["high-risk"])
    builder.sharingGroup("root", vault: "team")
    builder.host("h1", labels: ["gpu"])

    for (index, role) in Self.roles.enumerated() {
      let includes = some(Array(Self.roles[(index + 1)...]), upTo: 3)
      let (allow, deny) = (rules(upTo: 3), chance(35) ? rules(upTo: 2) : [])
      builder.role(role, includes: includes, allow: allow, deny: deny)
    }
    for principal in Self.principals {
      let roles = some(Self.roles, upTo: 3)
      var assignments = roles.map { builder.assignment($0) }
      for index in assignments.indices { assignments[index].term = term() }
      let term = chance(25) ? term() : Term()
      let suspended = chance(10) ? builder.located(true) : nil
      if principal.hasPrefix("svc") {
        let owner = chance(90) ? ["ann", "bob"].randomElement(using: &generator) ?? "ann" : "svc1"
        let lost = chance(3)
        builder.service(principal, owner: owner) {
          ($0.roles, $0.term, $0.suspended) = (assignments, term, suspended)
          if lost { $0.owner = nil }
        }
      } else {
        builder.person(principal) { ($0.roles, $0.term, $0.suspended) = (assignments, term, suspended) }
      }
    }
    for _ in 0..<Int.random(in: 0...2, using: &generator) {
      let to = some(Self.principals, upTo: 3)
      if chance(50) {
        let (allow, from, until) = (rules(upTo: 2), time(), time())
        builder.grant(to, allow: allow, from, until)
      } else {
        let (role, from, until) = (Self.roles.randomElement(using: &generator) ?? "r0", time(), time())
        builder.grant(to, role: role, from, until)
      }
    }
  }

  /// Around each instant at which anything in `policy` begins or ends, and far from all.
  static func instants(of policy: Policy) -> [Instant] {
    var terms = policy.grants.map(\.term)
    for person in policy.people.values { terms += [person.term] + person.roles.map(\.term) }
    for account in policy.serviceAccounts.values { terms += [account.term] + account.roles.map(\.term) }
    let bounds = Set(terms.flatMap { [$0.from, $0.until] }.compactMap { $0?.value.seconds })
    let around = bounds.union(bounds.map { $0 - 1 }).union(bounds.map { $0 + 1 })
    return [at(-1_000_000)] + around.sorted().map { at($0) } + [at(1_000_000)]
  }
}
