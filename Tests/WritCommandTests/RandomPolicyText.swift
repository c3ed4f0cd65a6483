import WritTestSupport

/// A small valid policy as text, drawn from a seed: terms that are over, running and coming, suspensions, nested and personal
/// trees, commands, a system group, a login, sharing groups, denials and exceptions. `ann` applies and is custodian.
struct RandomPolicyText {
  var generator: SeededGenerator
  /// `ssh-ed25519 …` of a person.
  var key: (String) -> String

  struct Drawn {
    var text: String
    var people: [String]
    /// Paths of trees, `{account}` left as it is.
    var trees: [String]
    /// The same with their names, and the service account that owns each, if one does.
    var placed: [(name: String, path: String, owner: String?)]
    var sharingGroups: [String]
  }

  static let everybody = ThrowAwayKeys.names
  /// Name, path, and what stands before its owner; a nested tree and a personal one below others.
  static let allTrees = [
    ("envs", "/opt/envs"), ("models", "/opt/envs/lib/models"), ("own", "/opt/envs/own/{account}"),
    ("lora", "/srv/lora"),
    ("outputs", "/srv/outputs/{account}"),
  ]

  private mutating func chance(_ percent: Int) -> Bool { Int.random(in: 0..<100, using: &generator) < percent }

  private mutating func one(_ all: [String]) -> String { all.randomElement(using: &generator) ?? "" }

  /// Nothing comes or goes while the test runs.
  private mutating func term() -> String {
    switch Int.random(in: 0..<8, using: &generator) {
    case 0: ", from: 2020-01-01, until: 2021-06-30"
    case 1: ", from: 2020-01-01, until: 2090-06-30"
    case 2: ", until: \"2091-02-03T04:05:06Z\""
    case 3: ", from: 2090-01-01, until: 2092-01-01"
    default: ""
    }
  }

  private mutating func rules(_ objects: [(String, [String])], atLeast least: Int = 0, upTo most: Int) -> String {
    var chosen: [String: String] = [:]
    for _ in 0..<Int.random(in: least...most, using: &generator) {
      guard let (name, operations) = objects.randomElement(using: &generator) else { continue }
      chosen[name] = one(operations)
    }
    return chosen.sorted { $0.key < $1.key }.map { "\($0.key): \($0.value)" }.joined(separator: ", ")
  }

  mutating func draw() -> Drawn {
    let people = ["ann"] + Self.everybody.dropFirst().filter { _ in chance(60) }
    let trees = Self.allTrees.filter { _ in chance(65) }
    let groups = ["basic", "more"].filter { _ in chance(70) }
    var objects: [(String, [String])] = []
    var resources = ""
    var placed: [(name: String, path: String, owner: String?)] = []
    for (name, path) in trees {
      let isPersonal = path.contains("{account}")
      objects.append((name, ["read", "write", "all"]))
      if isPersonal { objects.append(("\(name)/others", ["read", "write"])) }
      if isPersonal { objects.append(("\(name)/\(one(people))", ["read", "write"])) }
      var more = ""
      let owner = !isPersonal && chance(60) ? "svc-\(one(["a", "b"]))" : nil
      if let owner { more += ", owner: \(owner)" }
      placed.append((name, path, owner))
      if !isPersonal, chance(40) { more += ", group: \(name)-\(one(["r", "s"]))" }
      if !isPersonal, chance(20) { more += ", writers: \(name)-edit" }
      resources += "  \(name): { hosts: [gpu], tree: \"\(path)\"\(more) }\n"
    }
    if chance(80) {
      resources += "  entry: { hosts: [gpu], login: ssh }\n"
      objects.append(("entry", ["ssh"]))
    }
    if chance(60) {
      resources += "  render: { hosts: [gpu], unix-group: \(one(["render", "video"])) }\n"
      objects.append(("render", ["member"]))
    }
    if chance(70) {
      let arguments = one(["", ", arguments: [--all, \"a=b\"]", ", arguments: \"^--config [a-z]+$\""])
      resources +=
        "  update: { hosts: [gpu], command: /usr/local/sbin/update\(arguments), run-as: \(one(["root", "svc-a"])) }\n"
      objects.append(("update", ["run"]))
    }
    // A custodian who may not read could not encrypt anew.
    let deniable = objects
    for group in groups { objects.append((group, ["read", "write", "manage"])) }

    var text = """
      settings:
        signers: signers/allowed_signers
        vaults: { team: { kind: age, path: ../../vault, custodians: [ann] } }
      guards: { max-removal: "100%" }
      hosts:
        gpu01: { connect: "root:../../sandbox/gpu01", labels: [gpu] }
      people:

      """
    let roles = ["r1", "r2", "r3"]
    for (index, name) in Self.everybody.enumerated() where people.contains(name) {
      let assigned = Set((0..<Int.random(in: 0...2, using: &generator)).map { _ in one(roles) }).sorted()
      let list = assigned.map { role in "{ role: \(role)\(term()) }" }.joined(separator: ", ")
      var more = name == "ann" || chance(70) ? "" : term()
      if name != "ann", chance(10) { more += ", suspended: true" }
      text += "  \(name): { uid: \(20001 + index), ssh-keys: [\"\(key(name))\"], roles: [\(list)]\(more) }\n"
    }
    text += "service-accounts:\n"
    text += "  svc-a: { owner: ann, uid: 19001 }\n  svc-b: { owner: ann, uid: 19002 }\n"
    text += "roles:\n"
    for (index, role) in roles.enumerated() {
      let included = roles[(index + 1)...].filter { _ in chance(25) }
      let includes = included.isEmpty ? "" : "includes: [\(included.joined(separator: ", "))], "
      let deny = chance(20) ? ", deny: { \(rules(deniable, upTo: 1)) }" : ""
      text += "  \(role): { \(includes)allow: { \(rules(objects, upTo: 4)) }\(deny) }\n"
    }
    if !groups.isEmpty {
      text += "sharing-groups:\n" + groups.map { "  \($0): { vault: team, folder: lab/\($0) }\n" }.joined()
    }
    if !resources.isEmpty { text += "resources:\n" + resources }
    if !objects.isEmpty, chance(40) {
      let end = one(["2021-01-01", "2090-01-01"])
      let given = chance(50) ? "role: \(one(roles))" : "allow: { \(rules(objects, atLeast: 1, upTo: 2)) }"
      text += "grants:\n  - { to: [\(one(people))], \(given), until: \(end) }\n"
    }
    return Drawn(text: text, people: people, trees: trees.map(\.1), placed: placed, sharingGroups: groups)
  }
}
