import Testing
import WritPolicy
import WritSyntax

@Suite struct SemanticFindingsTests {
  static let day: Int64 = 86_400

  /// `severity[slug] message @line`, those of `slugs` only.
  static func findings(
    _ slugs: Slug..., at now: Int64 = 0, _ build: (inout PolicyBuilder) -> Void
  ) -> [String] {
    var builder = PolicyBuilder()
    builder.host("h1", labels: ["gpu"])
    builder.host("h2")
    build(&builder)
    let access = effectiveAccess(of: builder.policy)
    return semanticFindings(of: builder.policy, access: access, at: WritPolicyTests.at(now))
      .filter { slugs.isEmpty || slugs.contains($0.slug) }
      .map { "\($0.severity)[\($0.slug.rawValue)] \($0.message)" }
  }

  static func rule(
    _ builder: inout PolicyBuilder, max: Int64? = nil, reason: Bool = false, warn: Int64? = nil,
    _ change: (inout Match) -> Void
  ) {
    var match = Match(span: builder.span())
    change(&match)
    builder.policy.expiryRules.append(
      ExpiryRule(
        span: builder.span(), match: match, maxDuration: max.map { Located(Duration(seconds: $0), somewhere) },
        requireReason: reason, warnBefore: warn.map { Located(Duration(seconds: $0), somewhere) }))
  }

  static func highRisk(_ match: inout Match) { match.tags = [Located("high-risk", somewhere)] }

  // MARK: Expiry

