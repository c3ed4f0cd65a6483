import Testing
import WritDigest
import WritHistory
import WritPolicy

private let eve = "eve: { uid: 20013, user-type: contractor"
private let weights = "tree: /srv/lab/weights, tags: [high-risk]"
private let bob = "bob: { uid: 20012, manager: boss, roles: [dev"

extension ApprovalWorld {
  /// Eve gains the tagged weights.
  fileprivate static let gain = changed((eve, eve + ", roles: [data]"))

  /// Bob has the weights already, and `more` changes.
  fileprivate static func with(_ more: (String, String)...) -> ApprovalWorld {
    let accepted = policy([(bob, bob + ", data")])
    return ApprovalWorld(accepted: accepted, head: policy(more, of: accepted))
  }

  fileprivate func refused(_ approvals: [GivenApproval]) throws -> Set<String> {
    let judgement = try judgement(approvals)
    #expect(!judgement.isApproved)
    return judgement.lines
  }
}

@Suite struct `An approval does not count` {
  @Test func `when it is one's own, under whatever name`() throws {
    var world = ApprovalWorld.gain
    for author in ["lead1@x.org", "Lead <LEAD1@x.org>", "lead1@elsewhere.net", "Lead1 <nobody@x.org>", "lead1"] {
      world.authors = [author]
      #expect(try world.refused(world.approvals(by: "lead1", "lead2")) == ["missing 1", "lead1 author"], "\(author)")
      #expect(try world.judgement(world.approvals(by: "lead2", "lead3")).isApproved)
    }
    // A name that the change itself gives to the author.
    world = .changed(
      (eve, eve + ", roles: [data]"),
      ("lead3: { uid: 20003,", "lead9: { previously: [lead3], email: nine@x.org, account: lead3, uid: 20003,"))
    world.authors = ["nine@x.org"]
    let gain = try world.needs().demands.first { $0.item.line.hasPrefix("eve ") }
    #expect(gain?.excluded == [named("lead3"): .author])
  }

