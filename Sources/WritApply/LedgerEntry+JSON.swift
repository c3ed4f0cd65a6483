public import WritDigest
internal import WritPlan
internal import WritPolicy

extension LedgerEntry {
  /// The entry's file: one canonical line.
  public var bytes: [UInt8] { json.canonicalLine }

  public var json: JSONValue {
    var members = record.members
    members["seq"] = .integer(sequence)
    members["prev"] = previous.map { .string($0.description) }
    members["time"] = .string(time.rfc3339)
    members["kind"] = .string(record.kind)
    members["actor"] = .string(actor.text)
    members["key"] = .string(key)
    members["runner"] = runner.map { .string($0) }
    return .object(members)
  }

  /// Reads an entry's file.
  ///
  /// - Throws: ``JSONShapeFault``. An unknown kind and unknown members are no error.
  public init(bytes: [UInt8]) throws(JSONShapeFault) {
    let json: JSONValue
    do { json = try JSONValue(canonicalLine: bytes) } catch {
      throw JSONShapeFault(path: "", expected: "canonical JSON (\(error))")
    }
    let members = try JSONMembers(json)
    self.init(
      sequence: try members.integer("seq"),
      previous: try members.optionalValue("prev", "a digest") { Digest(prefixed: $0) },
      time: try members.value("time", "an instant") { Instant(rfc3339: $0) },
      actor: try members.value("actor", "the name of a principal") { PrincipalName(validating: $0) },
      key: try members.text("key"), runner: try members.optionalText("runner"),
      record: try LedgerRecord(kind: try members.text("kind"), members))
  }

  /// Members that every kind has.
  static let common: Set<String> = ["seq", "prev", "time", "kind", "actor", "key", "runner"]
}

extension LedgerRecord {
  var members: [String: JSONValue] {
    switch self {
    case .genesis(let genesis):
      [
        "origin": .string(genesis.origin), "signers": .string(genesis.signers),
        "threshold": .integer(genesis.threshold), "commit": .string(genesis.commit), "tree": .string(genesis.tree),
      ]
    case .intent(let intent): intent.members
    case .outcome(let outcome): outcome.members
    case .drift(let drift): drift.members
    case .abandon(let abandon):
      [
        "attempt": .string(abandon.attempt), "intent": .integer(abandon.intent), "reason": .string(abandon.reason),
      ]
    case .secret(let use): use.members
    case .annotation(let annotation):
      ["text": .string(annotation.text), "about": annotation.about.map { .integer($0) }].compactMapValues { $0 }
    case .override(let override): override.members
    case .keyChange(let change): change.members
    case .release(let release):
      ["target": .string(release.target.description), "reason": .string(release.reason)]
    case .breakglass(let breakglass): breakglass.members
    case .approvalUsed(let use): use.members
    case .other(_, let members): members
    }
  }

  init(kind: String, _ members: JSONMembers) throws(JSONShapeFault) {
    switch kind {
    case "genesis":
      self = .genesis(
        Genesis(
          origin: try members.text("origin"), signers: try members.text("signers"),
          // Earlier versions did not write it.
          threshold: members.all["threshold"] == nil ? 1 : try members.integer("threshold"),
          commit: try members.text("commit"), tree: try members.text("tree")))
    case "intent": self = .intent(try Intent(members))
    case "outcome": self = .outcome(try Outcome(members))
    case "drift": self = .drift(try DriftFound(members))
    case "abandon":
      self = .abandon(
        Abandon(
          attempt: try members.text("attempt"), intent: try members.integer("intent"),
          reason: try members.text("reason")))
    case "secret": self = .secret(try SecretUse(members))
    case "annotation":
      let about = members.all["about"] == nil ? nil : try members.integer("about")
      self = .annotation(Annotation(text: try members.text("text"), about: about))
    case "override": self = .override(try GuardOverride(members))
    case "key-change": self = .keyChange(try KeyChange(members))
    case "release":
      self = .release(Release(target: try members.target("target"), reason: try members.text("reason")))
    case "breakglass": self = .breakglass(try Breakglass(members))
    case "approval-used": self = .approvalUsed(try ApprovalUse(members))
    default: self = .other(kind: kind, members: members.all.filter { !LedgerEntry.common.contains($0.key) })
    }
  }
}

extension GuardOverride {
  var members: [String: JSONValue] {
    ["guard": .string(guardName), "commit": .string(commit), "reason": .string(reason)]
  }

  init(_ members: JSONMembers) throws(JSONShapeFault) {
    self.init(
      guardName: try members.text("guard"), commit: try members.text("commit"), reason: try members.text("reason"))
  }
}

extension JSONMembers {
  func target(_ name: String) throws(JSONShapeFault) -> TargetName {
    try value(name, "the name of a target") { TargetName($0) }
  }
}
