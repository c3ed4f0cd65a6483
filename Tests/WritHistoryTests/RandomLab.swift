import WritPolicy
import WritTestSupport

/// A small lab in which everything that moves access moves: people come, leave, are suspended and renamed, hosts take on labels,
/// resources change their hosts and names, roles their rules, and dates everything.
struct RandomLab {
  /// 2026-01-01T00:00:00Z, before every date in it.
  static let begin = start

  private struct Named {
    var base: String
    /// How often it was renamed; no name is used twice.
    var generation = 0
    var name: String { base + String(repeating: "x", count: generation) }
    var former: [String] { (0..<generation).map { base + String(repeating: "x", count: $0) } }
    var previously: String { former.isEmpty ? "" : ", previously: [\(former.joined(separator: ", "))]" }
  }

  private struct Held {
    var role: Int
    var term: (from: Int?, until: Int?)
  }

  private struct Principal {
    var named: Named
    var isThere = true
    var isSuspended = false
    var term: (from: Int?, until: Int?) = (nil, nil)
    var roles: [Held]
    /// Index of a person; service accounts have one.
    var owner: Int?
  }

  private typealias Rule = (resource: Int, scope: String, operation: String)

  private struct Role {
    var includes: [Int]
    var allow: [Rule]
    var deny: [Rule]
  }

  private struct Kind {
    var text: String
    var operations: [String]
    var isOnHosts = true
  }

  private static let kinds = [
    Kind(text: "tree: /srv/data", operations: ["read", "write", "all"]),
    Kind(text: "tree: \"/srv/home/{account}\"", operations: ["read", "write"]),
    Kind(text: "command: /opt/job, run-as: svc", operations: ["run"]),
    Kind(text: "unix-group: render", operations: ["member"]),
    Kind(text: "egress: external", operations: ["connect"]),
    Kind(text: "external: git host, operations: [push, pull]", operations: ["push", "pull", "all"], isOnHosts: false),
    Kind(text: "", operations: ["read", "write", "manage"], isOnHosts: false),
  ]
  /// The personal tree, and the sharing group, which has a section of its own.
  private static let (personal, shared) = (1, 6)
  private static let placings = ["gpu", "cpu", "gpu, cpu", "HOST0", "HOST1", "cpu, HOST1"]

  private var hosts = (0..<3).map { Named(base: "h\($0)") }
  /// Whether the middle host has a label.
  private var labels = (gpu: true, cpu: false)
  private var resources = ["data", "home", "job", "group", "net", "repo", "keys"].map { Named(base: $0) }
  private var placed = [Int](repeating: 0, count: 7)
  private var vault = 0
  private var custodian = 0
  private var roles = (0..<5).map { role in
    Role(
      includes: [], allow: [(role, "", RandomLab.kinds[role].operations[0])],
      deny: role == 4 ? [(0, "", "write")] : [])
  }
  private var people = (0..<5).map {
    Principal(named: Named(base: "p\($0)"), roles: [Held(role: $0, term: (nil, nil))])
  }
  private var accounts = ["svc", "bot"].enumerated().map { number, name in
    Principal(named: Named(base: name), roles: [Held(role: number, term: (nil, nil))], owner: number)
  }
  private var grants: [(to: Int, rule: Rule?, role: Int, term: (from: Int?, until: Int))] = []

  // MARK: As text

  private func date(_ day: Int) -> String { "2026-0\(1 + day / 28)-\(day % 28 < 9 ? "0" : "")\(day % 28 + 1)" }

  private func term(_ term: (from: Int?, until: Int?)) -> String {
    (term.from.map { ", from: \(date($0))" } ?? "") + (term.until.map { ", until: \(date($0))" } ?? "")
  }

  private func rules(_ rules: [Rule]) -> String {
    // One mapping has each of its keys once.
    var written: [String: String] = [:]
    for rule in rules { written[resources[rule.resource].name + rule.scope] = rule.operation }
    return "{ " + written.sorted { $0.key < $1.key }.map { "\($0): \($1)" }.joined(separator: ", ") + " }"
  }

  /// One that age can use: a custodian needs it.
  private static func key(_ uid: Int) -> String {
    let number = String(uid - 20000, radix: 16)
    return "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAI" + String(repeating: "A", count: 43 - number.count) + number
  }

  private func entry(_ principal: Principal, _ uid: Int) -> String {
    let held = principal.roles.map { "{ role: r\($0.role)\(term($0.term)) }" }.joined(separator: ", ")
    return "  \(principal.named.name): { account: \(principal.named.base), uid: \(uid)\(principal.named.previously)"
      + (principal.owner.map { ", owner: \(people[$0].named.name)" } ?? ", ssh-keys: [\"\(Self.key(uid))\"]")
      + (principal.isSuspended ? ", suspended: true" : "") + term(principal.term) + ", roles: [\(held)] }\n"
  }

