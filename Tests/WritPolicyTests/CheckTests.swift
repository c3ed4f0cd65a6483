import Testing
import WritPolicy
import WritSyntax
import WritTestSupport

/// A policy text with what is to be found in it, in file and line order; `«…»` shows what must be underlined.
struct CheckCase: CustomTestStringConvertible, Sendable {
  var name: String
  var slugs: [Slug]
  var text: String

  init(_ name: String, _ slugs: Slug..., text: String) {
    self.name = name
    self.slugs = slugs
    self.text = text
  }

  var testDescription: String { name }

  /// Goes with every case as its last file.
  static let base = """
    settings: { timezone: Europe/Berlin, vaults: { team: { kind: age, path: vault } } }
    hosts: { gpu01: { connect: local, labels: [gpu] } }
    people: { li.na: { uid: 20012, ssh-keys: ["$KEY9"] } }
    roles: { member: { description: nothing } }
    resources:
      gpu-login: { hosts: [gpu], login: ssh }
      train: { hosts: [gpu], command: /opt/train }
      models: { hosts: [gpu], tree: /srv/models }
      outputs: { hosts: [gpu], tree: "/srv/outputs/{account}" }
    sharing-groups: { basic: { vault: team, folder: basic } }
    """

  func expect(sourceLocation: SourceLocation = #_sourceLocation) {
    let marked = MarkedText(text + "\n---\n" + Self.base)
    let (_, findings) = marked.decoded()
    let shown = findings.map { "\($0.slug.rawValue) at \($0.span.start.line):\($0.span.start.column) \($0.message)" }
    #expect(findings.map(\.slug) == slugs, "\(shown)", sourceLocation: sourceLocation)
    #expect(findings.map(\.span) == marked.marks, "\(shown)", sourceLocation: sourceLocation)
    for finding in findings {
      #expect(finding.message.first?.isUppercase == false || finding.message.hasPrefix("Linux"))
      #expect(finding.message.last != ".")
    }
  }
}

@Suite struct CheckTests {
  static let shapes: [CheckCase] = [
    CheckCase("an unknown section", .unknownKey, text: "«approval-policies»: []"),
    CheckCase("an unknown section with a near one", .unknownKey, text: "«poeple»: { a: { } }"),
    CheckCase("an unknown key of a person", .unknownKey, text: "people: { a: { «role»: [member] } }"),
    CheckCase("an unknown key of settings", .unknownKey, text: "people: { a: { «user_type»: intern } }"),
    CheckCase("a list for a mapping", .wrongType, text: "people: «[a, b]»"),
    CheckCase("text for a list", .wrongType, text: "people: { a: { roles: «member» } }"),
    CheckCase("a mapping for text", .wrongType, text: "people: { a: { name: «{ x: y }» } }"),
    CheckCase("a list of lists", .wrongType, text: "people: { a: { roles: [«[member]»] } }"),
    CheckCase("a mapping for a list of files", .wrongType, text: "grants: «{ to: li.na }»"),
    CheckCase("text for a grant", .wrongType, text: "grants: [«li.na»]"),
    CheckCase("a name with capitals", .invalidName, text: "people: { «Li.Na2»: {} }"),
    CheckCase("a reserved name", .invalidName, text: "people: { «others»: {} }"),
    CheckCase("a role name with a space", .invalidName, text: "people: { a: { roles: [«my role»] } }"),
    CheckCase("not a boolean", .invalidValue, text: "people: { a: { suspended: «yes» } }"),
    CheckCase("an unknown user type", .invalidValue, text: "people: { a: { user-type: «contracter» } }"),
    CheckCase("not an address", .invalidValue, text: "people: { a: { email: «nowhere» } }"),
    CheckCase("not a duration", .invalidValue, text: "expiry-rules: [{ match: {}, max-duration: «30» }]"),
    CheckCase(
      "an expiry rule about everything but saying nothing", .missingKey, text: "expiry-rules: [«{ match: {} }»]"),
    CheckCase("a rule without a match", .missingKey, text: "expiry-rules: [«{ max-duration: 30d }»]"),
    CheckCase(
      "a change in a match", .unknownKey, text: "expiry-rules: [{ match: { «change»: keys }, max-duration: 1d }]"),
    CheckCase("a share without a sign", .invalidValue, text: "guards: { max-removal: «25» }"),
    CheckCase("a share over the whole", .invalidValue, text: "guards: { max-removal: «101%» }"),
    CheckCase("administrators without roles", .missingKey, text: "guards: { «min-administrators»: 2 }"),
    CheckCase("one role to keep apart", .invalidValue, text: "separation-rules: [{ roles: «[member]», at-most: 1 }]"),
    CheckCase(
      "a separation that separates nothing", .invalidValue,
      text: "roles: { a: , b: }\nseparation-rules: [{ roles: [a, b], at-most: «2» }]"),
    CheckCase(
      "guards twice", .duplicateName, text: "guards: { max-removal: 25% }\n---\n«guards»: { max-removal: 30% }"),
  ]

