internal import WritDigest
internal import WritPlan
internal import WritPolicy

extension Intent {
  var members: [String: JSONValue] {
    var members: [String: JSONValue] = [
      "attempt": .string(attempt), "commit": .string(commit), "tree": .string(tree), "at": .string(at.rfc3339),
      "extent": .string(extent.rawValue), "plan": .string(plan.description),
      "base": .object(Dictionary(uniqueKeysWithValues: base.map { ($0.description, $1.json) })),
      "live": .object(Dictionary(uniqueKeysWithValues: live.map { ($0.description, .string($1.description)) })),
    ]
    if !overrides.isEmpty { members["overrides"] = .array(overrides.map { .object($0.members) }) }
    if !leaving.isEmpty { members["leaving"] = .array(leaving.map { .string($0.description) }) }
    return members.merging(approval.members) { $1 }
  }

  init(_ members: JSONMembers) throws(JSONShapeFault) {
    var base: [TargetName: Plan.Base] = [:]
    for (key, value) in try members.mapping("base") {
      guard let target = TargetName(key) else { throw members.fault("base/\(key)", "the name of a target") }
      base[target] = try Plan.Base(value)
    }
    var live: [TargetName: Digest] = [:]
    let digests = try members.object("live")
    for key in digests.all.keys.sorted() {
      guard let target = TargetName(key) else { throw digests.fault(key, "the name of a target") }
      live[target] = try digests.digest(key)
    }
    var overrides: [GuardOverride] = []
    for override in try members.objects("overrides") { overrides.append(try GuardOverride(override)) }
    var leaving: [TargetName] = []
    for name in try members.texts("leaving") {
      guard let target = TargetName(name) else { throw members.fault("leaving", "names of targets") }
      leaving.append(target)
    }
    self.init(
      attempt: try members.value("attempt", "32 hexadecimal digits") { Self.isAttempt($0) ? $0 : nil },
      commit: try members.text("commit"), tree: try members.text("tree"),
      at: try members.value("at", "an instant") { Instant(rfc3339: $0) },
      extent: try members.value("extent", "one of all, revocations") { Extent(rawValue: $0) },
      plan: try members.digest("plan"), base: base, live: live, overrides: overrides, leaving: leaving,
      approval: try IntentApproval(members))
  }

  /// The attempt names a file, so it is nothing but digits.
  static func isAttempt(_ text: String) -> Bool {
    text.utf8.count == 32
      && text.utf8.allSatisfy {
        (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains($0)
      }
  }

  /// A new attempt, unlike any other.
  public static func newAttempt() -> String {
    var generator = SystemRandomNumberGenerator()
    let digits = Array("0123456789abcdef")
    return String((0..<32).map { _ in digits[Int(generator.next(upperBound: UInt(16)))] })
  }
}

extension Outcome {
  var members: [String: JSONValue] {
    var members: [String: JSONValue] = [
      "attempt": .string(attempt), "intent": .integer(intent),
      "targets": .object(
        Dictionary(uniqueKeysWithValues: standings.map { ($0.description, .string($1.rawValue)) })),
      "results": .array(results.map(\.json)),
    ]
    if recovered { members["recovered"] = true }
    return members
  }

  init(_ members: JSONMembers) throws(JSONShapeFault) {
    var standings: [TargetName: Standing] = [:]
    let targets = try members.object("targets")
    for key in targets.all.keys.sorted() {
      guard let target = TargetName(key) else { throw targets.fault(key, "the name of a target") }
      standings[target] = try targets.value(key, "one of complete, partial, unreachable") { Standing(rawValue: $0) }
    }
    var results: [Result] = []
    for result in try members.objects("results") { results.append(try Result(result)) }
    self.init(
      attempt: try members.text("attempt"), intent: try members.integer("intent"), standings: standings,
      results: results, recovered: try members.flag("recovered"))
  }
}

extension Outcome.Result {
  var json: JSONValue {
    var members = result.status.members
    members["id"] = .string(result.change)
    members["target"] = .string(target.description)
    members["object"] = .string(object)
    members["action"] = .string(action)
    if result.recovered { members["recovered"] = true }
    return .object(members)
  }

  init(_ members: JSONMembers) throws(JSONShapeFault) {
    self.init(
      target: try members.target("target"), object: try members.text("object"), action: try members.text("action"),
      result: ChangeResult(
        change: try members.text("id"), status: try ChangeResult.Status(members),
        recovered: try members.flag("recovered")))
  }
}

extension ChangeResult.Status {
  /// `{"status","read_back"}` or `{"status","reason"}`
  var members: [String: JSONValue] {
    switch self {
    case .ok(let readBack): ["status": "ok", "read_back": .string(readBack.description)]
    case .failed(let reason): ["status": "failed", "reason": .string(reason)]
    case .skipped(let reason): ["status": "skipped", "reason": .string(reason)]
    case .unknown(let reason): ["status": "unknown", "reason": .string(reason)]
    }
  }

  init(_ members: JSONMembers) throws(JSONShapeFault) {
    switch try members.text("status") {
    case "ok": self = .ok(readBack: try members.digest("read_back"))
    case "failed": self = .failed(try members.text("reason"))
    case "skipped": self = .skipped(try members.text("reason"))
    case "unknown": self = .unknown(try members.text("reason"))
    default: throw members.fault("status", "one of ok, failed, skipped, unknown")
    }
  }
}
