import Testing
import WritDigest
import WritHistory
import WritPlan
import WritPolicy
import WritTestSupport

/// Plans that need not make sense, but use every part of the format.
struct RandomPlan {
  var generator: SeededGenerator

  mutating func text() -> String {
    ["", "a", "王芳", "two\nlines", "\u{1b}[31m", "e\u{301}", "x \"y\" \\"].randomElement(using: &generator) ?? ""
  }

  mutating func digest() -> Digest { Digest(of: "\(UInt64.random(in: 0...UInt64.max, using: &generator))") }

  mutating func instant() -> Instant { Instant(seconds: Int64.random(in: 0...4_000_000_000, using: &generator)) }

  mutating func one<T>(_ elements: [T]) -> T { elements[Int.random(in: 0..<elements.count, using: &generator)] }

  mutating func state() -> ObjectState {
    var state = ObjectState([:])
    if Bool.random(using: &generator) { state["owner"] = .text(text()) }
    if Bool.random(using: &generator) { state["gecos"] = .text(text()) }
    if Bool.random(using: &generator) { state["members"] = .members([text(), text()]) }
    if Bool.random(using: &generator) { state["lines"] = .lines([text(), text()]) }
    return state
  }

  mutating func cause() throws -> Cause {
    let permission = try #require(Permission("outputs/wang.fang:write"))
    let principal = try #require(PrincipalName(validating: "wang.fang"))
    let commit = CommitRef(
      id: String(repeating: "a", count: 40), time: instant().seconds, author: "Li Na <li.na@example.com>",
      committer: text(), subject: text(), approvers: [text()])
    return Cause(
      one([.granted, .revoked, .ended, .drift, .required]), text(),
      edge: Bool.random(using: &generator) ? EdgeKey(principal, permission) : nil,
      place: Bool.random(using: &generator) ? "people.yaml:3:1" : nil,
      until: Bool.random(using: &generator) ? instant() : nil,
      commit: Bool.random(using: &generator) ? commit : nil)
  }

  mutating func plan() throws -> Plan {
    let names = try ["host:gpu01", "vault:team"].map { try #require(TargetName($0)) }
    var targets: [TargetPlan] = []
    var number = 0
    for name in names {
      var changes: [Change] = []
      for _ in 0..<Int.random(in: 0...4, using: &generator) {
        number += 1
        changes.append(
          Change(
            id: "c\(number)", target: name, action: one([.create, .update, .remove, .retire]),
            phase: one([.prepare, .revoke, .grant]), difference: one([.change, .drift, .conflict]),
            object: ObjectID(one(ObjectKind.allCases), one(["a", "/srv/with blank", "组"])),
            before: Bool.random(using: &generator) ? state() : nil,
            after: Bool.random(using: &generator) ? state() : nil, risk: text(),
            readiness: Bool.random(using: &generator) ? .ready : .blocked(text()),
            causes: try (0..<Int.random(in: 1...3, using: &generator)).map { _ in try cause() }))
      }
      targets.append(
        TargetPlan(
          target: name, standing: one([.complete, .partial(missing: [text()]), .unreachable(text())]),
          liveDigest: digest(), changes: changes, notices: [LiveState.Notice(ObjectID(.tree, "/srv"), text())],
          remarks: [text()]))
    }
    return Plan(
      commit: String(repeating: "b", count: 40),
      base: Bool.random(using: &generator) ? [names[0]: Plan.Base(commit: "c", at: instant())] : [:],
      at: instant(), validUntil: Bool.random(using: &generator) ? instant() : nil, targets: targets)
  }
}

@Suite struct PlanJSONTests {
  static let seeds = 0..<150 as Range<UInt64>

  @Test func `a saved plan is read again as the same plan`() throws {
    for seed in Self.seeds {
      var random = RandomPlan(generator: SeededGenerator(seed: seed))
      let plan = try random.plan()
      let again = try Plan(json: JSONValue(canonicalLine: plan.json.canonicalLine))
      #expect(again.json == plan.json, "seed \(seed)")
      #expect(again.changes == plan.changes, "seed \(seed)")
      #expect(again.base == plan.base && again.at == plan.at && again.validUntil == plan.validUntil)
      #expect(again.targets.map(\.standing) == plan.targets.map(\.standing), "seed \(seed)")
      #expect(again.targets.map(\.notices) == plan.targets.map(\.notices), "seed \(seed)")
      #expect(again.targets.map(\.remarks) == plan.targets.map(\.remarks), "seed \(seed)")
      #expect(again.digest == plan.digest, "seed \(seed)")
    }
  }

