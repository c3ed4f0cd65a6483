import Testing
import WritPolicy
import WritSyntax

@Suite struct `Approval rules` {
  static let rule = "by: [member], approvals: 1"

  /// `«…»` shows what must be underlined.
  static let shapes: [CheckCase] = [
    CheckCase(
      "whole",
      text: """
        approval-rules:
          - { match: {}, approvals: 16, by: member, not: [], max-age: 14d, min-level: 4 }
          - { match: { change: [rules, host, expiry-rules] }, approvals: 1, by: [manager, member] }
        """),
    CheckCase(
      "an empty rule", .missingKey, .missingKey, .missingKey, text: "approval-rules:\n  - «««{ max-age: 1d }»»»"),
    CheckCase("no rule", .wrongType, text: "approval-rules: «{}»"),
    CheckCase(
      "an unknown key", .unknownKey, text: "approval-rules: [{ match: {}, \(rule), «if»: x }]"),
    CheckCase(
      "an unknown key of the match", .unknownKey, text: "approval-rules: [{ match: { «changes»: rules }, \(rule) }]"),
    CheckCase(
      "`change` is no key of an expiry rule", .unknownKey,
      text: "expiry-rules: [{ match: { «change»: rules }, require-reason: true }]"),
    CheckCase(
      "an unknown change", .unknownChange, text: "approval-rules: [{ match: { change: [keys, «rulez»] }, \(rule) }]"),
    CheckCase(
      "no approval", .invalidValue, text: "approval-rules: [{ match: {}, by: [member], approvals: «0» }]"),
    CheckCase(
      "too many approvals", .invalidValue, text: "approval-rules: [{ match: {}, by: [member], approvals: «17» }]"),
    CheckCase(
      "an unknown role", .unknownRole, text: "approval-rules: [{ match: {}, by: [«membre»], approvals: 1 }]"),
    CheckCase("nobody", .invalidValue, text: "approval-rules: [{ match: {}, by: «[]», approvals: 1 }]"),
    CheckCase(
      "an unknown word in `not`", .invalidValue, text: "approval-rules: [{ match: {}, \(rule), not: [«authors»] }]"),
    CheckCase(
      "a level that there is not", .invalidValue, text: "approval-rules: [{ match: {}, \(rule), min-level: «5» }]"),
    CheckCase(
      "no length of time", .invalidValue, text: "approval-rules: [{ match: {}, \(rule), max-age: «soon» }]"),
    CheckCase(
      "a role with the name of the manager", .invalidName,
      text: "roles: { manager: {} }\napproval-rules: [{ match: {}, approvals: 1, by: [member, «manager»] }]"),
  ]

  @Test(arguments: shapes) func `are read narrowly`(_ check: CheckCase) { check.expect() }

