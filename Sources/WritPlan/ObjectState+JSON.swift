internal import WritDigest

extension ObjectID {
  /// Reads what ``description`` writes.
  public init?(_ text: String) {
    let halves = text.split(separator: " ", maxSplits: 1, omittingEmptySubsequences: false)
    guard halves.count == 2, let kind = ObjectKind(rawValue: String(halves[0])), !halves[1].isEmpty else { return nil }
    self.init(kind, String(halves[1]))
  }
}

extension ObjectState {
  /// Names of the attributes whose order means something.
  var ordered: Set<String> {
    Set(attributes.compactMap { if case .lines = $1 { $0 } else { nil } })
  }

  init(_ members: JSONMembers, ordered: Set<String>) throws(JSONShapeFault) {
    var attributes: [String: AttributeValue] = [:]
    for (name, value) in members.all {
      if let text = value.string {
        attributes[name] = .text(text)
      } else {
        let elements = try members.texts(name)
        attributes[name] = ordered.contains(name) ? .lines(elements) : .set(elements)
      }
    }
    self.init(attributes)
  }

  /// The state as the ledger keeps it: what names a person or identifies them outside the policy (the account's
  /// gecos field, ssh keys with their comments) is there as a digest only.
  public func recorded(of kind: ObjectKind) -> ObjectState {
    var state = self
    switch kind {
    case .account:
      if let gecos = text("gecos"), !gecos.isEmpty { state["gecos"] = .text(Digest(of: gecos).description) }
    case .keys:
      if case .lines(let lines)? = self["lines"] {
        state["lines"] = .lines(lines.map { Digest(of: $0).description })
      }
    default: break
    }
    return state
  }

  /// Whether every attribute that `wanted` names has that value here.
  public func agrees(with wanted: ObjectState) -> Bool {
    wanted.attributes.allSatisfy { attributes[$0.key] == $0.value }
  }
}
