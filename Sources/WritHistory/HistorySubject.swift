public import WritPolicy

/// Whom or what a question about the past is about. A former name stands for what it is called now.
public enum HistorySubject: Sendable, Hashable {
  case everything
  case principal(PrincipalName)
  /// A resource or sharing group, folders in it included.
  case resource(ResourceName)
}

/// An access with every time in which it held.
public struct HeldAccess: Sendable, Hashable {
  public var key: EdgeKey
  /// Oldest first, each whole.
  public var periods: [Blame.Period]
}

extension HistoryIndex {
  /// Everything that held at some instant of an interval, whatever became of it: by principal and permission, under the names
  /// that things have now or had last.
  public func held(by subject: HistorySubject, during interval: Interval) -> [HeldAccess] {
    keys(of: subject).compactMap { key, _ in
      let periods = blame(key, at: interval.end).periods.filter {
        !IntervalSet($0.interval).intersection(IntervalSet(interval)).isEmpty
      }
      return periods.isEmpty ? nil : HeldAccess(key: key, periods: periods)
    }
  }

  /// The instant from which a commit of the line is in force; nil for a commit that is not on it.
  public func inForce(from commit: String) -> Instant? {
    line.commits.firstIndex { $0.id == commit }.map { line.inForceFrom[$0] }
  }

  /// Every edge that the history ever had, sorted.
  func keys(of subject: HistorySubject) -> [(key: EdgeKey, identity: EdgeIdentity)] {
    let principal: Int?
    let resource: Int?
    switch subject {
    case .everything: (principal, resource) = (nil, nil)
    case .principal(let name): (principal, resource) = (names.principals.identity(of: name) ?? -1, nil)
    case .resource(let name): (principal, resource) = (nil, names.resources.identity(of: name) ?? -1)
    }
    let principals = names.principals.lastNames
    let resources = names.resources.lastNames
    return records.keys.compactMap { identity in
      guard identity.principal == principal ?? identity.principal, identity.resource == resource ?? identity.resource,
        let holder = principals[identity.principal], let object = resources[identity.resource]
      else { return nil }
      let folder = principals[identity.folder]
      return (EdgeKey(holder, Permission(Object(object, folder: folder), identity.operation)), identity)
    }.sorted { $0.key < $1.key }
  }
}