  @Test func `the recorded form can be read and recorded again`() throws {
    for seed in Self.seeds {
      var random = RandomPlan(generator: SeededGenerator(seed: seed))
      let plan = try random.plan()
      let again = try Plan(recorded: plan.recorded, at: plan.at)
      #expect(again.targets.map(\.target) == plan.targets.map(\.target), "seed \(seed)")
      #expect(again.changes.map(\.object) == plan.changes.map(\.object), "seed \(seed)")
      #expect(again.changes.map(\.id) == plan.changes.map(\.id), "seed \(seed)")
    }
  }

  @Test func `the digest covers the changes and not the time of planning`() throws {
    var random = RandomPlan(generator: SeededGenerator(seed: 7))
    var plan = try random.plan()
    while plan.changes.isEmpty { plan = try random.plan() }
    var later = plan
    later.at = Instant(seconds: plan.at.seconds + 60)
    later.validUntil = nil
    later.targets[0].remarks.append("ends in 3 days")
    #expect(later.digest == plan.digest)
    var other = plan
    other.commit = String(repeating: "d", count: 40)
    #expect(other.digest != plan.digest)
    for index in plan.targets.indices where !plan.targets[index].changes.isEmpty {
      var other = plan
      other.targets[index].changes[0].after = ObjectState(["owner": .text("somebody else")])
      #expect(other.digest != plan.digest)
      other = plan
      other.targets[index].changes.removeLast()
      #expect(other.digest != plan.digest)
    }
  }

  @Test func `no name, e-mail or key of a person is recorded`() throws {
    let target = try #require(TargetName("host:gpu01"))
    let commit = CommitRef(
      id: "e", time: 0, author: "Wang Fang <wang@example.com>", committer: "Wang Fang <wang@example.com>",
      subject: "hello from wang@example.com")
    let cause = Cause(.granted, "people/wang.fang.yaml:1", commit: commit)
    let account = ObjectState(["gecos": .text("Wang Fang"), "uid": .text("20011")])
    let keys = ObjectState(["lines": .lines(["ssh-ed25519 AAAAC3 wang@example.com"])])
    func change(_ kind: ObjectKind, _ state: ObjectState) -> Change {
      Change(
        id: "c0001", target: target, action: .update, phase: .grant, difference: .change,
        object: ObjectID(kind, "wangfang"), before: state, after: state, causes: [cause])
    }
    let plan = Plan(
      commit: "f", base: [:], at: Instant(seconds: 0), validUntil: nil,
      targets: [
        TargetPlan(
          target: target, standing: .complete, liveDigest: Digest(of: ""),
          changes: [change(.account, account), change(.keys, keys)])
      ])
    let text = String(decoding: plan.recorded, as: UTF8.self)
    for secret in ["Wang Fang", "example.com", "AAAAC3"] { #expect(!text.contains(secret)) }
    #expect(text.contains("20011") && text.hasSuffix("\n"))
  }

  @Test func `only revocations keeps the changes that take away`() throws {
    for seed in Self.seeds {
      var random = RandomPlan(generator: SeededGenerator(seed: seed))
      let plan = try random.plan()
      let kept = plan.changes.filter {
        $0.phase == .revoke && ![.umask, .jupyter, .audit, .backup].contains($0.object.kind)
      }
      #expect(plan.onlyRevocations.changes == kept)
    }
  }

  @Test(arguments: [
    ("at", "yesterday"), ("format_version", "1"), ("commit", ""), ("targets", "none"), ("base", "x"),
  ]) func `a plan that is not shaped as one is refused`(member: String, text: String) throws {
    var random = RandomPlan(generator: SeededGenerator(seed: 3))
    var members = try #require(try random.plan().json.object)
    members[member] = member == "commit" ? 7 : .string(text)
    #expect(throws: JSONShapeFault.self) { try Plan(json: .object(members)) }
    members[member] = nil
    if member != "base" && member != "targets" {
      #expect(throws: JSONShapeFault.self) { try Plan(json: .object(members)) }
    }
  }
}
