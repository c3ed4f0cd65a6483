import WritHistory
import WritPolicy
import WritSyntax
import WritTestSupport
import WritYAML

/// A team that joins, leaves, gets and loses roles, as one large file or as one file for each person.
struct GeneratedHistory: PolicyFileReader {
  enum Layout { case one, each }

  struct Size {
    var people: Int
    var roles: Int
    var commits: Int
    var held: Int
  }

  private struct Person {
    var name: String
    var before: String?
    var isThere = true
    var isSuspended = false
    var roles: [(role: Int, until: Int?)]
  }

  private struct Role {
    var include: Int?
    var rules: [(resource: Int, operation: String)]
  }

  private(set) var blobs: [String] = []
  private(set) var commits: [(time: Int64, files: [String: Int])] = []

  init(_ layout: Layout, _ size: Size, seed: UInt64) {
    var random = SeededGenerator(seed: seed)
    func pick(_ below: Int) -> Int { Int.random(in: 0..<below, using: &random) }
    func someRoles() -> [(role: Int, until: Int?)] {
      (0..<size.held).map { _ in (pick(size.roles), pick(3) == 0 ? pick(300) : nil) }
    }
    let resources = size.roles * 2 / 3 + 1
    var roles = (0..<size.roles).map { role in
      Role(
        include: nil, rules: (0...pick(2)).map { ((role * 3 + $0 * 61) % resources, pick(2) == 0 ? "push" : "pull") })
    }
    var people = (0..<size.people).map { Person(name: "person-\($0)", roles: someRoles()) }
    var grants: [(to: Int, resource: Int, day: Int)] = []
    var extra = 0
    func date(_ day: Int) -> String { "2027-\(11 + day / 28 % 2)-\(10 + day % 19)" }

    func text(of person: Person) -> String {
      var text = "  \(person.name):\n    name: 'It''s \(person.name)'\n"
      if let before = person.before { text += "    previously: [\(before)]\n" }
      if person.isSuspended { text += "    suspended: true\n" }
      text += person.roles.isEmpty ? "" : "    roles:\n"
      for held in person.roles {
        text +=
          held.until.map { "      - { role: role-\(held.role), until: \(date($0)) }\n" }
          ?? "      - role-\(held.role)\n"
      }
      return text
    }
    func roleText() -> String {
      "roles:\n"
        + roles.enumerated().map { number, role in
          "  role-\(number):\n" + (role.include.map { "    includes: [role-\($0)]\n" } ?? "")
            + (role.rules.isEmpty ? "    description: nothing\n" : "    allow:\n")
            + Dictionary(role.rules.map { ($0.resource, $0.operation) }) { first, _ in first }.sorted {
              $0.key < $1.key
            }
            .map { "      resource-\($0): \($1)\n" }.joined()
        }.joined()
    }
    func resourceText() -> String {
      "hosts:\n  host01: { connect: local, host-keys: [], labels: [gpu] }\nresources:\n"
        + (0..<resources).map { number in
          number % 9 == 0
            ? "  resource-\(number): { external: \"rule \(number == 9 ? extra : 0)\", operations: [push, pull] }\n"
            : "  resource-\(number): { external: git host, operations: [push, pull] }\n"
        }.joined()
    }
    func grantText() -> String {
      "grants:\n"
        + grants.map {
          "  - { to: \(people[$0.to].name), allow: { resource-\($0.resource): push }, until: \(date($0.day)) }\n"
        }
        .joined()
    }
    func files() -> [String: String] {
      let there = people.filter(\.isThere)
      if layout == .one {
        return [
          "p/access.yaml": resourceText() + roleText() + "people:\n" + there.map(text(of:)).joined() + grantText()
        ]
      }
      var files = ["p/resources.yaml": resourceText(), "p/roles.yaml": roleText(), "p/grants.yaml": grantText()]
      for (number, person) in people.enumerated() where person.isThere {
        files["p/people/\(number).yaml"] = "people:\n" + text(of: person)
      }
      return files
    }

    var known: [String: Int] = [:]
    for commit in 0..<size.commits {
      if commit > 0 { move() }
      var tree: [String: Int] = [:]
      var written = files()
      if commit % 97 == 96 { written["p/broken.yaml"] = "people: [" }
      for (path, text) in written {
        if known[text] == nil {
          known[text] = blobs.count
          blobs.append(text)
        }
        tree[path] = known[text]
      }
      commits.append((start + Int64(commit) * 3600, tree))
    }

    func move() {
      let there = people.indices.filter { people[$0].isThere }
      let who = there[pick(there.count)]
      switch pick(100) {
      case 0..<40: people[who].roles.append((pick(size.roles), pick(3) == 0 ? pick(300) : nil))
      case 40..<65: if !people[who].roles.isEmpty { people[who].roles.remove(at: pick(people[who].roles.count)) }
      case 65..<73: if !people[who].roles.isEmpty { people[who].roles[pick(people[who].roles.count)].until = pick(300) }
      case 73..<80:
        let role = pick(size.roles)
        if roles[role].rules.isEmpty || pick(2) == 0 {
          roles[role].rules.append((pick(resources), "push"))
        } else {
          roles[role].rules.removeLast()
        }
      case 80..<83:
        let role = pick(size.roles - 1)
        roles[role].include = roles[role].include == nil ? role + 1 + pick(size.roles - 1 - role) : nil
      case 83..<88:
        if grants.isEmpty || pick(3) > 0 {
          grants.append((who, pick(resources), pick(300)))
        } else {
          grants.remove(at: pick(grants.count))
        }
      case 88..<91: people.append(Person(name: "person-\(people.count)", roles: someRoles()))
      case 91..<94: if there.count > 3, !grants.contains(where: { $0.to == who }) { people[who].isThere = false }
      case 94..<96: people[who].isSuspended.toggle()
      case 96..<97: people[who].roles.shuffle(using: &random)
      case 97..<98:
        people[who].before = people[who].name
        people[who].name += "x"
      default: extra += 1
      }
    }
  }

  func line() throws(Never) -> HistoryLine {
    HistoryLine(
      commits.indices.map { number in
        let files = commits[number].files.map { "\($0)=\($1)" }.sorted().joined(separator: " ")
        return HistoryCommit(id: "c\(number)", time: commits[number].time, policyTree: files)
      })
  }

  func reference(to commit: HistoryCommit) throws(Never) -> CommitRef {
    CommitRef(id: commit.id, time: commit.time, author: "a", committer: "b", subject: "s")
  }

  func files(of commit: HistoryCommit) throws(Never) -> [File] {
    (Int(commit.id.dropFirst()).map { commits[$0].files } ?? [:]).map { ($0, "\($1)") }
  }

  func contents(of blob: String) throws(Never) -> [UInt8]? { Int(blob).map { Array(blobs[$0].utf8) } }

  func source() -> PolicyFileSource<GeneratedHistory> { PolicyFileSource(self, zones: OnlyUTC(), parse: YAML.parse) }
}