  static let times: [CheckCase] = [
    CheckCase("no such day", .invalidTime, text: "people: { a: { until: «2026-02-30» } }"),
    CheckCase("not a time", .invalidTime, text: "people: { a: { until: «next year» } }"),
    CheckCase("a relative time", .invalidTime, text: "people: { a: { until: «30d» } }"),
    CheckCase("no such hour", .invalidTime, text: "people: { a: { until: «2026-01-01T24:00» } }"),
    CheckCase("a skipped time", .invalidTime, text: "people: { a: { until: «2026-03-29T02:30» } }"),
    CheckCase("a repeated time", .invalidTime, text: "people: { a: { until: «2026-10-25T02:30» } }"),
    CheckCase("a repeated time with its zone", text: "people: { a: { until: 2026-10-25T02:30+02:00 } }"),
    CheckCase("ends before it begins", .invalidTime, text: "people: { a: { from: 2026-02-02, until: «2026-02-01» } }"),
    CheckCase("one day is not empty", text: "people: { a: { from: 2026-02-02, until: 2026-02-02 } }"),
    CheckCase(
      "an assignment that ends before it begins", .invalidTime,
      text: "people: { a: { roles: [{ role: member, from: 2026-02-02T10:00, until: «2026-02-02T10:00» }] } }"),
  ]

