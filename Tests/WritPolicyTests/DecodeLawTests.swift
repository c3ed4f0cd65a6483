import Testing
import WritPolicy
import WritSyntax
import WritTestSupport
import WritYAML

@Suite struct DecodeLawTests {
  /// Each line is a file of its own, so that any order can be tried; with mistakes, to see the same findings too.
  static let lines = [
    "settings: { timezone: Asia/Shanghai, vaults: { team: { kind: age, path: v, custodians: [li.na] } } }",
    "hosts: { gpu01: { connect: local, labels: [gpu] } }",
    "people: { li.na: { uid: 20012, ssh-keys: [$KEY1], roles: [member, lead] } }",
    "people: { wang.fang: { manager: li.na, until: 2026-12-31, roles: [member, gohst] } }",
    "people: { chen.bo: { uid: 20013, manager: li.na, roles: [{ role: lead, until: 2026-11-30T10:00 }] } }",
    "service-accounts: { svc: { owner: li.na, uid: 19000, roles: [job] } }",
    "service-accounts: { svc2: { uid: 19001 } }",
    "roles: { member: { allow: { login: ssh, outputs: write } } }",
    "roles: { lead: { includes: [member], allow: { basic: [read, manage], run: jump } } }",
    "roles: { job: { allow: { run: run }, deny: { outputs/others: all } } }",
    "roles: { x: { includes: [y] } }",
    "resources: { login: { hosts: [gpu], login: ssh } }",
    "resources: { outputs: { hosts: [gpu], tree: '/srv/outputs/{account}' } }",
    "resources: { run: { hosts: [gpu], command: /opt/run, run-as: svc } }",
    "sharing-groups: { basic: { vault: team, folder: basic } }",
    "grants: [{ to: wang.fang, allow: { outputs/li.na: read }, until: 2026-01-01 }]",
    "expiry-rules: [{ match: { resource: runn }, max-duration: 3d }]",
  ]

  /// What does not depend on places.
  static func shown(_ lines: [String]) -> [String] {
    let (policy, findings) = MarkedText(lines.joined(separator: "\n---\n")).decoded()
    var shown = findings.map { "\($0.slug.rawValue) \($0.message) \($0.help)" }.sorted()
    for person in policy.people.values.sorted(by: { $0.name.value < $1.name.value }) {
      shown.append(
        "\(person.name.value) \(person.term.interval) \(person.roles.map { "\($0.role.value) \($0.term.interval)" })")
    }
    shown += policy.serviceAccounts.keys.sorted().map(\.text) + policy.roles.keys.sorted().map(\.text)
    shown += policy.resources.keys.sorted().map { "\($0) \(policy.targets(of: $0))" }
    shown += policy.grants.map { "\($0.to.map(\.value)) \($0.term.interval)" }
    return shown
  }

  @Test func `the order of files does not matter`() {
    let expected = Self.shown(Self.lines)
    #expect(expected.filter { $0.contains("unknown") || $0.contains("missing") }.count == 6, "\(expected)")
    for seed in 0..<60 as Range<UInt64> {
      var generator = SeededGenerator(seed: seed)
      #expect(Self.shown(Self.lines.shuffled(using: &generator)) == expected, "seed \(seed)")
    }
  }

  /// Any piece of the language in any place: never a trap.
  @Test func `any tree of words is read to its end`() {
    let words =
      PolicyWords.all + [
        "li.na", "member", "", "2026-02-30", "30d", "/srv/x", "{account}", "all", "root", "王", "true", "-1",
      ]
    for seed in 0..<3000 as Range<UInt64> {
      var generator = SeededGenerator(seed: seed)
      let node = PolicyWords.tree(words, depth: 5, &generator)
      let id = SourceID(index: 0)
      let (_, findings) = Policy.decode(
        files: [(id, node)], sources: SourceTable([SourceFile(path: "a", bytes: [])]), zones: TestZones())
      #expect(findings == findings.inOrder() && findings.allSatisfy { !$0.message.isEmpty }, "seed \(seed)")
    }
  }

  @Test(arguments: [
    ("memebr", "member"), ("mebmer", "member"), ("members", "member"), ("junior-enginer", "junior-engineer"),
    ("mamba", nil), ("xx", nil), ("", nil), ("reed", "read"),
  ])
  func `only close names are suggested`(text: String, expected: String?) {
    let found = MarkedText(
      "roles: { r: { includes: [\(text.isEmpty ? "''" : text)] }, member: , junior-engineer: , read: }"
    )
    .decoded().findings.first
    #expect(found?.help.contains("did you mean") == (expected != nil))
    if let expected { #expect(found?.help == "did you mean `\(expected)`?") }
  }
}

/// Random trees made of the language's own words.
enum PolicyWords {
  static let sections = [
    "settings", "hosts", "people", "service-accounts", "roles", "sharing-groups", "resources", "grants", "expiry-rules",
    "separation-rules", "guards", "tests",
  ]
  static let all =
    sections + [
      "timezone", "vaults", "kind", "path", "age", "custodians", "connect", "labels", "uid", "roles", "role", "from",
      "until",
      "includes", "allow", "deny", "tree", "command", "login", "ssh", "unix-group", "external", "operations", "mode",
      "directories", "owner", "credential", "key", "run", "to", "match", "tags", "who", "only", "can", "cannot", "name",
      "max-duration", "at-most", "secrets", "folder", "vault", "arguments", "previously", "account",
      "min-administrators",
    ]

  static func tree(_ words: [String], depth: Int, _ generator: inout SeededGenerator) -> Node {
    let line = UInt32.random(in: 1...99, using: &generator)
    let span = SourceSpan(
      source: SourceID(index: 0), start: SourcePosition(line: line, column: 1),
      end: SourcePosition(line: line, column: 9))
    func word() -> String { words.randomElement(using: &generator) ?? "" }
    switch Int.random(in: 0..<10, using: &generator) {
    case _ where depth == 5, 0...4 where depth > 0:
      var keys: Set<String> = []
      for _ in 0..<Int.random(in: 1...5, using: &generator) {
        keys.insert(depth == 5 ? sections.randomElement(using: &generator) ?? "" : word())
      }
      return Node(
        .mapping(keys.sorted().map { .init(key: Located($0, span), value: tree(words, depth: depth - 1, &generator)) }),
        span)
    case 5...6 where depth > 0:
      return Node(
        .sequence(
          (0..<Int.random(in: 0...3, using: &generator)).map { _ in tree(words, depth: depth - 1, &generator) }), span)
    default: return Node(.scalar(word(), isPlain: Bool.random(using: &generator)), span)
    }
  }
}
