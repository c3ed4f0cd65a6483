import Testing
import WritDigest
import WritHistory
import WritPolicy
import WritRender
import WritTestSupport

private let common = """
  resources:
    repo: { external: the git host, operations: [push, pull] }
    weights: { external: the store, operations: [read], tags: [high-risk] }
  roles:
    dev: { allow: { repo: push } }
    keeper: { allow: { weights: read } }
    auditor: { allow: { repo: pull } }

  """

private func review(_ base: String, _ head: String, days: Int64 = 0) throws -> (Review, base: Snapshot, head: Snapshot)
{
  let history = MemoryHistory(commits: [base, head].map { .init(time: start, files: ["p/a.yaml": common + $0]) })
  let snapshots = history.line().commits.compactMap { commit -> Snapshot? in
    if case .readable(let snapshot) = history.source().state(of: commit) { snapshot } else { nil }
  }
  let (before, after) = (try #require(snapshots.first), try #require(snapshots.last))
  try #require(snapshots.count == 2)
  let difference = AccessDifference(base: before, head: after, from: at(days * 86400))
  return (Review(difference, base: before, head: after), before, after)
}

@Suite struct `A review` {
  @Test func `tells ends that move and ends that come`() throws {
    let (review, _, _) = try review(
      "people: { bob: { roles: [{ role: dev, until: 2026-01-05 }, { role: auditor, until: 2026-03-01 }] }, eve: { roles: [{ role: dev, until: 2026-01-03 }] } }",
      "people: { bob: { roles: [{ role: dev, until: 2026-01-08 }, { role: auditor }] }, eve: { roles: [{ role: dev, until: 2026-01-03 }] } }"
    )
    #expect(
      review.movedEnds.map { "\($0.key) \($0.before?.rfc3339 ?? "-") \($0.after?.rfc3339 ?? "-") \($0.isLater)" } == [
        "bob repo:pull 2026-03-02T00:00:00Z - true", "bob repo:push 2026-01-06T00:00:00Z 2026-01-09T00:00:00Z true",
      ])
    // Eve's end comes first, and this change does not concern her.
    #expect(
      review.comingEnds.map { "\($0.principal) \($0.permissions) \($0.end.rfc3339)" } == [
        "bob [repo:push] 2026-01-09T00:00:00Z"
      ])
  }

  @Test func `tells the rules that bind what is gained, by whom they are about and through which role`() throws {
    let rules = """
      expiry-rules:
        - { match: { tags: high-risk, kind: person }, max-duration: 30d }
        - { match: { role: dev }, warn-before: 7d }
        - { match: { kind: service-account }, max-duration: 90d }

      """
    let (review, _, _) = try review(
      rules + "people: { bob: {}, eve: { roles: [dev] } }",
      rules + "people: { bob: { roles: [keeper] }, eve: { roles: [dev, auditor] } }")
    #expect(
      review.expiryRules.map { "\($0.text) \($0.place.line) \($0.edges)" } == [
        "kind person, tags high-risk, max-duration 30d 9 [bob weights:read]"
      ])
  }

  @Test func `tells a role of a separation rule that comes into a hand, that of an owner included`() throws {
    let rules = "separation-rules: [{ roles: [dev, keeper, auditor], at-most: 2 }]\n"
    let (review, _, _) = try review(
      rules + "people: { bob: { roles: [dev] }, eve: { roles: [dev] } }\nservice-accounts: { bot: { owner: bob } }",
      rules
        + "people: { bob: { roles: [dev] }, eve: { roles: [dev] } }\nservice-accounts: { bot: { owner: bob, roles: [keeper] } }"
    )
    #expect(
      review.separationRules.map { "\($0.person) \($0.gained) \($0.roles)" } == ["bob [keeper] [dev, keeper]"])
    #expect(review.separationRules.first?.text == "at most 2 of auditor, dev, keeper")
  }

  @Test func `tells whom a command lets in`() throws {
    let hosts = """
      hosts: { gpu01: { connect: local, host-keys: [] } }
      people: { ann: {}, bob: { uid: 20001, roles: [ROLE] } }
      service-accounts: { svc: { owner: ann, uid: 19001, roles: [reader] } }
      """
    func policy(_ role: String) -> String {
      hosts.split(separator: "ROLE", omittingEmptySubsequences: false).joined(separator: role)
    }
    let more = """
      resources:
        data: { hosts: [gpu01], tree: /srv/data }
        train: { hosts: [gpu01], command: /opt/train, run-as: svc }
      roles:
        reader: { allow: { data: read } }
        runner: { allow: { train: run } }
        idle: {}

      """
    let history = MemoryHistory(
      commits: ["idle", "runner"].map { .init(time: start, files: ["p/a.yaml": more + policy($0)]) })
    let snapshots = history.line().commits.compactMap { commit -> Snapshot? in
      switch history.source().state(of: commit) {
      case .readable(let snapshot): return snapshot
      case .unreadable(let problem):
        Issue.record("\(problem)")
        return nil
      }
    }
    let (before, after) = (try #require(snapshots.first), try #require(snapshots.last))
    let review = Review(AccessDifference(base: before, head: after, from: at(0)), base: before, head: after)
    #expect(
      review.indirectGained.map { "\($0.principal) \($0.reached) \($0.via)" } == ["bob svc data:read [train:run]"])
    #expect(review.indirectLost.isEmpty)
  }

  @Test(
    arguments: [
      ("Give bob the keeper's role", false), ("Welcome!", true), ("update", true), ("BOB", false),
      ("bobby gets it", true), ("see the weights, please", false), ("更新bob的权限", false), ("更新权限", true),
      ("subject\n\nbody says keeper.", false),
    ]) func `names a commit that does not say what it gives`(message: String, isSilent: Bool) throws
  {
    let (review, _, head) = try review("people: { bob: {} }", "people: { bob: { roles: [keeper] } }")
    let commit = CommitRef(id: "c1", time: start, author: "a", committer: "b", subject: "s")
    let silent = SilentCommit(commit, message: message, review.difference, head: head.policy)
    #expect((silent != nil) == isSilent)
    if let silent { #expect(silent.edges == 1 && silent.principals == 1) }
  }
}