  @Test func `exclude author and beneficiary where nothing is written`() throws {
    let (policy, _) = MarkedText(
      """
      roles: { lead: {} }
      approval-rules:
        - { match: { change: [hosts, keys] }, approvals: 2, by: lead }
        - { match: {}, approvals: 1, by: [manager, lead], not: [], max-age: 36h, min-level: 4 }
      """
    ).decoded()
    let (first, second) = (try #require(policy.approvalRules.first), try #require(policy.approvalRules.last))
    #expect(first.excluded == [.author, .beneficiary] && first.level == 3 && first.maxAge == nil)
    #expect(first.kinds == [.hosts, .host, .baselines, .keys, .credential] && !first.acceptsManager)
    #expect(second.excluded == [] && second.level == 4 && second.maxAge?.value == Duration(seconds: 129_600))
    #expect(second.kinds == nil && second.acceptsManager && second.approverRoles.map(\.value.text) == ["lead"])
  }

  @Test func `can match each kind of sensitive change by its own name`() {
    for kind in SensitiveKind.allCases { #expect(ChangeWord(kind.rawValue)?.kinds.contains(kind) == true) }
    #expect(ChangeWord("any")?.kinds == Set(SensitiveKind.allCases))
    #expect(ChangeWord("Rules") == nil && ChangeWord("") == nil)
  }

  static let base = """
    hosts: { h1: { connect: local, labels: [gpu], host-keys: ["$KEY9"] } }
    resources:
      data: { hosts: [gpu], tree: /srv/data, tags: [high-risk] }
      repo: { external: git, operations: [push] }
    roles: { reader: { allow: { data: read } }, lead: {}, chief: { includes: [lead] } }
    ---

    """

  struct Case: CustomTestStringConvertible, Sendable {
    var slug: Slug
    var severity: Severity
    var text: String
    var testDescription: String { text }

    init(_ slug: Slug, _ severity: Severity, _ text: String) {
      self.slug = slug
      self.severity = severity
      self.text = text
    }
  }

  static let meanings: [Case] = [
    Case(
      .tooFewApprovers, .error,
      "people: { ann: { roles: [lead] } }\napproval-rules: [{ match: {}, approvals: «2», by: [lead] }]"),
    Case(.tooFewApprovers, .error, "approval-rules: [{ match: {}, approvals: «2», by: [manager] }]"),
    // Nobody can approve as a service account.
    Case(
      .tooFewApprovers, .error,
      """
      people: { ann: {} }
      service-accounts: { bot: { owner: ann, roles: [lead] } }
      approval-rules: [{ match: {}, approvals: «1», by: [lead] }]
      """),
    // One who left, who is suspended or who will come only is the clock's matter.
    Case(
      .tooFewApprovers, .warning,
      """
      people: { ann: { roles: [chief] }, bob: { roles: [lead], suspended: true } }
      approval-rules: [{ match: {}, approvals: «2», by: [lead] }, { match: {}, approvals: 1, by: [lead] }]
      """),
    Case(
      .tooFewApprovers, .warning,
      """
      people: { ann: { roles: [{ role: lead, until: 2026-11-30 }] } }
      approval-rules: [{ match: {}, approvals: «1», by: [lead] }]
      """),
    Case(
      .missingManager, .warning,
      """
      people:
        ann: { uid: 20001, roles: [reader], manager: bob }
        «bob»: { uid: 20002, roles: [reader] }
        cy: { uid: 20003, roles: [reader], manager: «dee» }
        dee: { uid: 20004, suspended: true }
      approval-rules: [{ match: { role: reader }, approvals: 1, by: [manager] }]
      """),
    Case(
      .missingManager, .warning,
      """
      people: { ann: { uid: 20001, roles: [lead, reader] } }
      approval-rules: [{ match: { role: reader }, approvals: 1, by: [manager, lead] }]
      """),
    Case(
      .ruleNeverMatches, .error,
      """
      people: { ann: { roles: [lead] } }
      service-accounts: { bot: { owner: ann } }
      approval-rules:
        - { match: { change: [keys, «signers»], tags: high-risk }, approvals: 1, by: [lead] }
        - { match: { change: [«guards»], principal: ann }, approvals: 1, by: [lead] }
        - { match: { change: [approvers], principal: ann }, approvals: 1, by: [lead] }
        - { match: { kind: service-account, user-type: «intern» }, approvals: 1, by: [lead] }
        - { match: { kind: service-account, principal: [«ann»] }, approvals: 1, by: [lead] }
        - { match: { resource: repo, operation: «read» }, approvals: 1, by: [lead] }
        - { match: { resource: [repo, data], operation: read }, approvals: 1, by: [lead] }
      """),
  ]

  @Test(arguments: meanings) func `that cannot be met are found`(_ item: Case) throws {
    let marked = MarkedText(Self.base + item.text)
    let (policy, findings) = marked.decoded()
    #expect(findings.filter { $0.severity == .error }.map(\.message) == [])
    let now = try #require(Instant(rfc3339: "2026-11-21T10:00:00Z"))
    let found = semanticFindings(of: policy, access: effectiveAccess(of: policy), at: now)
      .filter { [.tooFewApprovers, .missingManager, .ruleNeverMatches].contains($0.slug) }
    #expect(found.map(\.span) == marked.marks, "\(found.map(\.message))")
    #expect(found.allSatisfy { $0.slug == item.slug && $0.severity == item.severity }, "\(found)")
  }

  @Test func `and signers that are nobody are found where the file is named`() throws {
    let marked = MarkedText(
      """
      settings: { signers: «signers», key-threshold: «4» }
      people: { ann: {}, bob: { suspended: true } }
      """)
    let policy = marked.decoded().policy
    let signers = [("ann", "k1"), ("bob", "k2"), ("Eve <e@x>", "k3")].map { WrittenSigner(name: $0.0, key: $0.1) }
    let found = signerFindings(of: policy, signers: signers, at: at(0))
    #expect(found.map(\.slug) == [.unknownSigner, .inactiveSigner, .keyThresholdTooHigh])
    #expect(Set(found.map(\.span)) == Set(marked.marks))
    #expect(found[0].message.contains("(k3)") && found[1].severity == .warning)
    #expect(
      signerFindings(of: policy, signers: [], problem: "line 3: no key", at: at(0)).map(\.slug) == [.unreadableSigners])
    #expect(signerFindings(of: Policy(sources: SourceTable()), signers: signers, at: at(0)).isEmpty)
  }

  @Test func `instants beyond the year 9999 are read as they are written`() throws {
    for text in ["9999-12-31T23:59:59Z", "10000-01-01T00:00:00Z", "12345-02-28T12:00:01Z", "99999-12-31T00:00:00Z"] {
      #expect(try #require(Instant(rfc3339: text)).rfc3339 == text)
    }
    #expect(Instant(rfc3339: "10000-02-30T00:00:00Z") == nil && Instant(rfc3339: "10000-01-01") == nil)
    #expect(Instant(rfc3339: "01000-01-01T00:00:00Z") == nil && Instant(rfc3339: "1000000-01-01T00:00:00Z") == nil)
  }
}