  @Test func `the shortest rule binds, through included roles, with the principal's term`() {
    let found = Self.findings(.entryTooLong, .unboundedEntry, .missingReason) {
      $0.tree("risky", tags: ["high-risk"])
      $0.tree("plain")
      Self.rule(&$0, max: 10 * Self.day, Self.highRisk)
      Self.rule(&$0, max: 5 * Self.day) { $0.kind = [Located(.serviceAccount, somewhere)] }
      $0.role("reader", allow: [("risky", "read")])
      $0.role("wide", includes: ["reader"], allow: [("plain", "read")])
      $0.role("safe", allow: [("plain", "read")])
      // Exactly ten days, and one second more.
      $0.person("ann", ["wide 0 864000", "safe"])
      $0.person("bob", ["wide 0 864001"])
      // The person's own end is the earlier one, and its beginning the later one.
      $0.person("cy", ["wide 0 9999999"]) {
        $0.term = Term(from: Located(at(500_000), somewhere), until: Located(at(900_000), somewhere))
      }
      $0.person("dee", ["wide"])
      $0.service("svc", owner: "ann", ["reader 0 500000"])
      $0.grant(["ann"], allow: [("risky", "read")], nil, 50)
      // Bound by nothing: denied to its holder.
      $0.role("kept-out", deny: [("risky", "read")])
      $0.person("eve", ["wide", "kept-out"])
    }
    #expect(
      found == [
        "error[entry-too-long] `wide` for `bob` lasts 864001s, and an expiry rule allows 10d",
        "error[unbounded-entry] `wide` for `dee` lacks `from` and `until`, and an expiry rule allows 10d",
        "error[entry-too-long] `reader` for `svc` lasts 500000s, and an expiry rule allows 5d",
        "error[unbounded-entry] the grant to `ann` lacks `from`, and an expiry rule allows 10d",
      ])
  }

  @Test func `a rule's role is about what the entry gives`() {
    let found = Self.findings(.entryTooLong, .unboundedEntry) {
      $0.tree("data")
      Self.rule(&$0, max: 100) { $0.role = [Located(name("on-call"), somewhere)] }
      $0.role("on-call", allow: [("data", "read")])
      $0.role("lead", includes: ["on-call"])
      $0.role("member", allow: [("data", "write")])
      $0.person("ann", ["member", "on-call 0 100"])
      $0.person("bob", ["lead 0 101"])
    }
    #expect(found == ["error[entry-too-long] `lead` for `bob` lasts 101s, and an expiry rule allows 100s"])
  }

  @Test func `a demanded reason, and a warning before the end`() {
    func build(_ builder: inout PolicyBuilder) {
      builder.tree("risky", tags: ["high-risk"])
      Self.rule(&builder, reason: true, warn: 10, Self.highRisk)
      builder.role("reader", allow: [("risky", "read")])
      builder.person("ann", ["reader 0 100"])
      builder.grant(["bob"], allow: [("risky", "read")], 0, 95, reason: "SEC-1")
      builder.person("bob")
    }
    let missing = "error[missing-reason] `reader` for `ann` has no reason, and an expiry rule demands one"
    #expect(Self.findings(.missingReason, .entryEndsSoon, at: 84, build) == [missing])
    #expect(
      Self.findings(.missingReason, .entryEndsSoon, at: 90, build)
        == [
          missing, "warning[entry-ends-soon] `reader` for `ann` ends at 1970-01-01T00:01:40Z",
          "warning[entry-ends-soon] the grant to `bob` ends at 1970-01-01T00:01:35Z",
        ])
    #expect(Self.findings(.entryEndsSoon, at: 100, build) == [])
  }

  // MARK: Separation

  @Test func `too much in one hand is found at any instant, with included roles and owned accounts`() {
    func found(_ build: (inout PolicyBuilder) -> Void) -> [String] {
      Self.findings(.separationBroken) {
        $0.tree("data")
        $0.role("sys", allow: [("data", "read")])
        $0.role("audit", allow: [("data", "read")])
        $0.role("boss", includes: ["audit"])
        $0.policy.separationRules = [
          SeparationRule(
            span: somewhere, roles: [Located(name("sys"), somewhere), Located(name("audit"), somewhere)],
            atMost: Located(1, somewhere))
        ]
        build(&$0)
      }
    }
    #expect(
      found { $0.person("ann", ["sys", "boss 10 20"]) } == [
        "error[separation-broken] `audit` and `sys` are in the hand of `ann` at once "
          + "from 1970-01-01T00:00:10Z until 1970-01-01T00:00:20Z"
      ])
    #expect(found { $0.person("ann", ["sys 0 10", "boss 10 20"]) } == [])
    #expect(
      found {
        $0.person("ann", ["sys"])
        $0.service("svc", owner: "ann", ["audit"])
      } == ["error[separation-broken] `audit` and `sys` are in the hand of `ann` at once"])
    #expect(
      found {
        $0.person("ann", ["sys"])
        $0.grant(["ann"], role: "audit", 5, 10)
      }.count == 1)
    #expect(
      found {
        $0.person("ann", ["sys"]) { $0.suspended = Located(true, somewhere) }
        $0.person("bob", ["audit", "audit 0 10"])
      } == [])
  }

  // MARK: Groups

  @Test func `one group for two trees is refused when somebody could read what is not theirs`() {
    func found(_ build: (inout PolicyBuilder) -> Void) -> [String] {
      Self.findings(.sharedGroup) {
        $0.role("a", allow: [("one", "read")])
        $0.role("b", allow: [("two", "read")])
        $0.person("ann", ["a"])
        $0.person("bob", ["a", "b"])
        build(&$0)
      }
    }
    #expect(
      found {
        $0.tree("one", group: "lab")
        $0.tree("two", group: "lab")
      } == ["error[shared-group] the group `lab` would let `ann` read `two`, which its permissions do not say"])
    // On different hosts the groups are different groups.
    #expect(
      found {
        $0.tree("one", group: "lab")
        $0.tree("two", group: "lab", hosts: ["h2"])
      } == [])
    // A group that follows from the name counts too, also as the writers' group.
    #expect(
      found {
        $0.tree("one", group: "two-w", writers: "x")
        $0.tree("two")
      } == [
        "error[shared-group] the group `two-w` would let `ann` and `bob` write `two`, which its permissions do not say"
      ])
    // The same people, but not at the same time.
    #expect(
      found {
        $0.tree("one", group: "lab")
        $0.tree("two", group: "lab")
        $0.person("ann", ["a 0 20", "b 10 20"])
      } == ["error[shared-group] the group `lab` would let `ann` read `two`, which its permissions do not say"])
    #expect(
      found {
        $0.tree("one", group: "lab")
        $0.tree("two", group: "lab")
        $0.person("ann", ["a 0 20", "b 0 20"])
      } == [])
  }

  // MARK: Denials and what gives nothing

  @Test func `allowed and denied is one note for each pair of lines, and an emptied entry a warning`() {
    let found = Self.findings(.allowedAndDenied, .entryDenied) {
      $0.tree("data")
      $0.tree("more")
      $0.role("reader", allow: [("data", "write")])
      $0.role("both", allow: [("data", "read"), ("more", "read")])
      $0.role("no", deny: [("data", "read"), ("more", "write")])
      $0.person("ann", ["reader", "no"])
      $0.person("bob", ["reader 0 10", "no"])
      $0.person("cy", ["reader 0 10", "no 10 20"])
      $0.person("dee", ["both 0 10", "no 0 10"])
    }
    #expect(
      found == [
        "note[allowed-and-denied] `data:read` is allowed and denied to `ann` and 1 more, and deny wins",
        "note[allowed-and-denied] `data:read` is allowed and denied to `dee`, and deny wins",
        "warning[entry-denied] deny leaves nothing of this entry of `ann`",
        "warning[entry-denied] deny leaves nothing of this entry of `bob`",
      ])
  }

  @Test func `what nobody reaches, what gives nothing, and a test about nobody`() {
    func build(_ builder: inout PolicyBuilder) {
      builder.tree("data")
      builder.tree("lost")
      builder.vault("team")
      builder.sharingGroup("keys", vault: "team")
      builder.role("reader", allow: [("data", "read")])
      builder.role("empty")
      builder.role("outer", includes: ["empty"])
      builder.role("stop", deny: [("data", "write")])
      builder.person("ann", ["reader 0 50", "outer", "stop"])
      var match = Match(span: builder.span())
      match.role = [Located(name("reader"), somewhere)]
      builder.policy.tests = [
        PolicyTest(name: Located("t", somewhere), subject: .who(match), claims: [], span: somewhere)
      ]
    }
    let always = [
      "warning[unreachable-resource] nobody has any access to `lost`, now or later",
      "warning[unreachable-resource] nobody has any access to `keys`, now or later",
      "warning[empty-role] the role `empty` gives nothing", "warning[empty-role] the role `outer` gives nothing",
    ]
    #expect(Self.findings(.unreachableResource, .emptyRole, .testMatchesNobody, at: 49, build) == always)
    #expect(
      Self.findings(.unreachableResource, .emptyRole, .testMatchesNobody, at: 50, build)
        == ["warning[unreachable-resource] nobody has any access to `data`, now or later"] + always
        + ["warning[test-matches-nobody] nobody matches this test, now or later, so it proves nothing"])
  }

  // MARK: The clock

  @Test func `the clock brings warnings only`() {
    func build(_ builder: inout PolicyBuilder) {
      builder.tree("data")
      builder.role("reader", allow: [("data", "read")])
      builder.role("admin", allow: [("data", "read")])
      builder.person("ann", ["reader 0 100", "admin"]) { $0.term = Term(until: Located(at(3_000_000), somewhere)) }
      builder.person("bob", ["admin 0 4000000"])
      builder.service("svc", owner: "ann", ["reader 0 200"])
      builder.grant(["bob"], allow: [("data", "read")], 0, 150)
      builder.policy.guards.administratorRoles = [Located(name("admin"), somewhere)]
      builder.policy.guards.minAdministrators = Located(2, somewhere)
    }
    let outlives =
      "warning[outlives-owner] `svc` outlives its owner `ann`, and has no access from 1970-02-04T17:20:00Z on"
    #expect(Self.findings(at: 50, build) == [outlives])
    #expect(
      Self.findings(.entryOver, at: 150, build) == [
        "warning[entry-over] `reader` of `ann` ended at 1970-01-01T00:01:40Z",
        "warning[entry-over] this grant ended at 1970-01-01T00:02:30Z",
      ])
    // 14 days before the first administrator leaves.
    let few =
      "warning[last-administrator] from 1970-02-04T17:20:00Z on there is only 1 person with an administrator role, "
      + "and the guard asks for 2"
    #expect(Self.findings(.lastAdministrator, at: 3_000_000 - 14 * Self.day - 1, build) == [])
    #expect(Self.findings(.lastAdministrator, at: 3_000_000 - 14 * Self.day, build) == [few])
    #expect(
      Self.findings(.lastReader, at: 4_000_000 - 14 * Self.day, build)
        == ["warning[last-reader] from 1970-02-16T07:06:40Z on nobody has any access to `data`"])
    #expect(
      Self.findings(.ownerInactive, .outlivesOwner, at: 3_000_000, build) == [
        "warning[owner-inactive] `ann`, who owns `svc`, left at 1970-02-04T17:20:00Z, so `svc` has no access"
      ])
    // No instant makes an error of a policy that had none.
    for now in stride(from: Int64(-100), to: 5_000_000, by: 77_777) {
      #expect(!Self.findings(at: now, build).contains { $0.hasPrefix("error") })
    }
  }

  @Test func `errors do not depend on the instant`() {
    for seed in 0..<40 as Range<UInt64> {
      var policy = RandomPolicy.make(seed: seed)
      var match = Match(span: somewhere)
      match.tags = [Located("high-risk", somewhere)]
      policy.expiryRules = [
        ExpiryRule(
          span: somewhere, match: match, maxDuration: Located(Duration(seconds: 2), somewhere), requireReason: true)
      ]
      policy.separationRules = [
        SeparationRule(
          span: somewhere, roles: RandomPolicy.roles.map { Located(name($0), somewhere) }, atMost: Located(3, somewhere)
        )
      ]
      let access = effectiveAccess(of: policy)
      let sets = Set(
        [-5, 0, 1, 2, 3, 4, 5].map { now in
          semanticFindings(of: policy, access: access, at: at(now)).filter { $0.severity == .error }
        })
      #expect(sets.count == 1, "seed \(seed)")
    }
  }
}