@Suite struct `The comment of a review` {
  static let hostile = [
    "@everyone", "#123", "<img src=x onerror=alert(1)>", "[a](http://x.example)", "http://x.example", "a|b", #"a\|b"#,
    #"a\\|b"#, "`code` | x", "``", "\u{202e}txt", "line\nbreak", "| --- |", "<!-- writ-diff {} -->", "--> x", "", "  ",
    "*bold* _x_ ~~y~~", "a@b.example", "&lt;script&gt;",
  ]

  /// A naive reader of GFM tables and code spans: what is left of a line when its code spans are gone.
  private static func outsideOfCode(_ line: Substring) -> String {
    var out = ""
    var isCode = false
    for character in line {
      if character == "`" { isCode.toggle() } else if !isCode { out.append(character) }
    }
    return isCode ? "UNCLOSED " + out : out
  }

  @Test func `keeps text of people's text`() throws {
    for text in Self.hostile {
      let (empty, base, head) = try review("people: { bob: { roles: [keeper] } }", "people: { bob: {} }")
      var review = empty
      review.difference.sensitive = [SensitiveChange(.tags, text, before: [text], after: [text, text])]
      review.difference.lost[0].cause.place.file = text
      review.silentCommits = [
        try #require(
          SilentCommit(
            CommitRef(id: "c1", time: start, author: text, committer: text, subject: text), message: "",
            AccessDifference(base: head, head: base, from: at(0)), head: base.policy))
      ]
      let comment = DiffMarkdown(base: "c0", head: "c1").text(review)
      let lines = comment.split(separator: "\n", omittingEmptySubsequences: false)
      #expect(lines.count { $0.hasPrefix("<!--") } == 1)
      for line in lines.dropFirst() {
        let outside = Self.outsideOfCode(line)
        for sign in ["@", "#1", "<", "http", "](", "UNCLOSED", "*", "&", "\u{202e}"] {
          #expect(!outside.contains(sign), "\(text): \(line)")
        }
        // Every row has its five cells, wherever a table reader looks for bars, in code as well.
        if line.hasPrefix("|") { #expect(line.count { $0 == "|" } == 6, "\(text): \(line)") }
      }
    }
  }

