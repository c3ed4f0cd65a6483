internal import CWritSys

/// What one inode shall look like.
struct TreeExpectation: Sendable, Hashable {
  var owner: UInt32
  var group: UInt32
  var permissions: TreePermissions
  /// nil: no default ACL. Only directories have one.
  var defaults: TreeACL?
  /// The lists as the kernel keeps them: empty where no attribute is to be there.
  private(set) var encodedAccess: [UInt8]
  private(set) var encodedDefaults: [UInt8]
  /// What the kernel makes of the folder's default ACL for a new file: the folder's entries under the file's mask. Where
  /// that gives everybody just what ``permissions`` give, it is as good, or every new file would be drift.
  private(set) var inherited: TreeACL?
  private(set) var encodedInherited: [UInt8] = []

  init(
    owner: UInt32, group: UInt32, special: UInt16, access: TreeACL, defaults: TreeACL? = nil, inherited: TreeACL? = nil
  ) {
    self.owner = owner
    self.group = group
    permissions = TreePermissions(special: special, access: access)
    self.defaults = defaults
    encodedAccess = access.isMinimal ? [] : access.encoded
    encodedDefaults = defaults?.encoded ?? []
    if let inherited, inherited != access, inherited.givesTheSame(as: access) {
      self.inherited = inherited
      encodedInherited = inherited.encoded
    }
  }

  var bits: UInt16 { permissions.bits }
}

/// The twelve mode bits and the access ACL: what one look at an inode's permissions compares.
public struct TreePermissions: Sendable, Hashable {
  /// setuid 04000, setgid 02000, sticky 01000.
  public var special: UInt16
  public var access: TreeACL

  init(special: UInt16, access: TreeACL) {
    self.special = special & 0o7000
    self.access = access
  }

  var bits: UInt16 { special | access.mode }

  func text(_ names: TreeNames) -> String {
    if access.isMinimal { return octal(bits) }
    let words = [(UInt16(0o4000), "setuid"), (0o2000, "setgid"), (0o1000, "sticky")]
    return (words.filter { special & $0.0 != 0 }.map(\.1) + [access.text(names)]).joined(separator: " ")
  }
}

/// What a rule expects, worked out once for each kind of inode.
struct TreeExpectations: Sendable {
  let rule: TreeRule
  private let directory: TreeExpectation
  private let file: TreeExpectation
  private let executable: TreeExpectation
  private let device = TreeExpectation(owner: 0, group: 0, special: 0, access: TreeACL(mode: 0o600))
  /// By index of the folder in ``TreeWays``.
  private let ways: [TreeExpectation]
  /// Of a closed tree, the folders on the way to an inner root that is still in use: root's, and to be passed through only.
  private let closedWays: [TreeExpectation?]

  init(_ rule: TreeRule, _ ways: TreeWays) {
    self.rule = rule
    directory = Self.directory(rule, passers: [], sticky: false)
    file = Self.file(rule, executable: false)
    executable = Self.file(rule, executable: true)
    closedWays = ways.folders.map {
      $0.leadsToOpenInner ? TreeExpectation(owner: 0, group: 0, special: 0, access: TreeACL(mode: 0o711)) : nil
    }
    self.ways = ways.folders.map { Self.directory(rule, passers: $0.passers, sticky: $0.leadsToInner) }
  }

  /// What `observed` should be; `way` is the folder's index where it lies on the way to an inner root.
  func expectation(for observed: TreeObservation, way: Int?) -> TreeExpectation {
    let subject = observed.status.subject
    if rule.isClosed {
      if subject == .directory, let way, let passage = closedWays[way] { return passage }
      return closed(observed, way: way)
    }
    switch subject {
    case .directory: return way.map { ways[$0] } ?? made(directory, observed)
    case .device: return device
    case .file: return made(observed.ownerMayExecute ? executable : file, observed)
    // A link's mode means nothing, and nobody executes a FIFO.
    case .link, .other: return made(file, observed)
    }
  }

  /// What a writer made stays that writer's; otherwise every day's work would be drift.
  private func made(_ expected: TreeExpectation, _ observed: TreeObservation) -> TreeExpectation {
    let owner = observed.status.uid
    guard owner != expected.owner, rule.makers.contains(owner) else { return expected }
    var kept = expected
    kept.owner = owner
    return kept
  }

  /// The tree's owner has an entry where others may make files, or could not read what is theirs.
  private static func ownerEntry(_ rule: TreeRule, _ rights: UInt8) -> [TreeACL.Entry] {
    let isAlone = rule.writers.isEmpty && rule.accountWriters.isEmpty
    return rule.owner == 0 || isAlone ? [] : entries([rule.owner], rights)
  }

