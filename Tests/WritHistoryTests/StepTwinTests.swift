import Glibc
import Testing
import WritDigest
import WritHistory
import WritPolicy
import WritSyntax
import WritTestSupport
import WritYAML

/// Every commit made of what changed, and every commit made as a whole, on random edits of the text itself.
///
/// `WRIT_HISTORY=1` does it at full length.
@Suite struct `A step and its twin` {
  static let isLong = getenv("WRIT_HISTORY") != nil
  /// Parts that run side by side, and the seeds of each.
  static let shares = 8
  static let seeds = isLong ? 200 : 4
  static let commits = isLong ? 60 : 24

  /// What one commit says, by edge.
  struct Fact: Hashable {
    var holds: IntervalSet
    var control: Digest
    var ways: Set<String>

    init(_ holds: IntervalSet, _ control: Digest, _ derivations: [Derivation]) {
      self.holds = holds
      self.control = control
      ways = Set(derivations.map { "\($0.origin) \($0.roles) \($0.holds) \($0.reason ?? "")" })
    }
  }

  @Test(arguments: 0..<shares) func `say the same`(_ share: Int) throws {
    var followed = 0
    for number in 0..<Self.seeds { followed += try Self.compare(seed: number * Self.shares + share) }
    // A test of steps that were never taken would say nothing.
    #expect(followed > 2 * Self.seeds)
  }

  /// How many steps were taken without making the whole anew.
  private static func compare(seed: Int) throws -> Int {
    var random = SeededGenerator(seed: UInt64(seed))
    var history = MemoryHistory()
    var text = EditedText(&random)
    for step in 0..<Self.commits {
      history.commits.append(.init(time: start + Int64(step), files: text.files))
      text.edit(&random, isReadable: history.isReadable(step))
    }
    // In three of four somebody reads ahead, and in two of them badly.
    let ahead = seed % 4 == 0 ? nil : OddAhead(history, seed % 4 == 1 ? nil : UInt64(seed))
    let source = PolicyFileSource(history, zones: OnlyUTC(), ahead: ahead, parse: YAML.parse)
    _ = source.line()
    var facts: [EdgeKey: Fact] = [:]
    var numbers: [EdgeKey: UInt64] = [:]
    var followed = 0
    for (number, commit) in history.line().commits.enumerated() {
      let whole = history.source().state(of: commit)
      switch (source.step(to: commit), whole) {
      case (.unreadable(let a), .unreadable(let b)): #expect(a == b, "seed \(seed) commit \(number)")
      case (.access(let step), .readable(let snapshot)):
        if step.isWhole { (facts, numbers) = ([:], [:]) } else { followed += 1 }
        for principal in step.principals {
          for (key, number) in numbers where key.principal == principal.name && principal.covers(number) {
            facts[key] = nil
          }
          for row in principal.rows {
            let key = EdgeKey(principal.name, step.permissions[row.number])
            #expect(principal.covers(row.number))
            numbers[key] = row.number
            facts[key] = Fact(row.holds, row.control, row.derivations)
          }
        }
        var naive: [EdgeKey: Fact] = [:]
        for edge in snapshot.access.edges { naive[edge.key] = Fact(edge.holds, edge.control, edge.derivations) }
        let wrong = Set(facts.keys).union(naive.keys).filter { facts[$0] != naive[$0] }
        #expect(wrong.isEmpty, "seed \(seed) commit \(number): \(wrong)")
        if !wrong.isEmpty { return followed }
      case (.unreadable(let problem), .readable): Issue.record("seed \(seed) commit \(number): \(problem)")
      case (.access, .unreadable(let problem)): Issue.record("seed \(seed) commit \(number) takes \(problem)")
      }
    }
    if seed % 4 == 1 { #expect(ahead?.given ?? 0 > 0, "seed \(seed)") }
    return followed
  }
}

/// Reads ahead in memory; with a seed it stops in the middle, goes on where nobody is, or leaves out a commit.
private final class OddAhead: PolicyFilesAhead {
  typealias Failure = Never

