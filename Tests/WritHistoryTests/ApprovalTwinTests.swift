import Glibc
import Testing
import WritDigest
import WritHistory
import WritPolicy
import WritTestSupport

/// One random lab as values, so that its text and what the twin thinks of it come from the same place.
private struct Lab {
  static let people = ["lead1", "lead2", "lead3", "ann", "bob", "eve", "boss", "new"]
  static let rules = [
    "{ match: { tags: high-risk }, approvals: 2, by: [security-lead], not: [author, beneficiary, applier] }",
    "{ match: { user-type: contractor }, approvals: 1, by: [security-lead], not: [author] }",
    "{ match: { role: gpu }, approvals: 1, by: [manager], not: [author] }",
    "{ match: { principal: [ann, lead1], resource: weights }, approvals: 1, by: [security-lead], not: [] }",
    "{ match: { kind: person, operation: [member, read] }, approvals: 2, by: [security-lead] }",
    "{ match: { change: [uid, tags] }, approvals: 1, by: [security-lead], not: [author] }",
    "{ match: { change: host, resource: render }, approvals: 3, by: [security-lead], not: [] }",
    "{ match: {}, approvals: 1, by: [security-lead, manager], not: [beneficiary] }",
  ]

  /// Days after the beginning of the year; nil is open. Day 0 is now.
  struct Held: Hashable {
    var role: String
    var from: Int?
    var until: Int?
    func holds(on day: Int) -> Bool { (from ?? -99) <= day && day < (until ?? 999) }
  }

  var held: [String: [Held]] = [:]
  var uids: [String: Int] = [:]
  var contractors: Set<String> = ["eve"]
  var tags: Set<String> = ["high-risk"]
  var label = "spare"
  var group = "render"
  var rules: [Int] = []

  /// People in the order given, so that the same lab can be written in another way.
  func text(order: [String] = people) -> String {
    func day(_ number: Int) -> String {
      number > 0 ? "2026-01-\(number < 10 ? "0" : "")\(number)" : "2025-12-\(31 + number)"
    }
    func term(_ key: String, _ number: Int?) -> String { number.map { ", \(key): \(day($0 + 1))T00:00" } ?? "" }
    var out = """
      hosts:
        gpu01: { connect: "root:/a", labels: [gpu] }
        gpu02: { connect: "root:/b", labels: [\(label)] }
      resources:
        repo: { external: the git host, operations: [push] }
        weights: { hosts: [gpu], tree: /srv/weights, tags: [\(tags.sorted().joined(separator: ", "))] }
        render: { hosts: [gpu], unix-group: \(group) }
      roles:
        security-lead: {}
        dev: { allow: { repo: push } }
        data: { allow: { weights: read } }
        gpu: { allow: { render: member } }
      approval-rules:

      """
    for rule in rules { out += "  - \(Self.rules[rule])\n" }
    out += "people:\n"
    for name in order {
      guard let roles = held[name], let uid = uids[name] else { continue }
      let written = roles.map { "{ role: \($0.role)\(term("from", $0.from))\(term("until", $0.until)) }" }
      let manager = ["ann", "bob"].contains(name) ? ", manager: boss" : ""
      let kind = contractors.contains(name) ? ", user-type: contractor" : ""
      out +=
        "  \(name): { uid: \(uid), email: \(name)@x.org\(manager)\(kind), roles: [\(written.joined(separator: ", "))] }\n"
    }
    return out
  }

  static func random(_ generator: inout SeededGenerator) -> Lab {
    var lab = Lab()
    lab.rules = Array(0..<rules.count).shuffled(using: &generator).prefix(Int.random(in: 1...3, using: &generator))
      .sorted()
    for (index, name) in people.enumerated() where name != "new" {
      lab.uids[name] = 20_001 + index
      lab.held[name] = name.hasPrefix("lead") ? [Held(role: "security-lead")] : []
    }
    for name in ["ann", "bob", "eve", "lead1"] where Bool.random(using: &generator) {
      lab.held[name]?.append(held(&generator))
    }
    return lab
  }

  static func held(_ generator: inout SeededGenerator) -> Held {
    let day = { (generator: inout SeededGenerator) in Int.random(in: -3...6, using: &generator) }
    let from = Bool.random(using: &generator) ? day(&generator) : nil
    let until = Bool.random(using: &generator) ? (from ?? -4) + Int.random(in: 1...5, using: &generator) : nil
    return Held(role: ["dev", "data", "gpu"].randomElement(using: &generator) ?? "dev", from: from, until: until)
  }