  @Test func `from a service account, or from whom the rule does not name`() throws {
    let world = ApprovalWorld.gain
    #expect(
      try world.refused(world.approvals(by: "robot", "boss", "nobody"))
        == ["missing 2", "robot not-a-person", "boss not-eligible", "nobody not-a-person"])
    // The author acts through an account, and answers for it.
    var through = world
    through.authors = ["robot"]
    #expect(try through.needs().demands[0].excluded == [named("lead2"): .author])
  }

  @Test func `from the beneficiary or the applier`() throws {
    let lead = ApprovalWorld.changed(("lead3: { uid: 20003, roles: [", "lead3: { uid: 20003, roles: [data, "))
    #expect(
      try lead.refused(lead.approvals(by: "lead1", "lead3")) == ["missing 1", "lead3 beneficiary"])
    let account = ApprovalWorld.changed(("uid: 19001, roles: [", "uid: 19001, roles: [data"))
    #expect(
      try account.refused(account.approvals(by: "lead1", "lead2")) == ["missing 1", "lead2 beneficiary"])
    var applied = ApprovalWorld.gain
    applied.applier = "lead2"
    #expect(try applied.refused(applied.approvals(by: "lead1", "lead2")) == ["missing 1", "lead2 applier"])
  }

  @Test func `when it has expired, was used, comes from the future, or proves too little`() throws {
    let world = ApprovalWorld.gain
    let items = try world.needs().items
    let others = [
      approval("lead2", items, expires: at(0)), approval("lead2", items, signed: at(301)),
      approval("lead2", items, level: 2), approval("lead2", items, signed: at(-1), used: true),
    ]
    let reasons = ["expired", "not-yet", "low-level", "used"]
    for (other, reason) in zip(others, reasons) {
      #expect(try world.refused([approval("lead1", items), other]) == ["missing 1", "lead2 \(reason)"])
    }
    let fine = [approval("lead2", items, signed: at(300), expires: at(1)), approval("lead1", items, level: 4)]
    #expect(try world.judgement(fine).isApproved)
    var old = world
    old.accepted = ApprovalWorld.policy([("author, beneficiary, applier]", "author], max-age: 1h")])
    old.head = ApprovalWorld.policy([(eve, eve + ", roles: [data]")], of: old.accepted)
    #expect(
      try old.refused([approval("lead1", items, signed: at(-3600)), approval("lead2", items, signed: at(-3599))])
        == ["missing 1", "lead1 too-old"])
  }

  @Test func `twice from one person`() throws {
    let world = ApprovalWorld.gain
    let items = try world.needs().items
    let twice = [approval("lead1", items), approval("lead1", items, signed: at(-90))]
    #expect(try world.refused(twice) == ["missing 1"])
  }

  @Test func `for fewer edges, another target, control, key or time`() throws {
    let both = ApprovalWorld.changed((eve, eve + ", roles: [data]"), (bob, bob + ", data"))
    let few = try ApprovalWorld.gain.approvals(by: "lead1", "lead2")
    #expect(try both.refused(few) == ["missing 2"])
    #expect(try both.judgement(few).verdicts.count { $0.isMet } == 1)

    func refusals(_ replacements: (String, String)...) throws -> Set<String> {
      let world = ApprovalWorld(head: ApprovalWorld.policy([(eve, eve + ", roles: [data]")] + replacements))
      return try world.judgement(few).verdicts.filter { $0.demand.item.line.hasPrefix("eve ") }
        .reduce(into: []) { $0.formUnion($1.refused.map(\.reason.rawValue)) }
    }
    #expect(try refusals() == [])
    #expect(try refusals(("labels: [spare]", "labels: [gpu]")) == ["other-target"])
    #expect(try refusals((weights, "tree: /srv/other, tags: [high-risk]")) == ["other-control"])
    // The key of somebody new is part of what is approved.
    let new = ApprovalWorld.changed(("eve: {", "new: { uid: 20099, roles: [data] }\n  eve: {"))
    let other = ApprovalWorld.changed(("eve: {", "new: { uid: 20098, roles: [data] }\n  eve: {"))
    #expect(
      try other.refused(new.approvals(by: "lead1", "lead2"))
        == ["missing 2", "lead1 other-identity", "lead2 other-identity"])
  }

  @Test(arguments: [
    ("", true), (", until: 2026-01-20", true), (", until: 2026-01-10", true), (", until: 2026-01-21", false),
    (", from: 2026-01-05, until: 2026-01-20", true), (", from: 2026-02-01, until: 2026-02-02", false),
  ])
  func `for a shorter time`(_ term: String, _ isCovered: Bool) throws {
    func world(_ term: String) -> ApprovalWorld {
      .changed((eve, eve + ", roles: [{ role: data\(term) }]"))
    }
    let approved = try world(term == "" ? "" : ", until: 2026-01-20").approvals(by: "lead1", "lead2")
    let judgement = try world(term).judgement(approved)
    #expect(judgement.isApproved == isCovered)
    #expect(judgement.lines == (isCovered ? [] : ["missing 2", "lead1 other-interval", "lead2 other-interval"]))
  }

  @Test func `for a time that goes on in between`() throws {
    // Approved apart, each for one of two stretches; the whole has a gap between them that nobody approved.
    func world(_ terms: String...) -> ApprovalWorld {
      .changed((eve, eve + ", roles: [" + terms.map { "{ role: data, \($0) }" }.joined(separator: ", ") + "]"))
    }
    let early = "from: 2026-01-05, until: 2026-01-06"
    let late = "from: 2026-01-08, until: 2026-01-09"
    let approvals = try world(early).approvals(by: "lead1", "lead2") + world(late).approvals(by: "lead2", "lead3")
    #expect(try world(early, late).judgement(approvals).isApproved)
    #expect(try !world("from: 2026-01-05, until: 2026-01-09").judgement(approvals).isApproved)
    // Touching stretches by different people add up.
    let middle = try world("from: 2026-01-07, until: 2026-01-07").approvals(by: "lead1", "lead3")
    #expect(try world("from: 2026-01-05, until: 2026-01-09").judgement(approvals + middle).isApproved)
  }
}

@Suite struct `No way leads past a rule` {
  func demanded(_ world: ApprovalWorld) throws -> Set<String> { Set(try world.needs().lines) }

