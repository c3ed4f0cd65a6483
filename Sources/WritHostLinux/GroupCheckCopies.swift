/// What grpck(8) is shown of the two group files: as they are, without those members of whom it would only find that they are
/// accounts and stand in both files.
///
/// grpck looks each member up by reading `passwd` from the top. With 500 accounts and 2,000 memberships that is nine tenths of a
/// change of the account files. Whatever could draw a complaint stays: members that are no account or stand in one file only,
/// administrators, groups given twice, lines of another form. Files that grpck cuts into other lines than these are shown whole.
struct GroupCheckCopies {
  private(set) var group: [UInt8]
  /// nil: there is none.
  private(set) var gshadow: [UInt8]?

  init(passwd: [UInt8], group: [UInt8], gshadow: [UInt8]?) {
    self.group = group
    self.gshadow = gshadow
    guard [passwd, group, gshadow ?? []].allSatisfy(Self.hasPlainLines) else { return }
    let accounts = Self.accounts(passwd)
    var groups = MemberLists(group) { $0.count == 4 && Self.isID($0[2]) }
    guard let gshadow else {
      for name in groups.names { groups.keep(name) { !accounts.contains($0) } }
      self.group = groups.bytes
      return
    }
    var shadowed = MemberLists(gshadow) { $0.count == 4 }
    for name in groups.names {
      guard let members = groups.members(name), let others = shadowed.members(name) else { continue }
      let plain = Set(members).intersection(others).intersection(accounts)
      groups.keep(name) { !plain.contains($0) }
      shadowed.keep(name) { !plain.contains($0) }
    }
    self.group = groups.bytes
    self.gshadow = shadowed.bytes
  }

  /// Names that getpwnam(3) finds: of whole entries alone.
  private static func accounts(_ passwd: [UInt8]) -> Set<String> {
    var names: Set<String> = []
    for line in passwd.split(separator: 10) {
      let fields = line.split(separator: UInt8(ascii: ":"), omittingEmptySubsequences: false)
      guard fields.count == 7, let name = plainName(fields[0]), isID(fields[2]), isID(fields[3]) else { continue }
      names.insert(name)
    }
    return names
  }

  /// shadow-utils joins a line that ends in a backslash with the next, and C reads no further than a NUL.
  private static func hasPlainLines(_ bytes: [UInt8]) -> Bool {
    !bytes.contains(0) && !zip(bytes, bytes.dropFirst()).contains { $0 == UInt8(ascii: "\\") && $1 == 10 }
  }

  private static func isID(_ field: ArraySlice<UInt8>) -> Bool {
    (1...9).contains(field.count) && field.allSatisfy { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
  }

  /// nil for a comment, an entry of NIS, and whatever else is no plain name.
  fileprivate static func plainName(_ field: ArraySlice<UInt8>) -> String? {
    guard let first = field.first, first != UInt8(ascii: "+"), first != UInt8(ascii: "-") else { return nil }
    let isPlain = field.allSatisfy { byte in
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "-"):
        true
      default: false
      }
    }
    return isPlain ? String(decoding: field, as: UTF8.self) : nil
  }
}

/// The lines of `group` or `gshadow`, with the last field of those that are whole and alone of their name.
private struct MemberLists {
  private var lines: [ArraySlice<UInt8>]
  private var places: [String: Int] = [:]

  /// - Parameter isWhole: says of the fields of a line whether shadow-utils reads it as an entry.
  init(_ bytes: [UInt8], where isWhole: ([ArraySlice<UInt8>]) -> Bool) {
    lines = bytes.split(separator: 10, omittingEmptySubsequences: false)
    var repeated: Set<String> = []
    for (number, line) in lines.enumerated() {
      let fields = line.split(separator: UInt8(ascii: ":"), omittingEmptySubsequences: false)
      guard let first = fields.first, let name = GroupCheckCopies.plainName(first) else { continue }
      // A second entry of a name draws a complaint whatever it holds, and which of them counts is grpck's affair.
      if places.updateValue(number, forKey: name) != nil || !isWhole(fields) { repeated.insert(name) }
    }
    for name in repeated { places[name] = nil }
  }

  var names: [String] { Array(places.keys) }

  /// nil where one of them is no plain name.
  func members(_ name: String) -> [String]? {
    guard let place = places[name] else { return nil }
    let field = lines[place].suffix(from: start(place))
    if field.isEmpty { return [] }
    let parts = field.split(separator: UInt8(ascii: ","), omittingEmptySubsequences: false)
    let members = parts.compactMap { GroupCheckCopies.plainName($0) }
    return members.count == parts.count ? members : nil
  }

  mutating func keep(_ name: String, where isKept: (String) -> Bool) {
    guard let place = places[name], let members = members(name) else { return }
    lines[place] = lines[place].prefix(upTo: start(place)) + Array(members.filter(isKept).joined(separator: ",").utf8)
  }

  /// Where the last field begins.
  private func start(_ place: Int) -> Int {
    lines[place].lastIndex(of: UInt8(ascii: ":")).map { $0 + 1 } ?? lines[place].startIndex
  }

  var bytes: [UInt8] { Array(lines.joined(separator: [10])) }
}