  /// One to three changes.
  func changed(_ generator: inout SeededGenerator) -> Lab {
    var lab = self
    for _ in 0..<Int.random(in: 1...3, using: &generator) {
      let name = ["ann", "bob", "eve", "lead1"].randomElement(using: &generator) ?? "ann"
      switch Int.random(in: 0..<14, using: &generator) {
      case 0...5: lab.held[name]?.append(Self.held(&generator))
      case 6: if lab.held[name]?.isEmpty == false, name != "lead1" { lab.held[name]?.removeFirst() }
      case 7: lab.uids[name] = (lab.uids[name] ?? 0) % 100 + Int.random(in: 301...302, using: &generator) * 100
      case 8: lab.contractors.formSymmetricDifference([name])
      case 9: lab.tags.formSymmetricDifference([["high-risk", "secret"].randomElement(using: &generator) ?? ""])
      case 10: lab.label = lab.label == "spare" ? "gpu" : "spare"
      case 11: lab.group = lab.group == "render" ? "video" : "render"
      default:
        lab.uids["new"] = Bool.random(using: &generator) ? 20_098 : 20_099
        lab.held["new"] = [Self.held(&generator)]
      }
    }
    return lab
  }
}

/// Somebody's approval of everything that makes `lab` of the accepted one, as far as it is about `about`.
private struct Vote {
  var approver: String
  var lab: Lab
  var about: Set<String>
  var withChanges: Bool
  var isGood: Bool
}

/// Judges by looking at every day and every person, and never at an item.
private struct Twin {
  var accepted: Lab
  var head: Lab
  var authors: Set<String>
  var applier: String?
  var votes: [Vote]

  static let days = Array(0...12) + [500]
  static let gives = [
    "dev": ("repo", "push"), "data": ("weights", "read"), "gpu": ("render", "member"),
  ]

  struct Point: Hashable {
    var name: String
    var role: String
    var target: String
  }

  func points(_ lab: Lab, _ day: Int) -> Set<Point> {
    var found: Set<Point> = []
    for (name, roles) in lab.held {
      for held in roles where held.holds(on: day) {
        guard let (resource, _) = Self.gives[held.role] else { continue }
        let hosts = resource == "repo" ? ["-"] : lab.label == "gpu" ? ["gpu01", "gpu02"] : ["gpu01"]
        for host in hosts { found.insert(Point(name: name, role: held.role, target: host)) }
      }
    }
    return found
  }

  /// What one lab changes beside access: what, about whom or what, what goes and what comes.
  struct Fact: Hashable {
    var kind: String
    var subject: String
    var parts: Set<String>
  }

  func facts(_ lab: Lab) -> Set<Fact> {
    var found: Set<Fact> = []
    for name in Lab.people {
      guard let old = accepted.uids[name], let new = lab.uids[name] else { continue }
      if old != new { found.insert(Fact(kind: "uid", subject: name, parts: ["-\(old)", "+\(new)"])) }
      if accepted.contractors.contains(name) != lab.contractors.contains(name) {
        let parts: Set = lab.contractors.contains(name) ? ["-employee", "+contractor"] : ["+employee", "-contractor"]
        found.insert(Fact(kind: "user-type", subject: name, parts: parts))
      }
    }
    let tags =
      accepted.tags.subtracting(lab.tags).map { "-" + $0 } + lab.tags.subtracting(accepted.tags).map { "+" + $0 }
    if !tags.isEmpty { found.insert(Fact(kind: "tags", subject: "weights", parts: Set(tags))) }
    if accepted.label != lab.label {
      found.insert(Fact(kind: "host", subject: "gpu02", parts: ["-" + accepted.label, "+" + lab.label]))
    }
    // How an access is enforced is only told where it was and goes on.
    let both = Self.everything(self, accepted).intersection(Self.everything(self, lab))
    if accepted.group != lab.group, both.contains(where: { $0.role == "gpu" }) {
      found.insert(Fact(kind: "control", subject: "render", parts: ["-" + accepted.group, "+" + lab.group]))
    }
    return found
  }

  private static func everything(_ twin: Twin, _ lab: Lab) -> Set<Point> {
    days.reduce(into: []) { found, day in
      found.formUnion(twin.points(lab, day).map { Point(name: $0.name, role: $0.role, target: "") })
    }
  }

  func isApproved() -> Bool {
    for day in Self.days {
      for point in points(head, day).subtracting(points(accepted, day)) {
        for rule in accepted.rules where matches(rule, point.name, point.role, fact: nil) {
          let people = approvers(rule, for: point.name).filter { name in
            good(name).contains { vote in
              vote.about.contains(point.name) && points(vote.lab, day).contains(point)
                && !points(accepted, day).contains(point) && sameControl(vote.lab, point)
                && (accepted.uids[point.name] != nil || vote.lab.uids[point.name] == head.uids[point.name])
            }
          }
          if people.count < Self.needed[rule] { return false }
        }
      }
    }
    return facts(head).allSatisfy(isApproved)
  }

