/// A mode that a tree writes in octal: it may only take away from what follows from the permissions.
struct WrittenMode {
  enum Kind {
    case directories, files

    /// What follows from the permissions; write permission of the group comes by ACL, never by mode.
    var bits: UInt16 { self == .directories ? 0o2750 : 0o640 }
    var text: String { self == .directories ? "2750" : "0640" }
  }

  enum Problem: Error, Hashable {
    case notOctal
    case others
    case groupWrites
    case setUser
    case setGroupOnFiles
    case sticky
    case noSetGroup
    case wider

    func label(_ kind: Kind) -> String {
      switch self {
      case .notOctal: "expected three or four octal digits"
      case .others: "gives something to everybody"
      case .groupWrites: "lets the readers' group write"
      case .setUser: "has the setuid bit"
      case .setGroupOnFiles: "has the setgid bit"
      case .sticky: "has the sticky bit"
      case .noSetGroup: "lacks the setgid bit, by which new files get the group"
      case .wider: "gives more than \"\(kind.text)\""
      }
    }
  }

  let bits: UInt16

  init(_ text: String, for kind: Kind) throws(Problem) {
    guard (3...4).contains(text.utf8.count), text.utf8.allSatisfy({ (0x30...0x37).contains($0) }),
      let bits = UInt16(text, radix: 8)
    else { throw .notOctal }
    if bits & 0o007 != 0 { throw .others }
    if bits & 0o020 != 0 { throw .groupWrites }
    if bits & 0o4000 != 0 { throw .setUser }
    if bits & 0o1000 != 0 { throw .sticky }
    switch kind {
    case .directories: if bits & 0o2000 == 0 { throw .noSetGroup }
    case .files: if bits & 0o2000 != 0 { throw .setGroupOnFiles }
    }
    if bits & ~kind.bits != 0 { throw .wider }
    self.bits = bits
  }
}
