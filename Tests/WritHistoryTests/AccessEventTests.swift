import Testing
import WritHistory
import WritPolicy
import WritTestSupport

@Suite struct `Events of an access` {
  private static let roles = """
    hosts: { gpu01: { connect: local, host-keys: [] } }
    resources:
      repo: { external: git host, operations: [push] }
      render: { hosts: [gpu01], unix-group: GROUP }
    roles: { dev: { allow: { repo: push } }, gpu: { allow: { render: member } } }

    """

  /// One commit a minute after the beginning; nil keeps the one before.
  private static func history(_ people: [String], group: [String] = []) -> MemoryHistory {
    MemoryHistory(
      commits: people.enumerated().map { number, text in
        let group = group.isEmpty ? "render" : group[number]
        return .init(
          time: start + Int64(number) * 60,
          files: ["p/a.yaml": roles.replacing("GROUP", with: group) + "people: { \(text) }\n"])
      })
  }

  private static func held(_ until: String? = nil, from: String? = nil, role: String = "dev") -> String {
    let terms = [from.map { ", from: \($0)" }, until.map { ", until: \($0)" }].compactMap(\.self).joined()
    return "bob: { uid: 20001, roles: [{ role: \(role)\(terms) }] }"
  }

  private static let none = "bob: { uid: 20001 }"

  /// `granted c1 60 until 120`; times as seconds after the beginning.
  private static func lines(_ history: MemoryHistory, now: Int64 = 1 << 30) -> [String] {
    guard let bob = PrincipalName(validating: "bob") else { return [] }
    return history.index().events(of: .principal(bob), until: at(now)).map { event in
      "\(event.kind.rawValue) \(event.commit.id) "
        + (event.time == .distantPast ? "*" : "\(event.time.seconds - start)")
        + (event.until.map { " until \($0.seconds - start)" } ?? "")
    }
  }

  private static func time(_ seconds: Int64) -> String { at(seconds).rfc3339 }

  @Test func `given, taken and given again by a revert`() {
    let history = Self.history([Self.none, Self.held(), Self.none, Self.held()])
    #expect(Self.lines(history) == ["granted c1 60", "ended c2 120", "re-granted c3 180"])
  }

  @Test func `extended in time is one period, extended too late is two`() {
    let (short, long) = (Self.held(Self.time(90)), Self.held(Self.time(300)))
    #expect(
      Self.lines(Self.history([Self.none, short, long]))
        == ["granted c1 60 until 90", "expired c1 90", "re-granted c2 120 until 300", "expired c2 300"])
    let soon = Self.held(Self.time(150))
    #expect(
      Self.lines(Self.history([Self.none, soon, long]))
        == ["granted c1 60 until 150", "extended c2 120 until 300", "expired c2 300"])
    #expect(
      Self.lines(Self.history([Self.none, long, soon, Self.held()]))
        == ["granted c1 60 until 300", "shortened c2 120 until 150", "expired c2 150", "re-granted c3 180"])
  }

  @Test func `what a date begins is to come until then, and what it would end is no event`() {
    let history = Self.history([Self.none, Self.held(Self.time(900), from: Self.time(600))])
    #expect(Self.lines(history, now: 100) == ["granted c1 600 until 900"])
    #expect(Self.lines(history, now: 1000) == ["granted c1 600 until 900", "expired c1 900"])
  }

  @Test func `another control is an event while the access holds, and none when it does not`() {
    let member = Self.held(role: "gpu")
    #expect(
      Self.lines(Self.history([member, member, member], group: ["render", "video", "video"]))
        == ["granted c0 0", "control-changed c1 60"])
    #expect(
      Self.lines(Self.history([member, Self.none, member], group: ["render", "video", "audio"]))
        == ["granted c0 0", "ended c1 60", "re-granted c2 120"])
  }

  @Test func `a former name is asked for, and a renamed person has one history`() {
    let history = Self.history([
      Self.held(), "rob: { uid: 20001, previously: [bob], roles: [{ role: dev, until: \(Self.time(150)) }] }",
    ])
    #expect(Self.lines(history) == ["granted c0 0", "shortened c1 60 until 150", "expired c1 150"])
  }

  /// The twin asks each second which policy was in force and what it gave; events must say exactly where that changes.
  @Test(arguments: 0..<40) func `agree with what held at each second`(_ seed: UInt64) throws {
    var random = SeededGenerator(seed: seed)
    let step: Int64 = 10
    var commits: [MemoryHistory.Commit] = []
    var terms: [(from: Int64?, until: Int64?)?] = []
    for number in 0..<Int.random(in: 2...7, using: &random) {
      let from = Bool.random(using: &random) ? Int64.random(in: 0...8, using: &random) * step : nil
      let until = Bool.random(using: &random) ? Int64.random(in: 1...9, using: &random) * step : nil
      let isHeld = Int.random(in: 0..<4, using: &random) > 0 && (from ?? -1) < (until ?? 1 << 20)
      let time = Int64(number) * step - (Int.random(in: 0..<5, using: &random) == 0 ? step : 0)
      let text = isHeld ? Self.held(until.map(Self.time), from: from.map(Self.time)) : Self.none
      commits.append(
        .init(
          time: start + time,
          files: ["p/a.yaml": Self.roles.replacing("GROUP", with: "render") + "people: { \(text) }\n"]))
      terms.append(isHeld ? (from, until) : nil)
    }
    let history = MemoryHistory(commits: commits)
    let inForce = history.line().inForceFrom
    func term(_ second: Int64) -> (from: Int64, until: Int64)? {
      guard let epoch = inForce.lastIndex(where: { $0 <= at(second) }), let term = terms[epoch] else { return nil }
      return (term.from ?? -1 << 40, term.until ?? 1 << 40)
    }
    func end(_ second: Int64) -> Int64? {
      term(second).flatMap { $0.from <= second && second < $0.until ? $0.until : nil }
    }
    var expected: [String] = []
    var hadBefore = false
    for second in -20...Int64(120) {
      switch (end(second - 1), end(second)) {
      case (nil, nil): break
      case (nil, .some):
        expected.append("\(hadBefore ? "re-granted" : "granted") \(second)")
        hadBefore = true
      case (.some(let old), nil): expected.append("\(old == second ? "expired" : "ended") \(second)")
      case (.some(let old), .some(let new)):
        if old != new { expected.append("\(old < new ? "extended" : "shortened") \(second)") }
      }
    }
    let found = Self.lines(history, now: 120).map { line in
      let words = line.split(separator: " ")
      return "\(words[0]) \(words[2])"
    }.filter { Int64($0.split(separator: " ")[1]) ?? 0 <= 120 }
    #expect(found == expected, "\(terms)")
  }
}