  private func sameControl(_ lab: Lab, _ point: Point) -> Bool { point.role != "gpu" || lab.group == head.group }

  private func isApproved(_ fact: Fact) -> Bool {
    let concerned = Self.everything(self, accepted).union(Self.everything(self, head)).filter { isAbout(fact, $0) }
    for rule in accepted.rules {
      var names = Set(concerned.filter { matches(rule, $0.name, $0.role, fact: fact) }.map { Optional($0.name) })
      if ["uid", "user-type"].contains(fact.kind), matches(rule, fact.subject, nil, fact: fact) {
        names.insert(fact.subject)
      }
      let isTagRule =
        fact.kind == "tags" && [0].contains(rule) && (accepted.tags.union(head.tags)).contains("high-risk")
      if names.isEmpty, fact.kind != "uid", fact.kind != "user-type",
        rule == 7 || (rule == 5 && fact.kind == "tags") || isTagRule
      {
        names.insert(nil)
      }
      for name in names {
        for part in fact.parts {
          let people = approvers(rule, for: name).filter { approver in
            good(approver).contains { vote in
              vote.withChanges
                && facts(vote.lab).contains {
                  $0.kind == fact.kind && $0.subject == fact.subject && $0.parts.isSubset(of: fact.parts)
                    && $0.parts.contains(part)
                }
            }
          }
          if people.count < Self.needed[rule] { return false }
        }
      }
    }
    return true
  }

  private func isAbout(_ fact: Fact, _ point: Point) -> Bool {
    switch fact.kind {
    case "uid", "user-type": point.name == fact.subject
    case "tags": point.role == "data"
    // Who had it and goes on having it.
    case "control":
      point.role == "gpu" && Self.everything(self, accepted).contains(point)
        && Self.everything(self, head).contains(point)
    default:
      point.role != "dev"
        && [accepted, head].contains { $0.label == "gpu" && Self.everything(self, $0).contains(point) }
    }
  }

  static let needed = [2, 1, 1, 1, 2, 1, 3, 1]

  /// Each rule read by hand. A role of nil: about somebody, and no access in particular.
  private func matches(_ rule: Int, _ name: String, _ role: String?, fact: Fact?) -> Bool {
    let contractor = [accepted, head].contains { $0.contractors.contains(name) && $0.uids[name] != nil }
    let tagged = accepted.tags.union(head.tags).contains("high-risk")
    switch rule {
    case 0: return role == "data" && tagged
    case 1: return contractor
    case 2:
      return [accepted, head].contains {
        $0.held[name]?.contains { held in held.role == "gpu" && Self.days.contains(where: held.holds) } ?? false
      }
    case 3: return role == "data" && ["ann", "lead1"].contains(name)
    case 4: return role == "data" || role == "gpu"
    case 5: return fact.map { ["uid", "tags"].contains($0.kind) } ?? false
    case 6: return fact?.kind == "host" && role == "gpu"
    default: return true
    }
  }

  private func approvers(_ rule: Int, for beneficiary: String?) -> [String] {
    let leads = ["lead1", "lead2", "lead3"]
    let manager = beneficiary.map { ["ann", "bob"].contains($0) ? ["boss"] : [] } ?? ["boss"]
    let (named, not): ([String], Set<String>) =
      switch rule {
      case 0: (leads, ["author", "beneficiary", "applier"])
      case 1, 5: (leads, ["author"])
      case 2: (manager, ["author"])
      case 3, 6: (leads, [])
      case 4: (leads, ["author", "beneficiary"])
      default: (leads + manager, ["beneficiary"])
      }
    return named.filter { name in
      !(not.contains("author") && authors.contains(name)) && !(not.contains("beneficiary") && beneficiary == name)
        && !(not.contains("applier") && applier == name)
    }
  }

  private func good(_ name: String) -> [Vote] { votes.filter { $0.approver == name && $0.isGood } }
}

extension Twin {
  static func random(_ generator: inout SeededGenerator) -> Twin {
    let accepted = Lab.random(&generator)
    let head = accepted.changed(&generator)
    let leads = ["lead1", "lead2", "lead3"]
    var twin = Twin(
      accepted: accepted, head: head, authors: Set(leads.filter { _ in Int.random(in: 0..<4, using: &generator) == 0 }),
      applier: leads.randomElement(using: &generator), votes: [])
    let isEager = Int.random(in: 0..<3, using: &generator) > 0
    for name in (isEager ? leads + ["boss"] : [])
      + ["lead1", "lead2", "bob", "boss"].shuffled(using: &generator).prefix(2)
    {
      let lab = Int.random(in: 0..<4, using: &generator) > 0 ? head : head.changed(&generator)
      let all = Set(Lab.people)
      twin.votes.append(
        Vote(
          approver: name, lab: lab,
          about: Int.random(in: 0..<4, using: &generator) > 0 ? all : Set(all.shuffled(using: &generator).prefix(5)),
          withChanges: Int.random(in: 0..<6, using: &generator) > 0,
          isGood: Int.random(in: 0..<6, using: &generator) > 0))
    }
    return twin
  }

