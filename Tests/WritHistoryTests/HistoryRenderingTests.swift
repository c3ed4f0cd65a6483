import Testing
import WritDigest
import WritHistory
import WritPolicy
import WritRender

@Suite struct `Blame and diff as people and programs read them` {
  private static let roles =
    "resources: { repo: { external: git host, operations: [push] } }\nroles: { dev: { allow: { repo: push } } }\n"

  private static func history(_ people: String...) -> MemoryHistory {
    MemoryHistory(
      commits: people.enumerated().map { .init(time: start + Int64($0) * 60, files: ["p/a.yaml": roles + $1 + "\n"]) })
  }

  @Test func `blame says who, when and why`() {
    let index = Self.history(
      "people: { bob: {} }", "people: { bob: { roles: [{ role: dev, until: 2026-01-31, reason: corpus Q4 }] } }"
    ).index()
    let blame = index.blame(key("bob", "repo:push"), at: at(100))
    #expect(
      BlameText().text(blame, applied: [AppliedEntry(target: "host:gpu01\u{1b}", entry: 7)]) == """
        bob has repo:push since 2026-01-01T00:01:00Z, until 2026-02-01T00:00:00Z
          given by c1  2026-01-01  a  s
          committed by b
          through dev: corpus Q4
              p/a.yaml:3:26
              p/a.yaml:2:32
              since c1  2026-01-01  a  s
          applied on host:gpu01\\u{1b} by ledger entry 7

        """)
    #expect(
      BlameJSON.document(blame).canonicalText.contains(
        #""since":{"approvers":[],"author":"a","commit":"c1","committer":"b","pull_request":null,"signer":null,"#
          + #""subject":"s","time":"2026-01-01T00:01:00Z"},"skipped":[],"until":"2026-02-01T00:00:00Z"}"#))
  }

  @Test func `an access that is gone says who ended it, or that it never was`() {
    let index = Self.history("people: { bob: { roles: [dev] }, ann: {} }", "people: { bob: {}, ann: {} }").index()
    let text = BlameText().text(index.blame(key("bob", "repo:push"), at: at(100)))
    #expect(text.hasPrefix("bob does not have repo:push, taken away by c1  2026-01-01  a  s\n"))
    let never = BlameText().text(index.blame(key("ann", "repo:push"), at: at(100)))
    #expect(never == "ann does not have repo:push, and never had\n")
    let gone = BlameJSON.document(index.blame(key("bob", "repo:push"), at: at(100)))
    #expect(
      gone["holds"] == false && gone["periods"]?[0]?["to"]?["commit"] == "c1" && gone["since"] == .null
        && gone["until"] == .null)
  }

  @Test func `diff puts removals first and calls out one line that lets many in`() throws {
    let history = Self.history(
      "people: { ann: { roles: [dev] }, bob: {}, eve: {} }",
      "people: { ann: {}, bob: {}, eve: {} }\ngrants: [{ to: [bob, eve], role: dev, until: 2026-01-31 }]")
    let snapshots = history.line().commits.compactMap { commit -> Snapshot? in
      if case .readable(let snapshot) = history.source().state(of: commit) { snapshot } else { nil }
    }
    let (base, head) = (try #require(snapshots.first), try #require(snapshots.last))
    let difference = AccessDifference(base: base, head: head, from: at(0))
    let review = Review(difference, base: base, head: head)
    #expect(
      DiffText().text(review) == """
        lost (1 principal, 1 resource)
          - ann
              repo:push  declared, not enforced
              because p/a.yaml:3
        one entry, 2 principals gain 2 accesses: p/a.yaml:4
        gained (2 principals, 1 resource)
          + bob, eve
              repo:push  until 2026-02-01T00:00:00Z  declared, not enforced
              because p/a.yaml:4
        lists that lost everything (1)
          ! roles of ann had 1 entry and is left out now

        """)
    let json = DiffJSON.document(
      review, base: "c0", head: "c1", baseSources: base.policy.sources, headSources: head.policy.sources)
    #expect(json["lost"]?[0]?["principal"] == "ann" && json["gained"]?[1]?["until"] == "2026-02-01T00:00:00Z")
    #expect(json["gained"]?[0]?["from"] == "2026-01-01T00:00:00Z" && json["approvals"] == [])
    #expect(
      DiffMarkdown(base: "c0", head: "c1").text(review) == """
        <!-- writ-diff {"base":"c0","format_version":1,"head":"c1"} -->
        ### Access: 1 lost, 2 gained

        `c0` → `c1`, compared from 2026-01-01T00:00:00Z on

        #### Lost (1 principal, 1 resource)

        | Who | Permission | When | Where | Because |
        | --- | --- | --- | --- | --- |
        | `ann` | `repo:push` |  | `declared, not enforced` | `p/a.yaml:3` |

        #### One line, many people (1)

        - one entry, 2 principals gain 2 accesses: `p/a.yaml:4`

        #### Lists that lost everything (1)

        - `roles` of `ann` had 1 entry and is left out now

        #### Gained (2 principals, 1 resource)

        | Who | Permission | When | Where | Because |
        | --- | --- | --- | --- | --- |
        | `bob`, `eve` | `repo:push` | until 2026-02-01T00:00:00Z | `declared, not enforced` | `p/a.yaml:4` |

        """)
    let none = Review(AccessDifference(base: head, head: head, from: at(0)), base: head, head: head)
    #expect(DiffText().text(none) == "no access change\n")
    #expect(DiffMarkdown(base: "c1", head: "c1").text(none).contains("\n### Access: no access change\n"))
  }
}

extension JSONValue {
  fileprivate subscript(index: Int) -> JSONValue? {
    guard let array, array.indices.contains(index) else { return nil }
    return array[index]
  }
}
