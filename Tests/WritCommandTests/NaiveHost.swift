import Glibc
import WritSystem

/// A host as `find`, `getfacl` and the account files describe it, and POSIX.1e's own words about who may do what.
///
/// It knows nothing of how writ enforces anything: no group, no mode and no ACL entry is expected here, only their outcome.
struct NaiveHost {
  struct Account {
    var name: String
    var uid: UInt32
    var groups: Set<UInt32>
  }

  struct Inode {
    var kind: Character
    var mode: UInt32
    var uid: UInt32
    var gid: UInt32
    /// `user:20001` → permission bits; `user:`, `group:`, `mask:` and `other:` without a number.
    var entries: [String: UInt32] = [:]
  }

  let root: String
  private(set) var accounts: [Account] = []
  /// By path below the host's root.
  private(set) var inodes: [[UInt8]: Inode] = [:]

  init(_ world: World) throws {
    root = world.host
    try readAccounts()
    let folders = ["/opt", "/srv"].map { root + $0 }
    let found = try Program(
      "/usr/bin/find", folders + ["-printf", "%y %m %U %G %p\\0"], environment: world.environment
    ).run()
    for line in found.output.split(separator: 0) {
      let words = line.split(separator: UInt8(ascii: " "), maxSplits: 4)
      func number(_ index: Int, _ radix: Int = 10) -> UInt32 {
        UInt32(String(decoding: words[index], as: UTF8.self), radix: radix) ?? .max
      }
      inodes[Array(words[4].dropFirst(root.utf8.count))] = Inode(
        kind: Character(String(decoding: words[0], as: UTF8.self)), mode: number(1, 8), uid: number(2), gid: number(3))
    }
    let listed = try Program(
      "/usr/bin/getfacl", ["-R", "-P", "-n", "-p", "-E"] + folders, environment: world.environment
    ).run()
    try read(acls: listed.output)
  }

  private mutating func readAccounts() throws {
    func lines(_ file: String) throws -> [[String]] {
      String(decoding: try FileContents.read(root + "/etc/" + file), as: UTF8.self).split(separator: "\n")
        .filter { !$0.hasPrefix("#") && !$0.hasPrefix("+") }
        .map { $0.split(separator: ":", omittingEmptySubsequences: false).map(String.init) }
    }
    var members: [String: Set<UInt32>] = [:]
    for fields in try lines("group") where fields.count == 4 {
      guard let gid = UInt32(fields[2]) else { continue }
      for member in fields[3].split(separator: ",") { members[String(member), default: []].insert(gid) }
    }
    for fields in try lines("passwd") where fields.count == 7 {
      guard let uid = UInt32(fields[2]), let gid = UInt32(fields[3]), uid != 0 else { continue }
      accounts.append(Account(name: fields[0], uid: uid, groups: (members[fields[0]] ?? []).union([gid])))
    }
  }

  private mutating func read(acls bytes: [UInt8]) throws {
    var path: [UInt8] = []
    for line in bytes.split(separator: 10) {
      if line.starts(with: "# file: ".utf8) {
        path = Array(Self.plain(line.dropFirst(8)).dropFirst(root.utf8.count))
        continue
      }
      let text = String(decoding: line, as: UTF8.self)
      if text.hasPrefix("#") || text.hasPrefix("default:") { continue }
      let fields = text.split(separator: ":", omittingEmptySubsequences: false)
      guard fields.count == 3 else { throw World.Failure(description: "getfacl says `\(text)`") }
      let bits = zip(fields[2], [4, 2, 1] as [UInt32]).reduce(0) { $0 + ($1.0 == "-" ? 0 : $1.1) }
      inodes[path]?.entries["\(fields[0]):\(fields[1])"] = bits
    }
  }

  /// getfacl(1) writes odd bytes of a name as a backslash and three octal digits, and a backslash as two.
  private static func plain(_ name: ArraySlice<UInt8>) -> [UInt8] {
    var out: [UInt8] = []
    var rest = name
    while let byte = rest.popFirst() {
      let digits = rest.prefix(3)
      if byte == UInt8(ascii: "\\"), rest.first == byte {
        out.append(byte)
        rest = rest.dropFirst()
      } else if byte == UInt8(ascii: "\\"), let code = UInt8(String(decoding: digits, as: UTF8.self), radix: 8) {
        out.append(code)
        rest = rest.dropFirst(3)
      } else {
        out.append(byte)
      }
    }
    return out
  }

