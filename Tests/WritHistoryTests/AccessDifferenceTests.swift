import Testing
import WritHistory
import WritPolicy

private let common = """
  hosts:
    gpu01: { connect: local, host-keys: [], labels: [gpu] }
    gpu02: { connect: "root:/x", host-keys: [], labels: [LABEL] }
  resources:
    repo: { external: the git host, operations: [push, pull] }
    render: { hosts: [gpu], unix-group: GROUP }

  """
private let roles = """
  roles:
    dev: { allow: { repo: push } }
    gpu: { allow: { render: member } }
  people:
    ann: { uid: 20001, roles: [dev, gpu] }
    bob: { uid: 20002, roles: [dev] }
    eve: { uid: 20003 }

  """

private func snapshot(_ text: String, label: String = "spare", group: String = "render") throws -> Snapshot {
  var whole = common + text
  for (old, new) in [("LABEL", label), ("GROUP", group)] {
    whole = whole.split(separator: old, omittingEmptySubsequences: false).joined(separator: new)
  }
  let history = MemoryHistory(commits: [.init(time: start, files: ["p/a.yaml": whole])])
  switch history.source().state(of: history.line().commits[0]) {
  case .readable(let snapshot): return snapshot
  case .unreadable(let problem): throw Unreadable(problem: problem)
  }
}

private struct Unreadable: Error { var problem: String }

private func changed(_ replacements: (String, String)...) -> String {
  var text = roles
  for (old, new) in replacements {
    precondition(text.contains(old), old)
    text = text.split(separator: old, omittingEmptySubsequences: false).joined(separator: new)
  }
  return text
}

extension [AccessDifference.Change] {
  fileprivate var lines: [String] {
    map { change in
      let times = change.holds.intervals.map {
        "[\($0.start.seconds - start),\($0.end == .distantFuture ? "*" : "\($0.end.seconds - start)"))"
      }
      return
        ([change.key.description] + times + change.targets.map(\.description)
        + [change.isWhole ? "whole" : "part", "\(change.cause.kind):\(change.cause.place.line)"])
        .joined(separator: " ")
    }
  }
}

@Suite struct `The difference of two policies` {
  func difference(_ head: String, label: String = "spare", group: String = "render") throws -> AccessDifference {
    AccessDifference(base: try snapshot(roles), head: try snapshot(head, label: label, group: group), from: at(0))
  }

  @Test func `is empty for equal policies`() throws {
    #expect(try difference(roles).isEmpty)
  }

  @Test func `names gains and losses with the line that makes them`() throws {
    let difference = try difference(
      changed(
        ("ann: { uid: 20001, roles: [dev, gpu] }", "ann: { uid: 20001, roles: [gpu] }"),
        ("eve: { uid: 20003 }", "eve: { uid: 20003, roles: [dev] }")))
    #expect(difference.lost.lines == ["ann repo:push [0,*) whole entry:11"])
    #expect(difference.gained.lines == ["eve repo:push [0,*) whole entry:13"])
    #expect(difference.sensitive.isEmpty && difference.amplification.isEmpty)
  }

