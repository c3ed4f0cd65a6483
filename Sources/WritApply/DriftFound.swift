public import WritDigest
public import WritPolicy

/// What somebody saw who looked for drift, found or not: an observer with another key leaves evidence that the one who
/// applies cannot.
public struct DriftFound: Sendable, Hashable {
  public struct Item: Sendable, Hashable {
    public var target: TargetName
    public var object: String

    public init(target: TargetName, object: String) {
      self.target = target
      self.object = object
    }
  }

  public var commit: String
  public var items: [Item]
  /// Digest of all that each target showed; one that could not be read is missing.
  public var live: [TargetName: Digest]
  /// Targets that were asked and could not be read.
  public var unread: [TargetName]

  public init(commit: String, items: [Item], live: [TargetName: Digest] = [:], unread: [TargetName] = []) {
    self.commit = commit
    self.items = items
    self.live = live
    self.unread = unread
  }
}

extension DriftFound {
  var members: [String: JSONValue] {
    var members: [String: JSONValue] = [
      "commit": .string(commit),
      "items": .array(items.map { ["target": .string($0.target.description), "object": .string($0.object)] }),
    ]
    if !live.isEmpty {
      members["live"] = .object(
        Dictionary(uniqueKeysWithValues: live.map { ($0.description, .string($1.description)) }))
    }
    if !unread.isEmpty { members["unread"] = .array(unread.map { .string($0.description) }) }
    return members
  }

  init(_ members: JSONMembers) throws(JSONShapeFault) {
    commit = try members.text("commit")
    items = []
    for item in try members.objects("items") {
      items.append(Item(target: try item.target("target"), object: try item.text("object")))
    }
    live = [:]
    if let digests = try members.optionalObject("live") {
      for key in digests.all.keys.sorted() {
        guard let target = TargetName(key) else { throw digests.fault(key, "the name of a target") }
        live[target] = try digests.digest(key)
      }
    }
    unread = []
    for name in try members.texts("unread") {
      guard let target = TargetName(name) else { throw members.fault("unread", "names of targets") }
      unread.append(target)
    }
  }
}
