public import WritPolicy
internal import WritSyntax

/// A list or a whole section that held something in the earlier policy and holds nothing in the later one.
///
/// Access tells the consequences; this tells how it came about, since a section that is left out may be a file that a merge
/// lost, and an empty one was written so.
public struct EmptiedList: Sendable, Hashable {
  /// In the names of the later policy.
  public var place: ListPlace
  /// How many entries it had.
  public var before: Int
  /// Whether it is still written, as an empty list.
  public var isWritten: Bool

  /// In order of place. Lists of entries that went altogether are not among them.
  public static func all(from base: Policy, to head: Policy) -> [EmptiedList] {
    let names = Renames(from: base, to: head)
    let left = head.listSizes
    return base.listSizes.compactMap { place, count in
      let place = names.now(place)
      guard left[place] == nil, place.entry.map({ head.has($0, in: place.section) }) ?? true else { return nil }
      return EmptiedList(place: place, before: count, isWritten: head.emptyLists.contains(place))
    }.sorted { $0.place < $1.place }
  }

  /// "`roles` of `bob` had 2 entries and is empty now"
  public var text: String { "\(place) \(fate)" }

  /// "had 2 entries and is empty now"
  public var fate: String {
    "had \(before) \(before == 1 ? "entry" : "entries") and is \(isWritten ? "empty now" : "left out now")"
  }
}

extension Renames {
  fileprivate func now(_ place: ListPlace) -> ListPlace {
    guard let entry = place.entry else { return place }
    var place = place
    switch place.section {
    case "hosts": place.entry = HostName(validating: entry).map { now($0).text }
    case "people", "service-accounts": place.entry = PrincipalName(validating: entry).map { now($0).text }
    case "roles": place.entry = RoleName(validating: entry).map { now($0).text }
    default: place.entry = ResourceName(validating: entry).map { now($0).text }
    }
    return place
  }
}

extension Policy {
  fileprivate func has(_ entry: String, in section: String) -> Bool {
    switch section {
    case "hosts": HostName(validating: entry).map { hosts[$0] != nil } ?? false
    case "people": PrincipalName(validating: entry).map { people[$0] != nil } ?? false
    case "service-accounts": PrincipalName(validating: entry).map { serviceAccounts[$0] != nil } ?? false
    case "roles": RoleName(validating: entry).map { roles[$0] != nil } ?? false
    case "sharing-groups": ResourceName(validating: entry).map { sharingGroups[$0] != nil } ?? false
    default: ResourceName(validating: entry).map { resources[$0] != nil } ?? false
    }
  }
}
