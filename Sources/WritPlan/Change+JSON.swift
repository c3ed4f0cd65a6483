internal import WritDigest
internal import WritHistory
internal import WritPolicy

extension Change {
  func encoded(_ form: PlanForm) -> JSONValue {
    let before = form == .recorded ? self.before?.recorded(of: object.kind) : self.before
    let after = form == .recorded ? self.after?.recorded(of: object.kind) : self.after
    var members: [String: JSONValue] = [
      "id": .string(id),
      "action": .string(action.rawValue),
      "phase": .string(phase.name),
      "difference": .string(difference.rawValue),
      "object": .string(object.description),
      "risk": .string(risk),
      "cause": .array(causes.map { $0.encoded(form) }),
    ]
    members["before"] = before?.json
    members["after"] = after?.json
    let ordered = (before?.ordered ?? []).union(after?.ordered ?? [])
    // JSON has one kind of list; these are the ones whose order means something.
    if !ordered.isEmpty { members["ordered"] = .array(ordered.sorted().map(JSONValue.string)) }
    if case .blocked(let reason) = readiness { members["blocked"] = .string(reason) }
    return .object(members)
  }

  init(_ members: JSONMembers, target: TargetName) throws(JSONShapeFault) {
    let ordered = Set(try members.texts("ordered"))
    func state(_ name: String) throws(JSONShapeFault) -> ObjectState? {
      guard let state = try members.optionalObject(name) else { return nil }
      return try ObjectState(state, ordered: ordered)
    }
    var causes: [Cause] = []
    for cause in try members.objects("cause") { causes.append(try Cause(cause)) }
    guard !causes.isEmpty else { throw members.fault("cause", "a list of at least one cause") }
    self.init(
      id: try members.text("id"), target: target,
      action: try members.value("action", "one of create, update, remove, retire") { Action(rawValue: $0) },
      phase: try members.value("phase", "one of prepare, revoke, grant") { Phase(name: $0) },
      difference: try members.value("difference", "one of change, drift, conflict") { Difference(rawValue: $0) },
      object: try members.value("object", "an object") { ObjectID($0) },
      before: try state("before"), after: try state("after"), risk: try members.text("risk"),
      readiness: try members.optionalText("blocked").map { .blocked($0) } ?? .ready, causes: causes)
  }
}

extension Change.Phase {
  /// As plans and the ledger write it.
  public var name: String {
    switch self {
    case .prepare: "prepare"
    case .revoke: "revoke"
    case .grant: "grant"
    }
  }

  public init?(name: String) {
    switch name {
    case "prepare": self = .prepare
    case "revoke": self = .revoke
    case "grant": self = .grant
    default: return nil
    }
  }
}

extension Cause {
  func encoded(_ form: PlanForm) -> JSONValue {
    var members: [String: JSONValue] = ["kind": .string(kind.rawValue), "text": .string(text)]
    if let edge {
      members["edge"] = [
        "principal": .string(edge.principal.text), "permission": .string(edge.permission.description),
      ]
    }
    members["place"] = place.map { .string($0) }
    members["until"] = until.map { .string($0.rfc3339) }
    if let commit {
      members["commit"] =
        switch form {
        case .recorded: ["id": .string(commit.id)]
        case .whole:
          [
            "id": .string(commit.id), "time": .string(Instant(seconds: commit.time).rfc3339),
            "author": .string(commit.author), "committer": .string(commit.committer),
            "subject": .string(commit.subject), "approvers": .array(commit.approvers.map(JSONValue.string)),
          ]
        }
    }
    return .object(members)
  }

  init(_ members: JSONMembers) throws(JSONShapeFault) {
    var edge: EdgeKey?
    if let written = try members.optionalObject("edge") {
      edge = EdgeKey(
        try written.value("principal", "the name of a principal") { PrincipalName(validating: $0) },
        try written.value("permission", "a permission") { Permission($0) })
    }
    var commit: CommitRef?
    if let written = try members.optionalObject("commit") {
      commit = CommitRef(
        id: try written.text("id"),
        time: try written.optionalValue("time", "an instant") { Instant(rfc3339: $0) }?.seconds ?? 0,
        author: try written.optionalText("author") ?? "", committer: try written.optionalText("committer") ?? "",
        subject: try written.optionalText("subject") ?? "", approvers: try written.texts("approvers"))
    }
    self.init(
      try members.value("kind", "a kind of cause") { Kind(rawValue: $0) }, try members.text("text"), edge: edge,
      place: try members.optionalText("place"),
      until: try members.optionalValue("until", "an instant") { Instant(rfc3339: $0) }, commit: commit)
  }
}