  func snapshot(_ lab: Lab) throws -> Snapshot { try ApprovalWorld.snapshot(lab.text()) }

  func change(to lab: Lab) throws -> ApprovalChange {
    ApprovalChange(accepted: try snapshot(accepted), head: try snapshot(lab), from: at(0))
  }

  func needs(_ lab: Lab? = nil) throws -> ApprovalNeeds {
    let authors = Set(authors.map { Identity.principal(named($0)) })
    return ApprovalNeeds(
      try change(to: lab ?? head), authors: { _ in authors }, applier: applier.map { .principal(named($0)) })
  }

  func given(_ generator: inout SeededGenerator) throws -> [GivenApproval] {
    try votes.map { vote in
      let items = try change(to: vote.lab).items.filter { item in
        switch item {
        case .gain(let gain): vote.about.contains(gain.principal.text)
        case .sensitive: vote.withChanges
        }
      }
      if vote.isGood { return approval(vote.approver, items, signed: at(-Int64.random(in: 0...99, using: &generator))) }
      switch Int.random(in: 0..<3, using: &generator) {
      case 0: return approval(vote.approver, items, expires: at(0))
      case 1: return approval(vote.approver, items, level: 2)
      default: return approval(vote.approver, items, used: true)
      }
    }
  }
}

@Suite struct `Judging approvals` {
  static let seeds = UInt64(1)...(getenv("WRIT_SEEDS").flatMap { UInt64(String(cString: $0)) } ?? 120)

  @Test func `agrees with looking at every day and everybody`() throws {
    var approved = 0
    for seed in Self.seeds {
      var generator = SeededGenerator(seed: seed)
      let twin = Twin.random(&generator)
      let (needs, given) = (try twin.needs(), try twin.given(&generator))
      let isApproved = needs.judgement(of: given).isApproved
      #expect(isApproved == twin.isApproved(), "seed \(seed): \(needs.lines)")
      if isApproved, !needs.demands.isEmpty { approved += 1 }
    }
    // Neither answer is rare.
    #expect(approved * 10 > Self.seeds.count && approved * 10 < Self.seeds.count * 9, "\(approved)")
  }

  @Test func `never passes more with an approval less, nor needs less for a wider change`() throws {
    for seed in Self.seeds {
      var generator = SeededGenerator(seed: seed &* 7919)
      let twin = Twin.random(&generator)
      let (needs, given) = (try twin.needs(), try twin.given(&generator))
      let all = needs.judgement(of: given)
      for index in given.indices {
        var fewer = given
        fewer.remove(at: index)
        for (less, more) in zip(needs.judgement(of: fewer).verdicts, all.verdicts) {
          #expect(less.missing >= more.missing, "seed \(seed)")
        }
      }
      // The same change, and somebody has something more.
      var wide = twin.head
      wide.held["ann"]?.append(Lab.held(&generator))
      wide.held["bob"]?.append(Lab.held(&generator))
      let wider = try twin.needs(wide)
      let approvals = ["lead1", "lead2", "lead3", "boss"].map { approval($0, wider.change.items) }
      if wider.judgement(of: approvals).isApproved {
        #expect(needs.judgement(of: approvals).isApproved, "seed \(seed): \(needs.lines)")
      }
    }
  }

  @Test func `does not depend on how the change was written or brought`() throws {
    for seed in Self.seeds.prefix(60) {
      var generator = SeededGenerator(seed: seed &* 104_729)
      let twin = Twin.random(&generator)
      let written = try ApprovalWorld.snapshot(twin.head.text(order: Lab.people.shuffled(using: &generator)))
      let again = ApprovalChange(accepted: try twin.snapshot(twin.accepted), head: written, from: at(0))
      #expect(try again.items == twin.change(to: twin.head).items, "seed \(seed)")
      // What was judged now holds a day later as well, for all that has not ended by then.
      let later = ApprovalChange(accepted: again.accepted, head: written, from: at(86_400))
      let approvals = ["lead1", "lead2", "lead3", "boss"].map { approval($0, again.items, expires: at(999_999)) }
      let now = ApprovalNeeds(again, authors: { _ in [] }, applier: nil)
      if now.judgement(of: approvals).isApproved {
        let then = ApprovalNeeds(later, authors: { _ in [] }, applier: nil)
        #expect(then.judgement(of: approvals).isApproved, "seed \(seed)")
      }
    }
  }
}