  /// Owners keep what is theirs, nobody else has anything; a device is root's alone, as is what a hand gave to somebody who
  /// is no keeper.
  private func closed(_ observed: TreeObservation, way: Int?) -> TreeExpectation {
    let owner = observed.status.uid
    let isKept =
      observed.status.subject != .device
      && rule.keepers.map { $0.owner == owner || way == nil && $0.makers.contains(owner) } != false
    return TreeExpectation(
      owner: isKept ? owner : 0, group: 0, special: 0, access: TreeACL(mode: observed.status.bits & 0o700))
  }

  private static func directory(_ rule: TreeRule, passers: [UInt32], sticky: Bool) -> TreeExpectation {
    let mode = rule.directories & 0o777
    let users =
      entries(rule.accountReaders, 5) + entries(rule.accountWriters, 7) + ownerEntry(rule, UInt8(mode >> 6))
    let groups = entries(rule.readers, 5) + entries(rule.writers, 7)
    // The owning group needs no second entry to pass.
    let passing = passers.filter { $0 != rule.group }
    let own: UInt16 = passers.contains(rule.group) ? 0o010 : 0
    return TreeExpectation(
      owner: rule.owner, group: rule.group, special: rule.directories & 0o7000 | (sticky ? 0o1000 : 0),
      access: TreeACL(mode: mode | own, users: users, groups: groups + entries(passing, 1)),
      defaults: TreeACL(mode: mode, users: users, groups: groups))
  }

  /// The execute bit follows the owner's, for the classes that may read; a mask may show one that nobody has.
  private static func file(_ rule: TreeRule, executable: Bool) -> TreeExpectation {
    func kept(_ rights: UInt8) -> UInt8 { executable && rights & 4 != 0 ? rights | 1 : rights }
    let plain = TreeACL(mode: rule.files & 0o777)
    let mode = UInt16(kept(plain.owner)) << 6 | UInt16(kept(plain.group)) << 3 | UInt16(kept(plain.other))
    let access = TreeACL(
      mode: mode,
      users: entries(rule.accountReaders, kept(4)) + entries(rule.accountWriters, kept(6))
        + ownerEntry(rule, kept(plain.owner)),
      groups: entries(rule.readers, kept(4)) + entries(rule.writers, kept(6)))
    return TreeExpectation(
      owner: rule.owner, group: rule.group, special: 0, access: access,
      inherited: directory(rule, passers: [], sticky: false).defaults?.inherited(by: access))
  }

  private static func entries(_ ids: [UInt32], _ rights: UInt8) -> [TreeACL.Entry] {
    ids.map { TreeACL.Entry($0, rights) }
  }
}

/// The folders of a tree that policy names: the way to inner roots, those roots, and where somebody only passes.
struct TreeWays: Sendable {
  struct Folder: Sendable {
    var children: [[UInt8]: Int] = [:]
    var isInnerRoot = false
    /// Above the root of an inner tree, next to it or further up.
    var leadsToInner = false
    /// To one that is no closed tree.
    var leadsToOpenInner = false
    var passers: [UInt32] = []
  }

  /// The first is the tree's root.
  private(set) var folders = [Folder()]

  /// - Throws: ``TreeError/badPath(_:)`` for a folder that is not in the tree.
  init(root: TreePath, inner: [TreePath], closed: Set<TreePath> = [], passers: [TreeRule.Passer]) throws(TreeError) {
    for path in inner {
      guard let components = path.below(root), !components.isEmpty else { continue }
      var index = 0
      for component in components {
        folders[index].leadsToInner = true
        if !closed.contains(path) { folders[index].leadsToOpenInner = true }
        index = makeChild(component, of: index)
      }
      folders[index].isInnerRoot = true
    }
    for passer in passers {
      guard let components = try TreePath(passer.folder).below(root) else { throw .badPath(passer.folder) }
      var index = 0
      for component in components { index = makeChild(component, of: index) }
      folders[index].passers.append(passer.group)
    }
  }

  private mutating func makeChild(_ name: [UInt8], of index: Int) -> Int {
    if let known = child(name, of: index) { return known }
    folders.append(Folder())
    folders[index].children[name] = folders.count - 1
    return folders.count - 1
  }

  func child(_ name: [UInt8], of index: Int) -> Int? { folders[index].children[name] }

  func child(_ name: UnsafePointer<CChar>, of index: Int) -> Int? {
    let children = folders[index].children
    if children.isEmpty { return nil }
    var bytes: [UInt8] = []
    var next = name
    while next.pointee != 0 {
      bytes.append(UInt8(bitPattern: next.pointee))
      next += 1
    }
    return child(bytes, of: index)
  }
}