  let fewest = 1
  private(set) var given = 0
  private let history: MemoryHistory
  private var random: SeededGenerator?
  private var steps: [PolicyFileStep] = []

  init(_ history: MemoryHistory, _ seed: UInt64?) {
    self.history = history
    random = seed.map { SeededGenerator(seed: $0) }
  }

  private func happens(_ one: Int) -> Bool {
    guard var random else { return false }
    defer { self.random = random }
    return Int.random(in: 0..<one, using: &random) == 0
  }

  func begin(_ files: PolicyFiles, _ commits: [HistoryCommit]) {
    steps = []
    let from = happens(10) ? PolicyFiles() : files
    from.walk(commits, history, YAML.parse) { step in
      if happens(12) { return false }
      if !happens(12) { steps.append(step) }
      return true
    }
  }

  func next() -> Result<PolicyFileStep, Never>? {
    if steps.isEmpty { return nil }
    given += 1
    return .success(steps.removeFirst())
  }

  func stop() { steps = [] }
}

extension MemoryHistory {
  func isReadable(_ position: Int) -> Bool {
    if case .readable = source().state(of: line().commits[position]) { true } else { false }
  }
}

/// Policy files that are edited as people and accidents edit them: a word for another, a line more, less, moved or indented, and
/// whatever makes a line look like another than it is.
private struct EditedText {
  private(set) var files: [String: String]
  private var lastReadable: [String: String]

  init(_ random: inout SeededGenerator) {
    // Over the size from which files are cut.
    let padding = (0..<120).map { "# \($0) " + String(repeating: "padding ", count: 9) + "\n" }.joined()
    let shared = """
      settings:
        vaults: { team: { kind: age, path: vault } }
      hosts:
        h1: { connect: local, host-keys: [], labels: [gpu] }
      resources:
        repo: { external: git host, operations: [push, pull] }
        data: { hosts: [gpu], tree: /srv/data, owner: svc }
        home: { hosts: [gpu], tree: "/srv/home/{account}" }
        job: { hosts: [gpu], command: /opt/job, run-as: svc }
        group: { hosts: [h1], unix-group: render }
      sharing-groups:
        keys: { vault: team, folder: keys }
      service-accounts:
        svc:
          owner: ann
          uid: 20100
          roles: [r0]
        bot: { owner: bob, uid: 20101, roles: [r1, r3] }

      """
    let roles = """
      roles:
        r0:
          allow:
            repo: push
        r1:
          # a remark
          includes: [r0]
          allow: { repo: [pull], data: read }
        r2: { includes: [r1], allow: { home: write, "keys": read }, deny: { data: write } }
        r3:
          description: |
            A text: with a colon
              and a deeper line
          allow: { home/others: read, job: run, data: write }
        r4: { allow: { repo: all, group: member }, deny: { repo: pull } }

      """
    let people = """
      people:
        ann: { uid: 20001, roles: [r0, r2] }
        bob:
          name: 'Bob ''the'' Builder'
          uid: 20002
          email: bob@example.com
          manager: ann
          roles:
            - r1
            - { role: r4, from: 2026-01-01, until: 2026-02-01 }

        # the next one is long
        cyd:
          name: "Cyd
            the Second"
          uid: 20003
          until: 2026-06-30
          roles: [r3,
            { role: r2, until: 2026-03-31, reason: a test }]
        dee:
          uid: 20004
          roles:
          - r0
          - role: r4
            until: 2026-04-01T10:00
      grants:
        - { to: ann, allow: { repo: pull }, until: 2026-05-01 }
        - to: [bob, cyd]
          role: r4
          until: 2026-05-02

      """
    let one = Bool.random(using: &random)
    files =
      one
      ? ["p/all.yaml": shared + roles + people + padding]
      : [
        "p/shared.yaml": shared, "p/roles.yaml": roles + padding, "p/people.yaml": padding + people,
        "p/eve.yml": "people: { eve: { uid: 20009, roles: [r0] } }\n",
      ]
    lastReadable = files
  }