  @Test func `not dropping the tag or the rule with the gain`() throws {
    let tag = ApprovalWorld.changed((eve, eve + ", roles: [data]"), (weights, "tree: /srv/lab/weights"))
    let leads = "lead1 lead2 lead3"
    #expect(
      try demanded(tag) == [
        "eve weights:read host:gpu01 | 2 | \(leads)", "tags weights - high-risk | 2 | \(leads)",
      ])
    let rule = ApprovalWorld.changed(
      (eve, eve + ", roles: [data]"), ("  - { match: { tags: high-risk }", "  - { match: { tags: other }"))
    #expect(try demanded(rule).count == 2)
    #expect(try demanded(rule).contains("eve weights:read host:gpu01 | 2 | \(leads)"))
  }

  @Test func `not a later beginning, nor a host that takes on a label`() throws {
    let later = ApprovalWorld.changed(
      ("approval-rules:", "grants: [{ to: eve, role: data, from: 2026-03-01, until: 2026-03-02 }]\napproval-rules:"))
    #expect(
      try demanded(later) == ["eve weights:read host:gpu01 from 5097600 until 5270400 | 2 | lead1 lead2 lead3"])
    let label = ApprovalWorld.with(("labels: [spare]", "labels: [gpu]"))
    #expect(
      try demanded(label) == [
        "bob weights:read host:gpu02 | 2 | lead1 lead2 lead3",
        "host gpu02 - label spare + label gpu | 2 | lead1 lead2 lead3",
      ])
  }

  @Test func `not taking over a name`() throws {
    let world = ApprovalWorld.with(
      ("bob: { uid: 20012,", "mallory: { previously: [bob], account: bob, uid: 20012,"))
    #expect(
      try demanded(world) == [
        "mallory weights:read host:gpu01 | 2 | lead1 lead2 lead3",
        "rename principal mallory - bob + mallory | 2 | lead1 lead2 lead3",
      ])
    // Whoever had the name before is the one who gains.
    var own = ApprovalWorld(
      accepted: ApprovalWorld.policy([
        ("lead3: { uid: 20003,", "lead3: { uid: 20003, roles: [security-lead, data] }\n  l3: { uid: 20033,")
      ]))
    own.head = ApprovalWorld.policy(
      [("lead3: { uid: 20003,", "lead4: { previously: [lead3], account: lead3, uid: 20003,")], of: own.accepted)
    #expect(
      try own.needs().demands.filter { $0.item.line.hasPrefix("lead4 ") }.map(\.excluded)
        == [[named("lead3"): .beneficiary]])
  }

  @Test func `not another name for the same tree`() throws {
    for path in ["/srv/lab/weights", "/srv/lab", "/srv/lab/weights/v1"] {
      let world = ApprovalWorld.changed(
        (eve, eve + ", roles: [data]"), ("data: { allow: { weights:", "data: { allow: { plain:"),
        ("weights: { hosts: [gpu], \(weights) }", "plain: { hosts: [gpu], tree: \(path) }"))
      #expect(try demanded(world).contains("eve plain:read host:gpu01 | 2 | lead1 lead2 lead3"), "\(path)")
    }
    let elsewhere = ApprovalWorld.changed(
      (eve, eve + ", roles: [data]"), ("data: { allow: { weights:", "data: { allow: { plain:"),
      ("weights: { hosts: [gpu], \(weights) }", "plain: { hosts: [gpu], tree: /srv/lab/weights2 }"))
    #expect(try demanded(elsewhere) == [])
  }

  @Test func `not leaving out the tree that another one stops at`() throws {
    let outer = "weights: { hosts: [gpu], \(weights) }\n  lab: { hosts: [gpu], tree: /srv/lab }"
    let accepted = ApprovalWorld.policy([
      ("weights: { hosts: [gpu], \(weights) }", outer),
      ("data: { allow: { weights: read }", "data: { allow: { lab: read }"),
      (bob, bob + ", data"),
    ])
    let world = ApprovalWorld(
      accepted: accepted,
      head: ApprovalWorld.policy([("weights: { hosts: [gpu], \(weights) }\n  ", "")], of: accepted))
    #expect(try demanded(world) == ["extent lab - stops at /srv/lab/weights | 2 | lead1 lead2 lead3"])
  }

  @Test func `not doing with fewer snapshots, or with none`() throws {
    let backed = "weights: { hosts: [gpu], backup: { every: 1d, keep: 14, to: /srv/backup/w }, \(weights) }"
    let accepted = ApprovalWorld.policy([("weights: { hosts: [gpu], \(weights) }", backed)])
    for (old, new, change) in [
      ("backup: { every: 1d, keep: 14, to: /srv/backup/w }, ", "", "every 1d - keep 14 - to /srv/backup/w"),
      ("keep: 14", "keep: 2", "keep 14"), ("every: 1d", "every: 30d", "every 1d"),
      ("/srv/backup/w", "/srv/backup/v", "to /srv/backup/w"),
    ] {
      let world = ApprovalWorld(accepted: accepted, head: ApprovalWorld.policy([(old, new)], of: accepted))
      let lines = try demanded(world)
      #expect(lines.contains { $0.hasPrefix("backup weights - \(change)") }, "\(new): \(lines)")
    }
  }

  @Test func `not letting everybody out of a host`() throws {
    let egress = "weights: { hosts: [gpu], \(weights) }\n  net: { hosts: [gpu], egress: external, tags: [high-risk] }"
    let accepted = ApprovalWorld.policy([("weights: { hosts: [gpu], \(weights) }", egress)])
    let free = "extent net - holds everybody else back on host:gpu01 | 2 | lead1 lead2 lead3"
    for (old, new) in [
      ("\n  net: { hosts: [gpu], egress: external, tags: [high-risk] }", ""),
      ("net: { hosts: [gpu],", "net: { hosts: [spare],"),
    ] {
      let world = ApprovalWorld(accepted: accepted, head: ApprovalWorld.policy([(old, new)], of: accepted))
      let lines = try demanded(world)
      #expect(lines.contains(free), "\(new): \(lines)")
    }
    let renamed = ApprovalWorld.policy(
      [
        (
          "net: { hosts: [gpu], egress: external, tags: [high-risk] }",
          "way-out: { hosts: [gpu], egress: external, previously: [net], tags: [high-risk] }"
        )
      ], of: accepted)
    #expect(try !demanded(ApprovalWorld(accepted: accepted, head: renamed)).contains { $0.hasPrefix("extent") })
    // Nor is another name for it a way past its tag.
    let plain = ApprovalWorld.policy(
      [
        ("net: { hosts: [gpu], egress: external, tags: [high-risk] }", "plain: { hosts: [gpu], egress: external }"),
        ("dev: { allow: { repo: push }", "dev: { allow: { repo: push, plain: connect }"),
      ], of: accepted)
    #expect(
      try demanded(ApprovalWorld(accepted: accepted, head: plain)).contains {
        $0.hasPrefix("ann plain:connect host:gpu01 | 2")
      })
  }

  @Test func `not changing who somebody is`() throws {
    let contractors = ("- { match: { tags: high-risk }", "- { match: { user-type: contractor }")
    let accepted = ApprovalWorld.policy([contractors])
    func lines(_ replacements: (String, String)...) throws -> [String] {
      try ApprovalWorld(accepted: accepted, head: ApprovalWorld.policy(replacements, of: accepted)).needs().lines
    }
    let leads = "lead1 lead2 lead3"
    #expect(
      try lines((eve, "eve: { uid: 20013, roles: [dev]")) == [
        "eve repo:push | 2 | \(leads)", "user-type eve - contractor + employee | 2 | \(leads)",
      ])
    // Written anew under another name, with the same uid.
    #expect(
      try lines((eve + " }", "eva: { uid: 20013, roles: [dev] }")) == ["eva repo:push | 2 | \(leads)"])
    #expect(try lines((eve + " }", "eva: { uid: 20044, roles: [dev] }")) == [])
  }

  @Test func `not another key, uid or account for somebody who has it`() throws {
    let key = "ssh-keys: [\"ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEB\"]"
    let other = "ssh-keys: [\"ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgIC\"]"
    let custodian = ApprovalWorld.changed((key, other))
    // By the rule about keys, and by the one about what lead1 can read as custodian: there lead1 gains.
    #expect(
      try custodian.needs().demands.map { "\($0.item.line.prefix(10)) \($0.eligible.map(\.text))" } == [
        "keys lead1 [\"lead2\", \"lead3\"]", "keys lead1 [\"lead1\", \"lead2\", \"lead3\"]",
      ])
    let uid = ApprovalWorld.with(("bob: { uid: 20012,", "bob: { uid: 20088, account: bobby,"))
    #expect(
      try demanded(uid) == [
        "account bob - bob + bobby | 2 | lead1 lead2 lead3", "uid bob - 20012 + 20088 | 2 | lead1 lead2 lead3",
      ])
    // By another address whoever wrote a change would be a stranger to it.
    let email = ApprovalWorld.with(("bob: { uid: 20012,", "bob: { uid: 20012, email: bob@x.org,"))
    #expect(try demanded(email) == ["email bob + bob@x.org | 2 | lead1 lead2 lead3"])
    // Nobody asks about somebody who has nothing that a rule is about.
    #expect(try demanded(.changed(("ann: { uid: 20011,", "ann: { uid: 20077,"))) == [])
  }

  @Test func `not appointing the approver`() throws {
    let both = ApprovalWorld.changed((bob, bob + ", security-lead"), (eve, eve + ", roles: [data]"))
    let needs = try both.needs()
    #expect(
      Set(needs.lines) == [
        "approvers security-lead + bob | 2 | lead1 lead2 lead3", "eve weights:read host:gpu01 | 2 | lead1 lead2 lead3",
      ])
    #expect(try both.refused(both.approvals(by: "lead1", "bob")) == ["missing 1", "bob not-eligible"])
    // Through a role that includes it, and through a manager of one's own choice.
    let included = ApprovalWorld.changed(("dev: { allow", "dev: { includes: [security-lead], allow"))
    #expect(try demanded(included) == ["approvers security-lead + ann + bob | 2 | lead1 lead2 lead3"])
    let manager = ApprovalWorld.changed(
      ("ann: { uid: 20011, email: ann@x.org, manager: boss", "ann: { uid: 20011, email: ann@x.org, manager: bob"))
    #expect(try demanded(manager) == ["manager ann - boss + bob | 1 | boss"])
    // A first manager is approved by another manager.
    #expect(try demanded(.changed((eve, eve + ", manager: bob"))) == ["manager eve + bob | 1 | boss"])
  }

  @Test func `not weakening a rule`() throws {
    func lines(_ old: String, _ new: String) throws -> Set<String> {
      Set(try ApprovalWorld.changed((old, new)).needs().demands.map { "\($0.approvals) \($0.rule.text)" })
    }
    let rules = "2 change hosts|keys|rules|signers, approvals 2, by security-lead, not author"
    let risky = "2 tags high-risk, approvals 2, by security-lead, not applier|author|beneficiary"
    let manager = "1 role gpu, approvals 1, by manager, not author"
    let first = "match: { tags: high-risk }, approvals: 2, by: [security-lead], not: [author, beneficiary, applier]"
    for weaker in [
      "match: { tags: high-risk }, approvals: 1, by: [security-lead], not: [author, beneficiary, applier]",
      "match: { tags: high-risk }, approvals: 2, by: [security-lead, dev], not: [author, beneficiary, applier]",
      "match: { tags: high-risk }, approvals: 2, by: [security-lead], not: [author, beneficiary]",
      "match: { tags: high-risk, kind: person }, approvals: 2, by: [security-lead], not: [author, beneficiary, applier]",
      "match: { tags: high-risk, change: any }, approvals: 2, by: [security-lead], not: [author, beneficiary, applier]",
    ] {
      #expect(try lines(first, weaker).isSuperset(of: [rules, risky]), "\(weaker)")
      #expect(try !lines(first, weaker).contains(manager), "\(weaker)")
    }
    for stricter in [
      "match: { tags: high-risk }, approvals: 3, by: [security-lead], not: [author, beneficiary, applier]",
      "match: {}, approvals: 2, by: [security-lead], not: [author, beneficiary, applier]",
      "match: { tags: [high-risk, more] }, approvals: 2, by: security-lead, not: [applier, author, beneficiary]",
      "\(first), max-age: 14d", "\(first), min-level: 4",
    ] {
      #expect(try lines(first, stricter) == [rules], "\(stricter)")
    }
    let dropped = ApprovalWorld.changed(
      ("  - { match: { role: gpu }, approvals: 1, by: [manager], not: [author] }\n", ""))
    #expect(
      Set(try dropped.needs().demands.map { "\($0.rule.text.prefix(6)) \($0.eligible.map(\.text))" })
        == ["change [\"lead1\", \"lead2\", \"lead3\"]", "role g [\"boss\"]"])
  }

  @Test func `and nothing stands in the way of a revocation`() throws {
    var world = ApprovalWorld.with((bob + ", data", bob))
    #expect(try demanded(world) == [])
    world = .with((bob, "bob: { suspended: true, uid: 20012, manager: boss, roles: [dev"))
    #expect(try demanded(world) == [])
    world = .changed(
      ("ssh-keys: [\"ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEB\"], ", ""),
      ("custodians: [lead1]", "custodians: []"),
      ("lead3: { uid: 20003, roles: [security-lead] }", "lead3: { uid: 20003 }"))
    world.signers = (["lead1 k1", "lead3 k3"], ["lead1 k1"])
    #expect(try world.change().items.isEmpty)
  }

  @Test func `and who may sign is as sensitive`() throws {
    var world = ApprovalWorld()
    world.signers = (
      ["lead1 ssh-ed25519 A", "# old"], ["# new", "", "lead1   ssh-ed25519 A", "bob,eve ssh-ed25519 B"]
    )
    #expect(
      try demanded(world) == ["signers signers + bob,eve ssh-ed25519 B | 2 | lead1 lead2 lead3"])
    world.signers.head = world.signers.accepted.reversed()
    #expect(try demanded(world) == [])
  }
}
