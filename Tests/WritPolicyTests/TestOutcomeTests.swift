import Testing
import WritPolicy
import WritSyntax

@Suite struct TestOutcomeTests {
  static func builder() -> PolicyBuilder {
    var builder = PolicyBuilder()
    builder.tree("weights", tags: ["high-risk"])
    builder.tree("outputs", path: "/srv/outputs/{account}")
    builder.role("member", allow: [("outputs", "write")])
    builder.role("intern", includes: ["member"])
    builder.role("engineer", includes: ["member"], allow: [("weights", "read")])
    // An intern until 100, an engineer from then on.
    builder.person("ann", ["intern 0 100", "engineer 100 900"]) { $0.userType = .intern }
    builder.person("bob", ["engineer 0 50"])
    builder.service("svc", owner: "bob", ["engineer"])
    return builder
  }

  enum Who: Sendable {
    case match(@Sendable (inout Match) -> Void)
    case only([String])
  }

  static func outcome(
    _ builder: inout PolicyBuilder, _ who: Who, can: [(String, String)] = [], cannot: [(String, String)] = [],
    at now: Int64
  ) -> [String] {
    var claims: [PolicyTest.Claim] = []
    if !can.isEmpty { claims.append(.can(builder.rules(can))) }
    if !cannot.isEmpty { claims.append(.cannot(builder.rules(cannot))) }
    let subject: PolicyTest.Subject
    switch who {
    case .only(let names): subject = .only(names.map { builder.located(WritPolicyTests.name($0)) })
    case .match(let change):
      var match = Match(span: builder.span())
      change(&match)
      subject = .who(match)
    }
    builder.policy.tests = [
      PolicyTest(name: builder.located("test"), subject: subject, claims: claims, span: builder.span())
    ]
    let access = effectiveAccess(of: builder.policy)
    let outcome = testOutcomes(of: builder.policy, access: access, at: WritPolicyTests.at(now))[0]
    if outcome.matchesNobody { return ["nobody"] }
    return outcome.counterexamples.map {
      let interval = $0.during.intervals[0]
      let end = interval.end == .distantFuture ? "*" : String(interval.end.seconds)
      return "\($0.fault) \($0.principal) \($0.permission) \(interval.start.seconds)-\(end)"
    }
  }

  static func role(_ text: String) -> Who { .match { $0.role = [Located(name(text), $0.span)] } }
  static let people = Who.match { $0.kind = [Located(.person, $0.span)] }

  @Test func `cannot looks at the time in which somebody matches, from now on`() {
    var builder = Self.builder()
    // Ann will read the weights, but not as an intern.
    #expect(Self.outcome(&builder, Self.role("intern"), cannot: [("weights", "all")], at: 10) == [])
    #expect(
      Self.outcome(&builder, Self.people, cannot: [("weights", "read")], at: 10)
        == ["unwanted ann weights:read 100-900", "unwanted bob weights:read 10-50"])
    // What is over is over.
    #expect(
      Self.outcome(&builder, Self.people, cannot: [("weights", "read")], at: 60)
        == ["unwanted ann weights:read 100-900"])
    // Cannot write says nothing of read.
    #expect(Self.outcome(&builder, Self.people, cannot: [("weights", "write")], at: 10) == [])
  }

  @Test func `can holds now, for those who match now`() {
    var builder = Self.builder()
    #expect(Self.outcome(&builder, Self.role("engineer"), can: [("weights", "read")], at: 10) == [])
    #expect(
      Self.outcome(&builder, Self.people, can: [("weights", "read")], at: 10)
        == ["missing ann weights:read 10-100"])
    #expect(
      Self.outcome(&builder, Self.people, can: [("weights", "all")], at: 60)
        == [
          "missing ann weights:read 60-100", "missing ann weights:write 60-*", "missing bob weights:read 60-*",
          "missing bob weights:write 60-*",
        ])
    // Bob's own folder is his for as long as he is a member.
    #expect(Self.outcome(&builder, Self.role("member"), can: [("outputs", "write")], at: 10) == [])
  }

  @Test func `only names everybody else who has the access, now or later`() {
    var builder = Self.builder()
    #expect(
      Self.outcome(&builder, .only(["svc"]), can: [("weights", "read")], at: 70)
        == ["unwanted ann weights:read 100-900"])
    #expect(Self.outcome(&builder, .only(["svc", "ann"]), can: [("weights", "read")], at: 70) == [])
    #expect(Self.outcome(&builder, .only([]), can: [("outputs/others", "read")], at: 0) == [])
  }

  @Test func `others means every folder but one's own, also one named by a rule`() {
    var builder = Self.builder()
    #expect(Self.outcome(&builder, Self.people, cannot: [("outputs/others", "read")], at: 10) == [])
    builder.grant(["bob"], allow: [("outputs/ann", "read")], 20, 30)
    #expect(
      Self.outcome(&builder, Self.people, cannot: [("outputs/others", "read")], at: 10)
        == ["unwanted bob outputs/ann:read 20-30"])
    #expect(
      Self.outcome(&builder, .only(["ann"]), can: [("outputs/ann", "read")], at: 10)
        == ["unwanted bob outputs/ann:read 20-30"])
    #expect(
      Self.outcome(&builder, Self.role("intern"), can: [("outputs/others", "read")], at: 10).count == 2)
  }

  @Test func `keys of a match narrow one another`() {
    var builder = Self.builder()
    let interns = Who.match { $0.userType = [Located(.intern, $0.span)] }
    #expect(Self.outcome(&builder, interns, can: [("outputs", "write")], at: 10) == [])
    let nobody = Who.match {
      $0.userType = [Located(.intern, $0.span)]
      $0.kind = [Located(.serviceAccount, $0.span)]
    }
    #expect(Self.outcome(&builder, nobody, can: [("outputs", "write")], at: 10) == ["nobody"])
    // Whoever may do something of high risk, now or later, has a folder.
    let risky = Who.match { $0.tags = [Located("high-risk", $0.span)] }
    #expect(Self.outcome(&builder, risky, can: [("outputs", "write")], at: 10) == [])
    #expect(
      Self.outcome(&builder, risky, cannot: [("outputs", "write")], at: 60) == [
        "unwanted ann outputs/ann:write 100-900", "unwanted svc outputs/svc:write 60-*",
      ])
    // Nobody is an intern after the last one's end.
    #expect(Self.outcome(&builder, Self.role("intern"), cannot: [("weights", "read")], at: 100) == ["nobody"])
  }
}
