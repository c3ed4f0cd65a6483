/// A POSIX access control list (acl(5)), in the form that two equal ones compare equal.
///
/// An inode without the attribute has the minimal list that its mode bits are.
public struct TreeACL: Sendable, Hashable {
  /// A named entry: an account or a group with rights of its own.
  public struct Entry: Sendable, Hashable, Comparable {
    public var id: UInt32
    public var rights: UInt8

    public init(_ id: UInt32, _ rights: UInt8) {
      self.id = id
      self.rights = rights
    }

    public static func < (a: Entry, b: Entry) -> Bool { (a.id, a.rights) < (b.id, b.rights) }
  }

  /// Rights are `r` 4, `w` 2, `x` 1.
  public private(set) var owner: UInt8
  public private(set) var users: [Entry] = []
  public private(set) var group: UInt8
  public private(set) var groups: [Entry] = []
  /// Bounds the owning group and all named entries; there is one wherever there are named entries.
  public private(set) var mask: UInt8?
  public private(set) var other: UInt8

  /// The minimal list of a mode.
  public init(mode: UInt16) {
    owner = UInt8(mode >> 6 & 7)
    group = UInt8(mode >> 3 & 7)
    other = UInt8(mode & 7)
  }

  /// With named entries, and the mask that takes nothing away from them. Entries for one id are united.
  init(mode: UInt16, users: [Entry], groups: [Entry]) {
    self.init(mode: mode)
    self.users = Self.united(users)
    self.groups = Self.united(groups)
    if !users.isEmpty || !groups.isEmpty {
      mask = (self.users + self.groups).reduce(group) { $0 | $1.rights }
    }
  }

  private static func united(_ entries: [Entry]) -> [Entry] {
    var rights: [UInt32: UInt8] = [:]
    for entry in entries { rights[entry.id, default: 0] |= entry.rights }
    return rights.map { Entry($0.key, $0.value) }.sorted()
  }

  /// Whether the mode bits say it all.
  public var isMinimal: Bool { mask == nil && users.isEmpty && groups.isEmpty }

  /// The nine bits that `stat` shows: with a mask, the mask stands where the group's rights would.
  public var mode: UInt16 { UInt16(owner) << 6 | UInt16(mask ?? group) << 3 | UInt16(other) }

  // MARK: The kernel's layout, version 2 (linux/posix_acl_xattr.h)

  private static let version: UInt32 = 2
  private static let noID: UInt32 = .max

