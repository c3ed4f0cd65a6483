public import WritDigest
public import WritPolicy
internal import WritSyntax

extension Plan {
  /// Grows when a reader of the older form would misunderstand the newer one.
  public static let formatVersion = 1

  /// The whole plan (design §10), from which ``init(json:)`` makes the same plan again.
  public var json: JSONValue {
    var members = encoded(.whole)
    members["at"] = .string(at.rfc3339)
    members["valid_until"] = validUntil.map { .string($0.rfc3339) }
    members["guards"] = .array(guards.map(\.json))
    members["notes"] = .array(notes.map(JSONValue.string))
    return .object(members)
  }

  /// What the ledger keeps: the changes, without the instant of planning and what only people read, and without
  /// what must not stay for ever: names and e-mails of authors, people's names, their keys. One canonical line.
  public var recorded: [UInt8] { JSONValue.object(encoded(.recorded)).canonicalLine }

  /// The SHA-256 of ``recorded``, and so the same for two plans that would do the same, whenever they were made.
  public var digest: Digest { Digest(of: recorded) }

  private func encoded(_ form: PlanForm) -> [String: JSONValue] {
    [
      "format_version": .integer(Self.formatVersion),
      "commit": .string(commit),
      "base": .object(
        Dictionary(uniqueKeysWithValues: base.map { ($0.description, $1.json) })),
      "targets": .array(targets.map { $0.encoded(form) }),
    ]
  }

  /// Reads what ``json`` writes.
  ///
  /// - Throws: ``JSONShapeFault``. Members that this version does not know are no error.
  public init(json: JSONValue) throws(JSONShapeFault) {
    let members = try JSONMembers(json)
    let at = try members.value("at", "an instant") { Instant(rfc3339: $0) }
    try self.init(members, at: at)
    validUntil = try members.optionalValue("valid_until", "an instant") { Instant(rfc3339: $0) }
    notes = try members.texts("notes")
    for tripped in try members.objects("guards") { guards.append(try TrippedGuard(tripped)) }
  }

  /// Reads what ``recorded`` writes; the instant is kept in the ledger entry beside it.
  ///
  /// - Throws: ``JSONShapeFault``, or a ``JSONFault`` as one.
  public init(recorded bytes: [UInt8], at: Instant) throws(JSONShapeFault) {
    guard let json = try? JSONValue(canonicalLine: bytes) else {
      throw JSONShapeFault(path: "", expected: "canonical JSON")
    }
    try self.init(JSONMembers(json), at: at)
  }

  private init(_ members: JSONMembers, at: Instant) throws(JSONShapeFault) {
    guard try members.integer("format_version") == Self.formatVersion else {
      throw members.fault("format_version", "\(Self.formatVersion)")
    }
    var base: [TargetName: Base] = [:]
    for (key, value) in try members.mapping("base") {
      guard let target = TargetName(key) else { throw members.fault("base/\(key)", "the name of a target") }
      base[target] = try Base(value)
    }
    var targets: [TargetPlan] = []
    for target in try members.objects("targets") { targets.append(try TargetPlan(target)) }
    self.init(commit: try members.text("commit"), base: base, at: at, validUntil: nil, targets: targets)
  }
}

/// For whom a plan is written down.
enum PlanForm {
  case whole
  case recorded
}

extension Plan.Base {
  /// `{"at","commit"}`
  public var json: JSONValue { ["commit": .string(commit), "at": .string(at.rfc3339)] }

  public init(_ members: JSONMembers) throws(JSONShapeFault) {
    self.init(
      commit: try members.text("commit"), at: try members.value("at", "an instant") { Instant(rfc3339: $0) })
  }
}

extension TargetPlan {
  func encoded(_ form: PlanForm) -> JSONValue {
    var members: [String: JSONValue] = [
      "target": .string(target.description),
      "live": .string(liveDigest.description),
      "changes": .array(changes.map { $0.encoded(form) }),
    ]
    switch standing {
    case .complete: members["state"] = "complete"
    case .partial(let missing):
      members["state"] = "partial"
      members["missing"] = .array(missing.map(JSONValue.string))
    case .unreachable(let reason):
      members["state"] = "unreachable"
      // What the outside says of its failure differs from one try to the next.
      if form == .whole { members["reason"] = .string(reason) }
    }
    if isLeaving { members["leaving"] = true }
    if form == .whole {
      members["notices"] = .array(
        notices.map { notice in
          var members: [String: JSONValue] = [
            "object": .string(notice.object.description), "text": .string(notice.text),
          ]
          members["finding"] = notice.finding.map { .string($0.rawValue) }
          return .object(members)
        })
      members["remarks"] = .array(remarks.map(JSONValue.string))
    }
    return .object(members)
  }

  init(_ members: JSONMembers) throws(JSONShapeFault) {
    let standing: TargetStanding
    switch try members.text("state") {
    case "complete": standing = .complete
    case "partial": standing = .partial(missing: try members.texts("missing"))
    case "unreachable": standing = .unreachable(try members.optionalText("reason") ?? "")
    default: throw members.fault("state", "one of complete, partial, unreachable")
    }
    let target = try members.value("target", "the name of a target") { TargetName($0) }
    var changes: [Change] = []
    for change in try members.objects("changes") { changes.append(try Change(change, target: target)) }
    var notices: [LiveState.Notice] = []
    for notice in try members.objects("notices") {
      notices.append(
        LiveState.Notice(
          try notice.value("object", "an object") { ObjectID($0) }, try notice.text("text"),
          finding: try notice.optionalValue("finding", "the slug of a finding") { Slug(rawValue: $0) }))
    }
    self.init(
      target: target, standing: standing, liveDigest: try members.digest("live"), changes: changes,
      notices: notices, remarks: try members.texts("remarks"), isLeaving: try members.flag("leaving"))
  }
}