  var text: String {
    var text = """
      settings:
        vaults:
          one: { kind: age, path: v1, custodians: [\(people[custodian].named.name)] }
          two: { kind: age, path: v2, custodians: [\(people[4].named.name)] }
      sharing-groups:
        \(resources[Self.shared].name): { vault: \(vault == 0 ? "one" : "two"), folder: keys\(resources[Self.shared].previously) }
      hosts:

      """
    let labelled = ["gpu", (labels.gpu ? ["gpu"] : []) + (labels.cpu ? ["cpu"] : []), "cpu"] as [Any]
    for (number, host) in hosts.enumerated() {
      let labels = (labelled[number] as? [String]) ?? ["\(labelled[number])"]
      text +=
        "  \(host.name): { connect: \"root:/h\(number)\", labels: [\(labels.joined(separator: ", "))]\(host.previously) }\n"
    }
    text += "resources:\n"
    for (number, kind) in Self.kinds.enumerated() where number != Self.shared {
      var hosts = Self.placings[placed[number]]
      for (number, host) in self.hosts.enumerated() { hosts = hosts.replacing("HOST\(number)", with: host.name) }
      text +=
        "  \(resources[number].name): { \(kind.isOnHosts ? "hosts: [\(hosts)], " : "")\(kind.text)"
        + "\(resources[number].previously) }\n"
    }
    text += "roles:\n"
    for (number, role) in roles.enumerated() {
      let includes = role.includes.map { "r\($0)" }.joined(separator: ", ")
      text += "  r\(number): { includes: [\(includes)], allow: \(rules(role.allow)), deny: \(rules(role.deny)) }\n"
    }
    text += "people:\n"
    for (number, person) in people.enumerated() where person.isThere { text += entry(person, 20001 + number) }
    text += "service-accounts:\n"
    for (number, account) in accounts.enumerated() { text += entry(account, 20101 + number) }
    let given = grants.filter { people[$0.to].isThere }
    text += given.isEmpty ? "" : "grants:\n"
    for grant in given {
      let what = grant.rule.map { "allow: \(rules([$0]))" } ?? "role: r\(grant.role)"
      text += "  - { to: \(people[grant.to].named.name), \(what)\(term((grant.term.from, grant.term.until))) }\n"
    }
    return text
  }

  /// What a later lab calls the names of this one.
  func names(in later: RandomLab) -> Names { Names(earlier: self, later: later) }

  struct Names {
    fileprivate let earlier: RandomLab
    fileprivate let later: RandomLab

    private func now(_ text: String, _ old: [Named], _ new: [Named]) -> String {
      zip(old, new).first { $0.0.name == text }?.1.name ?? text
    }

    /// Nobody says what somebody is called who is not there any more.
    private func person(_ text: String) -> String {
      let found = zip(earlier.people, later.people).first { $0.0.named.name == text && $0.1.isThere }
      return found?.1.named.name ?? text
    }

    func callAsFunction(_ host: HostName) -> HostName {
      HostName(validating: now(host.text, earlier.hosts, later.hosts)) ?? host
    }

    func callAsFunction(_ principal: PrincipalName) -> PrincipalName {
      let text = person(principal.text)
      return PrincipalName(validating: now(text, earlier.accounts.map(\.named), later.accounts.map(\.named)))
        ?? principal
    }

    func callAsFunction(_ key: EdgeKey) -> EdgeKey {
      let object = key.permission.object
      let resource = ResourceName(validating: now(object.resource.text, earlier.resources, later.resources))
      return EdgeKey(
        self(key.principal),
        Permission(
          Object(resource ?? object.resource, folder: object.folder.map { self($0) }), key.permission.operation))
    }
  }

  // MARK: What happens

  /// The use of secrets without the reading of them is nothing that age could keep.
  private func denial(_ random: inout SeededGenerator) -> Rule {
    var rule = rule(&random)
    if rule.resource == Self.shared, rule.operation == "read" { rule.operation = "use" }
    return rule
  }

  private func rule(_ random: inout SeededGenerator) -> Rule {
    let resource = Int.random(in: 0..<7, using: &random)
    let scope = resource == Self.personal && Bool.random(using: &random) ? "/others" : ""
    return (resource, scope, Self.kinds[resource].operations.randomElement(using: &random) ?? "")
  }

  private func term(_ random: inout SeededGenerator) -> (from: Int?, until: Int?) {
    let (from, length) = (Int.random(in: 0..<30, using: &random), Int.random(in: 0..<20, using: &random))
    return (Bool.random(using: &random) ? from : nil, Bool.random(using: &random) ? from + length : nil)
  }

  mutating func move(_ random: inout SeededGenerator) {
    func pick(_ below: Int) -> Int { Int.random(in: 0..<below, using: &random) }
    let (role, resource, who) = (pick(5), pick(7), pick(5))
    switch pick(20) {
    case 0, 1: people[who].roles.append(Held(role: role, term: term(&random)))
    case 2: if !people[who].roles.isEmpty { people[who].roles.removeLast() }
    case 3: people[who].term = term(&random)
    case 4: people[who].isSuspended.toggle()
    // Owners, custodians and whoever is granted something stay.
    case 5: if who > 1, who < 4, who != custodian { people[who].isThere.toggle() }
    case 6: people[who].named.generation += 1
    case 7, 8: roles[role].allow.append(rule(&random))
    case 9: if roles[role].allow.count > 1 { roles[role].allow.removeFirst() }
    case 10: roles[role].deny = pick(2) == 0 ? [denial(&random)] : []
    case 11: roles[role].includes = role < 4 && pick(3) > 0 ? [role + 1 + pick(4 - role)] : []
    case 12: labels.gpu.toggle()
    case 13: labels.cpu.toggle()
    case 14: placed[resource] = pick(Self.placings.count)
    case 15: resources[resource].generation += 1
    case 16: hosts[pick(3)].generation += 1
    case 17: if pick(2) == 0 { vault = 1 - vault } else { custodian = pick(2) }
    case 18: accounts[pick(2)].owner = pick(2)
    default:
      if grants.count > 3 { grants.removeFirst() }
      let day = pick(30)
      grants.append((who, pick(2) == 0 ? rule(&random) : nil, role, (pick(2) == 0 ? day : nil, day + pick(12))))
    }
  }
}