  /// So many people gain two permissions, one of them high-risk, by entries of their own; half as many lose one.
  private func large(_ count: Int) throws -> Review {
    func people(_ roles: (Int) -> String) -> String {
      "people:\n" + (0..<count).map { "  someone-with-a-long-name-\($0): { roles: [\(roles($0))] }\n" }.joined()
    }
    return try review(
      people { $0 % 2 == 0 ? "auditor" : "" },
      people { "dev" + ($0 % 10 == 0 ? ", { role: keeper, until: 2026-01-10 }" : "") }
    ).0
  }

  @Test func `is whole up to its limit`() throws {
    let comment = DiffMarkdown(base: "c0", head: "c1").text(try large(100))
    #expect(comment.unicodeScalars.count < DiffMarkdown.limit && !comment.contains("were cut"))
    for number in 0..<100 { #expect(comment.contains("`someone-with-a-long-name-\(number)` | `repo:push`")) }
  }

  @Test func `is cut beyond it, but not in what is lost or high-risk, and says so`() throws {
    let review = try large(600)
    let comment = DiffMarkdown(base: "c0", head: "c1").text(review)
    #expect(comment.unicodeScalars.count <= DiffMarkdown.limit)
    // Whatever is left, it is nearly full.
    #expect(comment.unicodeScalars.count > DiffMarkdown.limit - 1000)
    for number in stride(from: 0, to: 600, by: 2) {
      #expect(comment.contains("`someone-with-a-long-name-\(number)` | `repo:pull`"))
    }
    for number in stride(from: 0, to: 600, by: 10) {
      #expect(comment.contains("`someone-with-a-long-name-\(number)` | `weights:read`"))
    }
    let shown = comment.split(separator: "\n").count { $0.contains("| `repo:push` |") }
    #expect(shown > 0 && shown < 600)
    let said = try #require(
      comment.firstMatch(of: #/\*\*(\d+) lines of this comment were cut, with (\d+) accesses\*\*/#))
    #expect(Int(said.2) == 600 - shown)
    #expect(comment.hasPrefix(#"<!-- writ-diff {"base":"c0","cut":\#(said.1),"#))
    #expect(comment.contains("`writ diff c0..c1`"))
    #expect(comment.hasSuffix("\n"))
  }

  @Test func `shows people times permissions, nothing twice and nothing left out`() throws {
    var generator = SeededGenerator(seed: 20)
    for _ in 0..<60 {
      func people() -> String {
        "people:\n"
          + (0..<12).map { number in
            let roles = ["dev", "keeper", "auditor"].filter { _ in Bool.random(using: &generator) }
            return "  p\(number): { roles: [\(roles.joined(separator: ", "))] }\n"
          }.joined()
      }
      let (review, _, _) = try review(people(), people())
      let text = DiffText(width: 60).text(review)
      var shown: [String] = []
      var who = ""
      var sign = ""
      // Rows are read back: names up to the line with permissions, which stands further in.
      for line in text.split(separator: "\n") {
        if line.hasPrefix("  - p") || line.hasPrefix("  + p") {
          (sign, who) = (String(line.dropFirst(2).prefix(1)), String(line.dropFirst(4)))
        } else if line.hasPrefix("    p") {
          who += " " + line.dropFirst(4)
        } else if line.hasPrefix("      "), !line.hasPrefix("      because") {
          let permissions = line.matches(of: #/[a-z]+:[a-z]+/#).map { String($0.output) }
          for name in who.split(separator: ",") {
            for permission in permissions { shown.append("\(sign) \(name.drop { $0 == " " }) \(permission)") }
          }
        }
      }
      let expected =
        review.difference.lost.map { "- \($0.key)" } + review.difference.gained.map { "+ \($0.key)" }
      #expect(shown.sorted() == expected.sorted())
    }
  }
}
