internal import CWritSys
internal import Glibc

/// One respect in which an inode is not as its rule says.
public struct TreeDifference: Sendable, Hashable {
  /// Owner and group of the inode; its mode bits and access ACL; a directory's default ACL.
  public enum Values: Sendable, Hashable {
    case owner(from: UInt32, to: UInt32)
    case group(from: UInt32, to: UInt32)
    case permissions(from: TreePermissions, to: TreePermissions)
    case defaults(from: TreeACL?, to: TreeACL?)
    /// One of many ways, too many to tell apart.
    case various
  }

  public var subject: TreeSubject
  public var values: Values
  /// Somebody has more than the rule gives: to be narrowed. A wrong owner or group always is.
  public var isWider: Bool

  /// `directories mode 2777 → 2750`
  func text(_ names: TreeNames) -> String {
    let whose =
      switch subject {
      case .directory: "directories"
      case .file: "files"
      case .link: "symbolic links"
      case .device: "devices"
      case .other: "FIFOs and sockets"
      }
    return switch values {
    case .owner(let from, let to): "\(whose) owner \(names.account(from)) → \(names.account(to))"
    case .group(let from, let to): "\(whose) group \(names.group(from)) → \(names.group(to))"
    case .permissions(let from, let to):
      "\(whose) \(from.access.isMinimal && to.access.isMinimal ? "mode" : "acl") \(from.text(names)) → \(to.text(names))"
    case .defaults(let from, let to):
      "\(whose) default acl \(from?.text(names) ?? "none") → \(to?.text(names) ?? "none")"
    case .various: "\(whose) in other ways"
    }
  }
}

/// The one comparison that scanning and mending share.
enum TreeComparison {
  /// Whether nothing is to be done; the answer for nearly every inode, so it makes no list of anything.
  static func isRight(_ observed: TreeObservation, _ expected: TreeExpectation) -> Bool {
    guard observed.status.uid == expected.owner, observed.status.gid == expected.group else { return false }
    if observed.status.subject == .link { return true }
    guard observed.status.bits == expected.bits,
      same(observed.access, expected.encodedAccess)
        || expected.inherited != nil && same(observed.access, expected.encodedInherited)
    else { return false }
    return observed.status.subject != .directory || same(observed.defaults, expected.encodedDefaults)
  }

  private static func same(_ found: UnsafeRawBufferPointer, _ expected: [UInt8]) -> Bool {
    found.count == expected.count && found.elementsEqual(expected)
  }

  /// Every respect in which the inode differs; nil where its ACL cannot be understood.
  static func differences(_ observed: TreeObservation, _ expected: TreeExpectation) -> [TreeDifference]? {
    if isRight(observed, expected) { return [] }
    let subject = observed.status.subject
    var found: [TreeDifference] = []
    func add(_ values: TreeDifference.Values, wider: Bool) {
      found.append(TreeDifference(subject: subject, values: values, isWider: wider))
    }
    if observed.status.uid != expected.owner {
      add(.owner(from: observed.status.uid, to: expected.owner), wider: true)
    }
    if observed.status.gid != expected.group {
      add(.group(from: observed.status.gid, to: expected.group), wider: true)
    }
    if subject == .link { return found }
    guard let access = observed.accessList else { return nil }
    let permissions = TreePermissions(special: observed.status.bits, access: access)
    let isInherited = access == expected.inherited && permissions.special == expected.permissions.special
    if permissions != expected.permissions && !isInherited {
      add(
        .permissions(from: permissions, to: expected.permissions),
        wider: isWider(permissions, than: expected.permissions, subject))
    }
    if subject == .directory {
      let defaults = observed.defaultList
      if defaults == nil && !observed.defaults.isEmpty { return nil }
      if defaults != expected.defaults {
        let wider = defaults.map { list in expected.defaults.map { list.isWider(than: $0) } ?? true } ?? false
        add(.defaults(from: defaults, to: expected.defaults), wider: wider)
      }
    }
    return found
  }

  private static func isWider(_ found: TreePermissions, than wanted: TreePermissions, _ subject: TreeSubject) -> Bool {
    // setuid and setgid lend rights. A sticky bit takes some: whoever may write to the folder may not rename what is others'.
    if found.special & 0o6000 & ~wanted.special != 0 { return true }
    if subject == .directory && wanted.special & 0o1000 & ~found.special != 0 { return true }
    return found.access.isWider(than: wanted.access)
  }

  /// What an inode looks like once everything that is too wide is gone and nothing else has moved.
  static func narrowed(_ observed: TreeObservation, to expected: TreeExpectation) -> TreeExpectation? {
    guard let access = observed.accessList else { return nil }
    let special = observed.status.bits & 0o7000
    let sticky = (special | expected.permissions.special) & 0o1000
    var defaults = observed.defaultList
    if let present = defaults, expected.defaults.map({ present.isWider(than: $0) }) ?? true {
      defaults = expected.defaults.map { present.narrowed(to: $0) }
    }
    return TreeExpectation(
      owner: expected.owner, group: expected.group,
      special: special & expected.permissions.special & 0o6000
        | (observed.status.subject == .directory ? sticky : expected.permissions.special & 0o1000),
      access: access.isWider(than: expected.permissions.access)
        ? access.narrowed(to: expected.permissions.access) : access,
      defaults: defaults)
  }
}

extension TreeExpectations {
  /// Notes in which respects an inode is not as it should be, and in the journal what it is now.
  func compare(
    _ observed: TreeObservation, _ place: TreePlace, _ tally: inout TreeTally, _ journal: TreeJournal?,
    capability: () -> Int32
  ) {
    let expected = expectation(for: observed, way: place.way)
    if TreeComparison.isRight(observed, expected) { return }
    tally.compare(observed, expected, place, journal, capability: capability)
  }

  /// Whether another rule wants the file to look differently. A closed tree wants nothing of what lies elsewhere too.
  func disagrees(with other: TreeExpectations, about status: writ_inode) -> Bool {
    if rule.isClosed { return false }
    let observed = TreeObservation(status: status, access: TreeBuffers.none, defaults: TreeBuffers.none)
    return expectation(for: observed, way: nil) != other.expectation(for: observed, way: nil)
  }
}

/// Whether a file has capabilities, which a change of its owner takes away.
func capability(_ directory: Int32, _ name: UnsafePointer<CChar>) -> Int32 {
  let pin = writ_pin(directory, name)
  guard pin >= 0 else { return 0 }
  defer { close(pin) }
  return writ_has_capability(pin)
}

extension TreeTally {
  /// Adds in which respects an inode, known not to be as expected, differs.
  mutating func compare(
    _ observed: TreeObservation, _ expected: TreeExpectation, _ place: TreePlace, _ journal: TreeJournal?,
    capability: () -> Int32
  ) {
    guard let differences = TreeComparison.differences(observed, expected) else {
      obstacle(.strangeACL, place.path)
      return
    }
    if differences.isEmpty { return }
    if observed.status.immutable != 0 || observed.status.append_only != 0 {
      notice(observed.status.immutable != 0 ? .immutable : .appendOnly, place.path)
      return
    }
    if let journal, !journal.narrowOnly || differences.contains(where: \.isWider) {
      journal.note(observed, becoming: expected)
    }
    wrong += 1
    let moves = observed.status.uid != expected.owner || observed.status.gid != expected.group
    if moves && observed.status.subject == .file && capability() != 0 { notice(.capabilities, place.path) }
    deviations(differences, place)
  }
}