  static let names: [CheckCase] = [
    CheckCase("an unknown role", .unknownRole, text: "people: { a: { roles: [«memeber»] } }"),
    CheckCase("an unknown role in an include, once", .unknownRole, text: "roles: { a: { includes: [«nobody-has»] } }"),
    CheckCase(
      "an unknown role in a grant", .unknownRole, text: "grants: [{ to: li.na, role: «boss», until: 2026-01-01 }]"),
    CheckCase(
      "an unknown role in a separation rule", .unknownRole,
      text: "separation-rules: [{ roles: [member, «ghost»], at-most: 1 }]"),
    CheckCase(
      "an unknown administrator role", .unknownRole,
      text: "guards: { min-administrators: 1, administrator-roles: [«root»] }"),
    CheckCase("an unknown manager", .unknownPrincipal, text: "people: { a: { manager: «lina» } }"),
    CheckCase("an unknown owner", .unknownPrincipal, text: "service-accounts: { s: { owner: «lina» } }"),
    CheckCase(
      "an unknown principal in a grant", .unknownPrincipal,
      text: "grants: [{ to: [li.na, «li.an»], allow: { models: read }, until: 2026-01-01 }]"),
    CheckCase(
      "an unknown principal in a test", .unknownPrincipal,
      text: "tests: [{ name: t, only: [«x»], can: { models: read } }]"),
    CheckCase("an unknown resource", .unknownResource, text: "roles: { a: { allow: { «modles»: [read, write] } } }"),
    CheckCase("an unknown resource denied", .unknownResource, text: "roles: { a: { deny: { «weights»: read } } }"),
    CheckCase(
      "an unknown folder", .unknownPrincipal, text: "roles: { a: { allow: { «outputs/li.no»: [read, write] } } }"),
    CheckCase("a folder of a tree for all", .notPersonal, text: "roles: { a: { allow: { «models/li.na»: read } } }"),
    CheckCase("others of a command", .notPersonal, text: "roles: { a: { allow: { «train/others»: run } } }"),
    CheckCase(
      "an operation of another kind", .unknownOperation, text: "roles: { a: { allow: { models: [read, «run»] } } }"),
    CheckCase(
      "an operation that nothing has", .unknownOperation, text: "roles: { a: { allow: { train: «execute» } } }"),
    CheckCase(
      "an operation not declared", .unknownOperation,
      text: "resources: { x: { external: git host, operations: [push] } }\nroles: { a: { allow: { x: «pull» } } }"),
    CheckCase("an unknown host", .unknownHost, text: "resources: { x: { hosts: [«gqu»], login: ssh } }"),
    CheckCase("an unknown vault", .unknownVault, text: "sharing-groups: { x: { vault: «taem», folder: x } }"),
    CheckCase(
      "an unknown tag", .unknownTag, text: "expiry-rules: [{ match: { tags: «high-risk» }, max-duration: 1d }]"),
    CheckCase(
      "an unknown operation in a match", .unknownOperation,
      text: "expiry-rules: [{ match: { operation: «reed» }, max-duration: 1d }]"),
    CheckCase("a name twice across files", .duplicateName, text: "people: { a: {} }\n---\npeople: { «a»: {} }"),
    CheckCase(
      "a person and a service account", .duplicateName,
      text: "people: { a: {} }\nservice-accounts: { «a»: { owner: li.na } }"),
    CheckCase(
      "a resource and a sharing group", .duplicateName,
      text: "sharing-groups: { x: { vault: team, folder: x } }\nresources: { «x»: { hosts: [gpu], login: ssh } }"),
    CheckCase(
      "a host and a label", .duplicateName, text: "hosts: { a: { connect: \"root:a\", labels: [«gpu01», gpu01] } }"),
    CheckCase("a key twice is one finding", .duplicateKey, text: "people:\n  a: {}\n  «a»: {}"),
    CheckCase("a previous name in use", .previousNameInUse, text: "people: { a: { previously: [«li.na»] } }"),
    CheckCase(
      "a previous name claimed twice", .previousNameInUse,
      text: "roles: { a: { previously: [old] }, b: { previously: [«old»] } }"),
    CheckCase(
      "a previous name of the other kind", .previousNameInUse,
      text: "sharing-groups: { x: { vault: team, folder: x, previously: [«models»] } }"),
    CheckCase("a role that includes itself", .includeCycle, text: "roles: { a: { includes: [«a»] } }"),
    CheckCase(
      "a cycle of three is one finding", .includeCycle,
      text:
        "roles: { x: { includes: [a] }, a: { includes: [member, «b»] }, b: { includes: [c] }, c: { includes: [a] } }"),
    CheckCase(
      "two cycles are two findings", .includeCycle, .includeCycle,
      text: "roles: { a: { includes: [«b»] }, b: { includes: [a, c] }, c: { includes: [«d»] }, d: { includes: [c] } }"),
    CheckCase(
      "a diamond is no cycle",
      text: "roles: { a: { includes: [b, c] }, b: { includes: [d] }, c: { includes: [d] }, d: }"),
    CheckCase(
      "what refers to an unreadable entry is not blamed", .unsafePath,
      text: """
        resources: { x: { hosts: [gpu], tree: «relative» } }
        roles: { a: { allow: { x: read, x/li.na: write } } }
        service-accounts:
          s: { owner: li.na, uid: 20001, workload: w, until: 2026-01-01, credential: { kind: ssh-key, key: "$KEY1", run: x } }
        """),
  ]

  @Test(arguments: shapes) func `what is wrong with shapes and values is found`(_ check: CheckCase) { check.expect() }
  @Test(arguments: times) func `what is wrong with times is found`(_ check: CheckCase) { check.expect() }
  @Test(arguments: names) func `what is wrong with names is found`(_ check: CheckCase) { check.expect() }
}