  /// nil for what the kernel would not have written.
  init?(_ bytes: UnsafeRawBufferPointer) {
    guard bytes.count >= 4, (bytes.count - 4) % 8 == 0, UInt32(littleEndian: bytes.loadUnaligned(as: UInt32.self)) == 2
    else { return nil }
    self.init(mode: 0)
    for offset in stride(from: 4, to: bytes.count, by: 8) {
      let tag = UInt16(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: UInt16.self))
      let rights = UInt8(truncatingIfNeeded: bytes.loadUnaligned(fromByteOffset: offset + 2, as: UInt8.self) & 7)
      let id = UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: offset + 4, as: UInt32.self))
      switch tag {
      case 0x01: owner = rights
      case 0x02: users.append(Entry(id, rights))
      case 0x04: group = rights
      case 0x08: groups.append(Entry(id, rights))
      case 0x10: mask = rights
      case 0x20: other = rights
      default: return nil
      }
    }
    // The kernel keeps ids in the order in which they were given.
    users.sort()
    groups.sort()
  }

  var encoded: [UInt8] {
    var bytes: [UInt8] = []
    func append(_ value: some FixedWidthInteger) {
      withUnsafeBytes(of: value.littleEndian) { bytes.append(contentsOf: $0) }
    }
    func entry(_ tag: UInt16, _ rights: UInt8, _ id: UInt32 = Self.noID) {
      append(tag)
      append(UInt16(rights))
      append(id)
    }
    append(Self.version)
    entry(0x01, owner)
    for user in users { entry(0x02, user.rights, user.id) }
    entry(0x04, group)
    for named in groups { entry(0x08, named.rights, named.id) }
    if let mask { entry(0x10, mask) }
    entry(0x20, other)
    return bytes
  }

  // MARK: Inheritance

  /// What a new file gets from this default ACL when it is made with the mode that `file` shows (acl(5)); nil for a
  /// minimal one, which leaves no entries behind.
  func inherited(by file: TreeACL) -> TreeACL? {
    guard !isMinimal, let mask = file.mask else { return nil }
    var made = self
    made.owner = file.owner
    made.mask = mask
    made.other = file.other
    return made
  }

  /// Whether everybody may do the same by both, entry by entry.
  func givesTheSame(as other: TreeACL) -> Bool {
    func effective(_ list: TreeACL) -> TreeACL {
      var bounded = list
      bounded.group = list.bounded(list.group)
      bounded.users = list.users.map { Entry($0.id, list.bounded($0.rights)) }
      bounded.groups = list.groups.map { Entry($0.id, list.bounded($0.rights)) }
      return bounded
    }
    return effective(self) == effective(other)
  }

  // MARK: Who has more

  private func bounded(_ rights: UInt8) -> UInt8 { rights & (mask ?? 7) }

  private func rights(of id: UInt32, in entries: [Entry]) -> UInt8? {
    let found = entries.filter { $0.id == id }
    return found.isEmpty ? nil : bounded(found.reduce(0) { $0 | $1.rights })
  }

  /// The most that somebody without an entry of their own could have.
  private var others: UInt8 { groups.reduce(bounded(group) | other) { $0 | bounded($1.rights) } }

  /// Whether anybody may do more by this list than by `wanted`, when owner and group are the same.
  func isWider(than wanted: TreeACL) -> Bool {
    if owner & ~wanted.owner != 0 || other & ~wanted.other != 0 { return true }
    if bounded(group) & ~wanted.bounded(wanted.group) != 0 { return true }
    for user in users where bounded(user.rights) & ~(wanted.rights(of: user.id, in: wanted.users) ?? 0) != 0 {
      return true
    }
    for named in groups where bounded(named.rights) & ~(wanted.rights(of: named.id, in: wanted.groups) ?? 0) != 0 {
      return true
    }
    // An account's entry also bounds it: without one it has what its groups have.
    for user in wanted.users where rights(of: user.id, in: users) == nil && others & ~wanted.bounded(user.rights) != 0 {
      return true
    }
    return false
  }

  /// What both lists give: the step between them at which nobody has more than before and than afterwards.
  func narrowed(to wanted: TreeACL) -> TreeACL {
    let mode =
      UInt16(owner & wanted.owner) << 6 | UInt16(bounded(group) & wanted.bounded(wanted.group)) << 3
      | UInt16(other & wanted.other)
    let users = wanted.users.compactMap { entry -> Entry? in
      let wished = wanted.bounded(entry.rights)
      if let present = self.rights(of: entry.id, in: self.users) { return Entry(entry.id, present & wished) }
      return others & ~wished != 0 ? Entry(entry.id, others & wished) : nil
    }
    let groups = wanted.groups.compactMap { entry in
      self.rights(of: entry.id, in: self.groups).map { Entry(entry.id, $0 & wanted.bounded(entry.rights)) }
    }
    return TreeACL(mode: mode, users: users, groups: groups)
  }

  /// `u::rwx,u:eve:r--,g::r-x,g:staff:rwx,m::rwx,o::---`, as `setfacl -m` reads it.
  func text(_ names: TreeNames) -> String {
    func letters(_ rights: UInt8) -> String {
      (rights & 4 != 0 ? "r" : "-") + (rights & 2 != 0 ? "w" : "-") + (rights & 1 != 0 ? "x" : "-")
    }
    var parts = ["u::" + letters(owner)]
    parts += users.map { "u:\(names.account($0.id)):" + letters($0.rights) }
    parts.append("g::" + letters(group))
    parts += groups.map { "g:\(names.group($0.id)):" + letters($0.rights) }
    if let mask { parts.append("m::" + letters(mask)) }
    parts.append("o::" + letters(other))
    return parts.joined(separator: ",")
  }
}

/// How ids are written for people.
public struct TreeNames: Sendable {
  public var account: @Sendable (UInt32) -> String
  public var group: @Sendable (UInt32) -> String

  public init(
    account: @escaping @Sendable (UInt32) -> String = { String($0) },
    group: @escaping @Sendable (UInt32) -> String = { String($0) }
  ) {
    self.account = account
    self.group = group
  }
}
