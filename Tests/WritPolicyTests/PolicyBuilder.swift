import WritPolicy
import WritSyntax

/// Makes policy values without YAML: every written thing gets a line of its own.
struct PolicyBuilder {
  var policy = Policy(sources: SourceTable([SourceFile(path: "policies/all.yaml", bytes: [])]))
  private var line: UInt32 = 0

  mutating func span() -> SourceSpan {
    line += 1
    return SourceSpan(
      source: SourceID(index: 0), start: SourcePosition(line: line, column: 1),
      end: SourcePosition(line: line, column: 9))
  }

  mutating func located<Value>(_ value: Value) -> Located<Value> { Located(value, span()) }

  mutating func term(_ from: Int64? = nil, _ until: Int64? = nil) -> Term {
    Term(
      from: from.map { located(Instant(seconds: $0)) }, until: until.map { located(Instant(seconds: $0)) })
  }

  /// `outputs`, `outputs/others`, `outputs/sun.hao`; an operation or `all`.
  mutating func rule(_ object: String, _ operation: String) -> PermissionRule {
    let parts = object.split(separator: "/").map(String.init)
    let scope: PermissionRule.Scope =
      parts.count == 1 ? .whole : parts[1] == "others" ? .others : .folder(name(parts[1]))
    let operations: PermissionRule.Operations = operation == "all" ? .all : .one(WritPolicyTests.operation(operation))
    return PermissionRule(
      resource: located(name(parts[0])), scope: scope, operation: located(operations))
  }

  mutating func rules(_ written: [(String, String)]) -> [PermissionRule] {
    written.map { rule($0.0, $0.1) }
  }

  /// Written as `role` or `role from until`, times in seconds, `-` for none.
  mutating func assignment(_ written: String, reason: String? = nil) -> Assignment {
    let parts = written.split(separator: " ").map(String.init)
    return Assignment(
      role: located(name(parts[0])),
      term: parts.count == 3 ? term(Int64(parts[1]), Int64(parts[2])) : Term(),
      reason: reason.map { located($0) }, span: span())
  }

  mutating func person(_ written: String, _ roles: [String] = [], _ change: (inout Person) -> Void = { _ in }) {
    var person = Person(name: located(name(written)))
    person.roles = roles.map { assignment($0) }
    change(&person)
    policy.people[person.name.value] = person
  }

  mutating func service(
    _ written: String, owner: String, _ roles: [String] = [], _ change: (inout ServiceAccount) -> Void = { _ in }
  ) {
    var account = ServiceAccount(name: located(name(written)))
    account.owner = located(name(owner))
    account.roles = roles.map { assignment($0) }
    change(&account)
    policy.serviceAccounts[account.name.value] = account
  }

  mutating func role(
    _ written: String, includes: [String] = [], allow: [(String, String)] = [], deny: [(String, String)] = []
  ) {
    var role = Role(name: located(name(written)))
    role.includes = includes.map { located(name($0)) }
    role.allow = rules(allow)
    role.deny = rules(deny)
    policy.roles[role.name.value] = role
  }

  mutating func host(_ written: String, labels: [String] = []) {
    policy.hosts[name(written)] = Host(
      name: located(name(written)), connection: located(.local), labels: labels.map { located(name($0)) })
  }

  mutating func resource(
    _ written: String, _ kind: Resource.Kind, hosts: [String] = ["gpu"], tags: [String] = []
  ) {
    var resource = Resource(name: located(name(written)), kind: kind)
    resource.hosts = hosts.map { located(name($0)) }
    resource.tags = tags.map { located($0) }
    policy.resources[resource.name.value] = resource
  }

  mutating func tree(
    _ written: String, path: String? = nil, group: String? = nil, writers: String? = nil, owner: String? = nil,
    hosts: [String] = ["gpu"], tags: [String] = []
  ) {
    var tree = Resource.Tree(path: located(path ?? "/srv/\(written)"))
    tree.group = group.map { located($0) }
    tree.writers = writers.map { located($0) }
    tree.owner = owner.map { located(name($0)) }
    resource(written, .tree(tree), hosts: hosts, tags: tags)
  }

  mutating func command(_ written: String, runAs: String? = nil, hosts: [String] = ["gpu"]) {
    resource(
      written,
      .command(.init(path: located("/opt/bin/\(written)"), runAs: runAs.map { located(name($0)) })), hosts: hosts)
  }

  mutating func vault(_ written: String, custodians: [String] = []) {
    policy.settings.vaults[name(written)] = Settings.Vault(
      name: located(name(written)),
      kind: .age(path: located("../\(written)"), custodians: custodians.map { located(name($0)) }))
  }

  mutating func sharingGroup(_ written: String, vault: String, tags: [String] = []) {
    var group = SharingGroup(
      name: located(name(written)), vault: located(name(vault)), folder: located("folders/\(written)"))
    group.tags = tags.map { located($0) }
    policy.sharingGroups[group.name.value] = group
  }

  mutating func grant(_ to: [String], allow: [(String, String)], _ from: Int64?, _ until: Int64?, reason: String? = nil)
  {
    policy.grants.append(
      Grant(
        to: to.map { located(name($0)) }, content: .permissions(rules(allow)), term: term(from, until),
        reason: reason.map { located($0) }, span: span()))
  }

  mutating func grant(_ to: [String], role: String, _ from: Int64?, _ until: Int64?) {
    policy.grants.append(
      Grant(
        to: to.map { located(name($0)) }, content: .role(located(name(role))), term: term(from, until), span: span()))
  }
}

/// Test names are right by construction; a wrong one stops the run with its text.
func name<Kind>(_ text: String) -> Identifier<Kind> {
  guard let name = Identifier<Kind>(validating: text) else { preconditionFailure("no name: \(text)") }
  return name
}

func operation(_ text: String) -> WritPolicy.Operation {
  guard let operation = Operation(validating: text) else { preconditionFailure("no operation: \(text)") }
  return operation
}

func permission(_ text: String) -> Permission {
  guard let permission = Permission(text) else { preconditionFailure("no permission: \(text)") }
  return permission
}

/// For changes whose place does not matter.
let somewhere = SourceSpan(
  source: SourceID(index: 0), start: SourcePosition(line: 9999, column: 1),
  end: SourcePosition(line: 9999, column: 2))

func at(_ seconds: Int64) -> Instant { Instant(seconds: seconds) }

extension Access {
  /// `PRINCIPAL PERMISSION [from,until)…`, `*` for an open side.
  var lines: [String] {
    edges.map { edge in
      let parts = edge.holds.intervals.map {
        "[\($0.start == .distantPast ? "*" : String($0.start.seconds)),"
          + "\($0.end == .distantFuture ? "*" : String($0.end.seconds)))"
      }
      return "\(edge.key) " + parts.joined(separator: " ")
    }
  }
}