  @Test func `one line in a role is one cause for many people`() throws {
    let difference = try difference(changed(("allow: { repo: push }", "allow: { repo: [push, pull] }")))
    #expect(difference.gained.lines == ["ann repo:pull [0,*) whole rule:8", "bob repo:pull [0,*) whole rule:8"])
    #expect(
      difference.amplification.map { "\($0.cause.place.line) \($0.principals) \($0.edges)" } == ["8 [ann, bob] 2"])
    let include = try self.difference(changed(("dev: { allow", "dev: { includes: [gpu], allow")))
    #expect(include.gained.lines == ["bob render:member [0,*) host:gpu01 whole include:8"])
    #expect(include.lost.isEmpty)
  }

  @Test func `an access that begins later, lasts longer or shorter is told on the day it is written`() throws {
    func bob(_ term: String) -> String {
      changed(("bob: { uid: 20002, roles: [dev] }", "bob: { uid: 20002, roles: [{ role: dev\(term) }] }"))
    }
    let day: Int64 = 86400
    let shorter = try difference(bob(", until: 2026-01-01"))
    #expect(shorter.lost.lines == ["bob repo:push [\(day),*) part entry:12"])
    #expect(shorter.gained.isEmpty)
    let longer = AccessDifference(
      base: try snapshot(bob(", until: 2026-01-01")), head: try snapshot(bob(", until: 2026-01-03")), from: at(0))
    #expect(longer.gained.lines == ["bob repo:push [\(day),\(3 * day)) part entry:12"])
    // What is over on both sides is no difference.
    #expect(
      AccessDifference(
        base: try snapshot(bob(", until: 2026-01-01")), head: try snapshot(bob(", until: 2025-12-25")), from: at(day)
      ).isEmpty)
    let later = try difference(
      changed(("eve: { uid: 20003 }", "eve: { uid: 20003, roles: [{ role: dev, from: 2026-01-02 }] }")))
    #expect(later.gained.lines == ["eve repo:push [\(day),*) whole entry:13"])
  }

  @Test func `a host that takes on a label is a gain, an edge enforced otherwise is sensitive`() throws {
    let more = try difference(roles, label: "gpu")
    #expect(more.gained.lines == ["ann render:member [0,*) host:gpu02 part other:11"])
    #expect(more.lost.isEmpty)
    #expect(more.sensitive == [SensitiveChange(.host, "gpu02", before: ["label spare"], after: ["label gpu"])])
    let other = try difference(roles, group: "video")
    #expect(!other.changesAccess)
    #expect(other.sensitive.map { "\($0.kind) \($0.subject) \($0.principals)" } == ["control render:member [ann]"])
  }

  @Test func `new keys, accounts and uids are sensitive, a rename is neither gain nor loss`() throws {
    let uid = try difference(changed(("20002", "20009, account: robert")))
    #expect(
      uid.sensitive == [
        SensitiveChange(.account, "bob", before: ["bob"], after: ["robert"]),
        SensitiveChange(.uid, "bob", before: ["20002"], after: ["20009"]),
      ])
    let renamed = try difference(
      changed(
        ("bob: {", "rob: { previously: [bob], account: bob,"), ("dev", "developer"),
        ("developer: {", "developer: { previously: [dev],")))
    #expect(!renamed.changesAccess)
    #expect(
      renamed.sensitive.map { "\($0.kind) \($0.before) \($0.after)" } == [
        "rename [\"dev\"] [\"developer\"]", "rename [\"bob\"] [\"rob\"]",
      ])
  }

  @Test func `rules and guards are sensitive, their order is not`() throws {
    let rules = [
      "  - { match: { principal: bob }, warn-before: 9d }\n", "  - { match: { role: gpu }, warn-before: 7d }\n",
    ]
    let two = roles + "expiry-rules:\n" + rules.joined() + "guards: { max-removal: 25% }\n"
    let turned = roles + "guards: { max-removal: 25% }\nexpiry-rules:\n" + rules.reversed().joined()
    let weaker = roles + "guards: { max-removal: 90% }\nexpiry-rules:\n" + rules[1]
    #expect(AccessDifference(base: try snapshot(two), head: try snapshot(turned), from: at(0)).isEmpty)
    #expect(
      AccessDifference(base: try snapshot(two), head: try snapshot(weaker), from: at(0)).sensitive == [
        SensitiveChange(.guards, "guards", before: ["max-removal 25%"], after: ["max-removal 90%"]),
        SensitiveChange(.expiryRules, "expiry-rules", before: ["principal bob, warn-before 9d"]),
      ])
  }

  @Test func `what a baseline says of hosts is sensitive, its name and its place are not`() throws {
    func with(_ baselines: String) throws -> Snapshot { try snapshot(roles + "host-baselines: { \(baselines) }\n") }
    let strict = try with("a: { hosts: [gpu], umask: \"027\", jupyter: { bind: loopback, port: 8888 } }")
    let parted = try with(
      "c: { hosts: [gpu], jupyter: { port: 8888, bind: loopback } }, b: { hosts: [gpu], umask: \"0027\" }")
    #expect(AccessDifference(base: strict, head: parted, from: at(0)).isEmpty)
    let open = try with("a: { hosts: [gpu], umask: \"002\" }")
    #expect(
      AccessDifference(base: strict, head: open, from: at(0)).sensitive == [
        SensitiveChange(
          .baselines, "host-baselines",
          before: ["jupyter bind loopback on gpu", "jupyter port 8888 on gpu", "umask 027 on gpu"],
          after: ["umask 002 on gpu"])
      ])
  }
}