  private static let words = [
    "r0", "r1", "r2", "r3", "r4", "r5", "ann", "bob", "cyd", "dee", "eve", "svc", "bot", "repo", "data", "home", "job",
    "group", "keys", "push", "pull", "read", "write", "all", "run", "gpu", "h1", "2026-02-01", "2026-07-01", "20001",
    "20007", "others", "home/others", "home/bob", "until", "from", "roles", "allow", "deny", "owner", "manager",
  ]
  private static let nasty = [
    "\"", "'", "    name: \"open", "  ann: 'x", "|", "    name: |", "# remark", "- x", "---", "...", "\t", "people:",
    "*a",
    "  zed: &a b", "{", "}", "[", "]", "key: value", "    roles: [r0", "  fay: { uid: 20011, roles: [r1] }",
    "  gus: {}",
    "    previously: [bob]", "    previously: [zed]", "    account: ann", "    suspended: true", "  # deeper", "",
    "  - { to: dee, allow: { data: read }, until: 2026-08-01 }", "roles:", "  r5: { allow: { repo: push } }",
    "  new: { external: x, operations: [push] }", "    description: >-", "  - - x", "? x", "  ? y", "\u{feff}", "a\r",
    "  ann: {}", "grants: []", "    ssh-keys: [x]",
  ]

  mutating func edit(_ random: inout SeededGenerator, isReadable: Bool) {
    if isReadable {
      lastReadable = files
    } else if Int.random(in: 0..<9, using: &random) > 0 {
      files = lastReadable
    }
    let isCareful = Int.random(in: 0..<3, using: &random) > 0
    for _ in 0..<Int.random(in: 1...3, using: &random) {
      guard let path = files.keys.sorted().randomElement(using: &random), let text = files[path] else { continue }
      var lines = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
      // Comments at the edge are no place of interest.
      let places = lines.indices.filter {
        !lines[$0].hasPrefix("# ") && (!isCareful || Self.isOfSorts(lines[$0]))
      }
      guard let line = places.randomElement(using: &random) else { continue }
      switch isCareful ? 0 : Int.random(in: 0..<16, using: &random) {
      case 0..<7: lines[line] = replaced(lines[line], &random)
      case 7: lines.remove(at: line)
      case 8: lines.insert(lines[line], at: line)
      case 9: lines[line] = " " + lines[line]
      case 10: lines.insert(Self.nasty.randomElement(using: &random) ?? "", at: line)
      case 11: lines.insert(lines.remove(at: line), at: places.randomElement(using: &random) ?? 0)
      case 12: lines[line] += [" # why", ",", ":", " x", " \"", "]"].randomElement(using: &random) ?? ""
      case 13:
        lines.insert("  p\(Int.random(in: 0..<3, using: &random)): { uid: 2030\(line % 10), roles: [r1] }", at: line)
      case 14: lines.insert("    previously: [\(Self.words.randomElement(using: &random) ?? "")]", at: line)
      default: lines.insert("  # a remark of no weight", at: line)
      }
      files[path] = lines.joined(separator: "\n")
    }
  }

  private static let sorts = [
    ["r0", "r1", "r3"], ["push", "pull"], ["read", "write"], ["2026-02-01", "2026-07-01", "2026-03-31", "2026-05-01"],
    ["to: ann", "to: dee"], ["reason: a", "reason: b"],
  ]

  /// Whether another word of the same sort may leave the policy without errors; names of entries are left alone.
  private static func isOfSorts(_ line: String) -> Bool {
    !line.hasPrefix("  r") && sorts.contains { sort in sort.contains { line.contains($0) } }
  }

  /// One word of a line for another, of the same sort where there is one.
  private func replaced(_ line: String, _ random: inout SeededGenerator) -> String {
    let sorts = Self.sorts.filter { sort in sort.contains { line.contains($0) } }
    let from =
      Int.random(in: 0..<6, using: &random) > 0 ? sorts.randomElement(using: &random) ?? Self.words : Self.words
    guard let old = from.filter({ line.contains($0) }).randomElement(using: &random),
      let new = from.randomElement(using: &random)
    else { return line }
    return line.split(separator: old, omittingEmptySubsequences: false).joined(separator: new)
  }
}