  /// Whether the access check of acl(5) gives `wanted` on this inode, wherever it lies.
  private func gives(_ inode: Inode, _ wanted: UInt32, to account: Account) -> Bool {
    let entries = inode.entries
    let mask = entries["mask:"] ?? 7
    func holds(_ bits: UInt32?) -> Bool { (bits ?? 0) & wanted == wanted }
    if account.uid == inode.uid { return holds(entries["user:"]) }
    if let named = entries["user:\(account.uid)"] { return holds(named & mask) }
    var groups: [UInt32] = []
    if account.groups.contains(inode.gid) { groups.append(entries["group:"] ?? 0) }
    for gid in account.groups { if let named = entries["group:\(gid)"] { groups.append(named) } }
    if !groups.isEmpty { return groups.contains { holds($0 & mask) } }
    return holds(entries["other:"])
  }

  /// Whether the account gets as far as `path` and may read and write what is there; a folder is of use to whoever may enter it.
  func allows(_ account: Account, _ path: [UInt8]) -> (read: Bool, write: Bool) {
    guard let inode = inodes[path] else { return (false, false) }
    for (index, byte) in path.enumerated() where byte == UInt8(ascii: "/") && index > 0 {
      guard let folder = inodes[Array(path[..<index])], gives(folder, 1, to: account) else { return (false, false) }
    }
    let more: UInt32 = inode.kind == "d" ? 1 : 0
    return (gives(inode, 4 | more, to: account), gives(inode, 2 | more, to: account))
  }
}

extension NaiveHost {
  /// A tree of the policy as it should be on the host.
  struct Tree {
    /// As permissions name it: `envs`, `outputs/bob`.
    var object: String
    var path: String
    /// Nil: root.
    var owner: String?
    /// The folder of somebody who has none now: it need not be there, and whether they get there is promised to nobody.
    var isKept = false
  }

  static func trees(_ policy: RandomPolicyText.Drawn, _ edges: Set<LabEdge>) -> [Tree] {
    policy.placed.flatMap { tree -> [Tree] in
      guard tree.path.hasSuffix("/{account}") else {
        return [Tree(object: tree.name, path: tree.path, owner: tree.owner)]
      }
      return policy.people.sorted().compactMap { person in
        let object = "\(tree.name)/\(person)"
        let having = edges.filter { $0.permission.hasPrefix(object + ":") }.map(\.principal)
        if having.isEmpty { return nil }
        return Tree(
          object: object, path: tree.path.replacing("{account}", with: person), owner: person,
          isKept: !having.contains(person))
      }
    }
  }

  /// Every inode of every tree, for everybody with an account here: what differs from the policy, in words.
  func disagreements(_ policy: RandomPolicyText.Drawn, _ edges: Set<LabEdge>) -> (found: [String], asked: Int) {
    let trees = Self.trees(policy, edges).sorted { $0.path.utf8.count > $1.path.utf8.count }
    // The folders of people who have none now, and of which nobody else has anything, are nobody's business.
    let reserved = policy.placed.filter { $0.path.hasSuffix("/{account}") }.flatMap { tree in
      policy.people.map { tree.path.replacing("{account}", with: $0) }
    }.filter { path in !trees.contains { $0.path == path } }
    func lies(_ path: [UInt8], _ folder: String) -> Bool {
      path.starts(with: folder.utf8)
        && (path.count == folder.utf8.count || path[folder.utf8.count] == UInt8(ascii: "/"))
    }
    var found: [String] = []
    var asked = 0
    for (path, inode) in inodes where inode.kind != "l" && !reserved.contains(where: { lies(path, $0) }) {
      guard let tree = trees.first(where: { lies(path, $0.path) }) else { continue }
      let shown = String(decoding: path, as: UTF8.self)
      if inode.mode & 0o4000 != 0 || inode.kind != "d" && inode.mode & 0o2000 != 0 {
        found.append("\(shown) is setuid or setgid")
      }
      for account in accounts where !tree.isKept || account.name != tree.owner {
        asked += 2
        func holds(_ operation: String) -> Bool {
          account.name == tree.owner
            || edges.contains(LabEdge(principal: account.name, permission: "\(tree.object):\(operation)"))
        }
        let answer = allows(account, path)
        if answer.write != holds("write") {
          found.append("\(account.name) \(holds("write") ? "cannot" : "can") write \(shown)")
        }
        if answer.read != (holds("read") || holds("write")) {
          found.append("\(account.name) \(answer.read ? "can" : "cannot") read \(shown)")
        }
      }
    }
    return (found.sorted(), asked)
  }
}
