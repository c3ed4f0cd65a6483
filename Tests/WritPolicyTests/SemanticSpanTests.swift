import Testing
import WritPolicy
import WritSyntax

/// Where the findings about meaning point, from real files: `«…»` shows what must be underlined.
@Suite struct SemanticSpanTests {
  struct Case: CustomTestStringConvertible, Sendable {
    var slug: Slug
    var text: String
    var testDescription: String { slug.rawValue }
  }

  static let base = """
    hosts: { h1: { connect: local, labels: [gpu], host-keys: ["$KEY9"] } }
    resources:
      data: { hosts: [gpu], tree: /srv/data, tags: [high-risk] }
    roles:
      reader: { allow: { data: read } }
      holder: { includes: [reader] }
    ---

    """

  static let cases: [Case] = [
    Case(
      slug: .entryTooLong,
      text: """
        expiry-rules: [{ match: { tags: high-risk }, max-duration: 30d }]
        people:
          ann:
            uid: 20001
            roles: [{ role: holder, from: 2026-10-01, until: «2026-12-31» }]
          bob: { uid: 20002, roles: [{ role: holder, from: 2026-10-01, until: 2026-10-30 }] }
        """),
    Case(
      slug: .unboundedEntry,
      text: """
        expiry-rules: [{ match: { tags: high-risk }, max-duration: 30d }]
        people:
          ann: { uid: 20001, roles: [«holder»] }
          bob: { uid: 20002 }
        grants:
          - { to: [bob, ann], allow: { data: read }, from: 2026-10-01, until: 2026-10-02 }
          - { to: [«bob»], allow: { data: read }, until: 2026-10-02 }
        """),
    Case(
      slug: .missingReason,
      text: """
        expiry-rules: [{ match: { role: reader }, require-reason: true }]
        people:
          ann: { uid: 20001, roles: [{ role: «holder» }, { role: reader, reason: audit }] }
        """),
    Case(
      slug: .separationBroken,
      text: """
        separation-rules: [{ roles: [one, two], at-most: 1 }]
        roles: { one: { allow: { data: read } }, two: { allow: { data: read } } }
        people:
          ann: { uid: 20001, roles: [one, «two»] }
        """),
    Case(
      slug: .sharedGroup,
      text: """
        resources:
          one: { hosts: [gpu], tree: /srv/one, group: lab }
          two: { hosts: [h1], tree: /srv/two, group: «lab» }
        roles: { r1: { allow: { one: read } }, r2: { allow: { two: read } } }
        people:
          ann: { uid: 20001, roles: [r1] }
          bob: { uid: 20002, roles: [r2] }
        """),
    Case(
      slug: .allowedAndDenied,
      text: """
        roles: { no: { deny: { data: «read» } } }
        people: { ann: { uid: 20001, roles: [reader, no] } }
        """),
    Case(
      slug: .outlivesOwner,
      text: """
        people: { ann: { uid: 20001, until: 2030-01-01 } }
        service-accounts:
          svc: { owner: ann, uid: 19001, until: «2031-01-01» }
          «job»: { owner: ann, uid: 19002 }
        """),
    Case(
      slug: .entryOver,
      text: """
        people:
          ann: { uid: 20001, roles: [{ role: reader, until: «2026-01-01» }] }
          left: { uid: 20002, until: 2026-01-01, roles: [{ role: reader, until: 2025-01-01 }] }
        """),
    Case(
      slug: .testMatchesNobody,
      text: """
        people: { ann: { uid: 20001, roles: [reader] } }
        tests:
          - { name: engineers read, who: { role: reader }, can: { data: read } }
          - { name: nobody, who: «{ role: holder }», cannot: { data: write } }
        """),
  ]

  @Test(arguments: cases) func `findings underline what is wrong`(_ item: Case) throws {
    let marked = MarkedText(Self.base + item.text)
    let (policy, findings) = marked.decoded()
    #expect(findings.filter { $0.severity == .error }.map(\.message) == [])
    let now = try #require(Instant(rfc3339: "2026-11-21T10:00:00Z"))
    let found = semanticFindings(of: policy, access: effectiveAccess(of: policy), at: now)
      .filter { $0.slug == item.slug }
    #expect(found.map(\.span) == marked.marks, "\(found.map(\.message))")
  }
}
