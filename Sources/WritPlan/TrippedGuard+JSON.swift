internal import WritDigest

extension TrippedGuard {
  /// `{"guard","scope","text","stops","commits","overrides":[{"guard","commit","reason"}]}`
  var json: JSONValue {
    [
      "guard": .string(name.rawValue), "scope": .string(scope), "text": .string(text), "stops": .bool(stops),
      "commits": .array(commits.map(JSONValue.string)),
      "overrides": .array(
        overrides.map {
          ["guard": .string($0.name), "commit": .string($0.commit), "reason": .string($0.reason)]
        }),
    ]
  }

  init(_ members: JSONMembers) throws(JSONShapeFault) {
    var overrides: [WrittenOverride] = []
    for override in try members.objects("overrides") {
      overrides.append(
        WrittenOverride(
          name: try override.text("guard"), commit: try override.text("commit"), reason: try override.text("reason")))
    }
    self.init(
      try members.value("guard", "the name of a guard") { Name(rawValue: $0) }, scope: try members.text("scope"),
      try members.text("text"), commits: try members.texts("commits"), overrides: overrides)
  }
}
