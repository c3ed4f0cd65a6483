public import WritDigest
internal import WritPolicy

extension ApprovalItem {
  /// How long one text of an item may be, in bytes: a rule on one line, a public key.
  public static let textLimit = 64 << 10

  /// What a statement says of the item. Equal items give equal bytes.
  public var json: JSONValue {
    switch self {
    case .gain(let gain):
      [
        "gain": .members([
          "principal": .string(gain.principal.text), "permission": .string(gain.permission.description),
          "target": gain.target.map { .string($0.description) },
          "from": gain.interval.start == .distantPast ? nil : .string(gain.interval.start.rfc3339),
          "until": gain.interval.end == .distantFuture ? nil : .string(gain.interval.end.rfc3339),
          "control": .string(gain.control.description), "identity": .string(gain.identity.description),
        ])
      ]
    case .sensitive(let change):
      [
        "sensitive": [
          "kind": .string(change.kind.rawValue), "subject": .string(change.subject),
          "before": .array(change.before.map(JSONValue.string)), "after": .array(change.after.map(JSONValue.string)),
        ]
      ]
    }
  }

  /// SHA-256 of the canonical form of ``json``.
  public var digest: Digest { Digest(of: json.canonical) }

  /// Reads what ``json`` writes, and nothing else: an item that would be written in another way is refused.
  ///
  /// - Throws: ``JSONShapeFault``.
  public init(json: JSONValue, path: String = "") throws(JSONShapeFault) {
    let members = try JSONMembers(json, path: path)
    if let gain = try members.optionalObject("gain") {
      self = .gain(try Gain(gain))
    } else {
      self = .sensitive(try Sensitive(members.object("sensitive")))
    }
    guard self.json == json else { throw JSONShapeFault(path: path, expected: "an item in its canonical form") }
  }
}

extension ApprovalItem.Gain {
  init(_ members: JSONMembers) throws(JSONShapeFault) {
    self.init(
      principal: try members.value("principal", "a name") { PrincipalName(validating: $0) },
      permission: try members.value("permission", "a permission") { Permission($0) },
      target: try members.optionalValue("target", "a target") { TargetName($0) },
      interval: Interval(
        try members.optionalValue("from", "an instant") { Instant(rfc3339: $0) } ?? .distantPast,
        try members.optionalValue("until", "an instant") { Instant(rfc3339: $0) } ?? .distantFuture),
      control: try members.digest("control"), identity: try members.digest("identity"))
    guard !interval.isEmpty else { throw members.fault("until", "later than the beginning") }
  }
}

extension ApprovalItem.Sensitive {
  init(_ members: JSONMembers) throws(JSONShapeFault) {
    self.init(
      kind: try members.value("kind", "a kind of change") { SensitiveKind(rawValue: $0) },
      subject: try members.text("subject"), before: try members.texts("before"), after: try members.texts("after"))
    for text in [subject] + before + after where text.utf8.count > ApprovalItem.textLimit {
      throw members.fault("subject", "of at most \(ApprovalItem.textLimit) bytes")
    }
  }
}
